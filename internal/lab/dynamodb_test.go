package lab_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/trailhold/trailhold/internal/lab"
)

// values are items in a shorter form: texts, numbers (as int), booleans, lists and maps.
func values(plain map[string]any) map[string]dynamotypes.AttributeValue {
	out := map[string]dynamotypes.AttributeValue{}
	for name, v := range plain {
		out[name] = valueOf(v)
	}
	return out
}

func valueOf(v any) dynamotypes.AttributeValue {
	switch v := v.(type) {
	case string:
		return &dynamotypes.AttributeValueMemberS{Value: v}
	case int:
		return &dynamotypes.AttributeValueMemberN{Value: toText(v)}
	case bool:
		return &dynamotypes.AttributeValueMemberBOOL{Value: v}
	case []byte:
		return &dynamotypes.AttributeValueMemberB{Value: v}
	case []string:
		return &dynamotypes.AttributeValueMemberSS{Value: v}
	case []any:
		list := &dynamotypes.AttributeValueMemberL{}
		for _, element := range v {
			list.Value = append(list.Value, valueOf(element))
		}
		return list
	case map[string]any:
		return &dynamotypes.AttributeValueMemberM{Value: values(v)}
	case dynamotypes.AttributeValue:
		return v
	}
	return &dynamotypes.AttributeValueMemberNULL{Value: true}
}

// plainOf is the reverse of values, as JSON.
func plainOf(i map[string]dynamotypes.AttributeValue) string {
	var plain func(v dynamotypes.AttributeValue) any
	plain = func(v dynamotypes.AttributeValue) any {
		switch v := v.(type) {
		case *dynamotypes.AttributeValueMemberS:
			return v.Value
		case *dynamotypes.AttributeValueMemberN:
			return "n" + v.Value
		case *dynamotypes.AttributeValueMemberBOOL:
			return v.Value
		case *dynamotypes.AttributeValueMemberB:
			return "b" + string(v.Value)
		case *dynamotypes.AttributeValueMemberSS:
			return v.Value
		case *dynamotypes.AttributeValueMemberNS:
			return v.Value
		case *dynamotypes.AttributeValueMemberL:
			list := []any{}
			for _, element := range v.Value {
				list = append(list, plain(element))
			}
			return list
		case *dynamotypes.AttributeValueMemberM:
			fields := map[string]any{}
			for name, field := range v.Value {
				fields[name] = plain(field)
			}
			return fields
		}
		return nil
	}
	return toText(plain(&dynamotypes.AttributeValueMemberM{Value: i}))
}

// makeTable makes the table "journal" with the keys pk and sk and an index by who and at.
func makeTable(t *testing.T, c *dynamodb.Client) *dynamodb.CreateTableOutput {
	t.Helper()
	key := func(hash, sorted string) []dynamotypes.KeySchemaElement {
		return []dynamotypes.KeySchemaElement{{AttributeName: &hash, KeyType: "HASH"}, {AttributeName: &sorted, KeyType: "RANGE"}}
	}
	define := func(name string, kind dynamotypes.ScalarAttributeType) dynamotypes.AttributeDefinition {
		return dynamotypes.AttributeDefinition{AttributeName: &name, AttributeType: kind}
	}
	return must[*dynamodb.CreateTableOutput](t)(c.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("journal"), BillingMode: "PAY_PER_REQUEST", KeySchema: key("pk", "sk"), DeletionProtectionEnabled: aws.Bool(true),
		AttributeDefinitions:   []dynamotypes.AttributeDefinition{define("pk", "S"), define("sk", "N"), define("who", "S"), define("at", "N")},
		GlobalSecondaryIndexes: []dynamotypes.GlobalSecondaryIndex{{IndexName: aws.String("by-who"), KeySchema: key("who", "at"), Projection: &dynamotypes.Projection{ProjectionType: "KEYS_ONLY"}}},
	}))
}

func TestTables(t *testing.T) {
	k := newKit(t, lab.Options{})
	c, ctx, name := dynamodb.NewFromConfig(k.config(home, "ALICE")), t.Context(), aws.String("journal")
	made := makeTable(t, c).TableDescription
	wantEqual(t, "table", []any{made.TableStatus, *made.TableArn, *made.DeletionProtectionEnabled}, []any{"ACTIVE", "arn:aws:dynamodb:us-east-1:111122223333:table/journal", true})
	_, err := c.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: name, BillingMode: "PAY_PER_REQUEST", KeySchema: made.KeySchema, AttributeDefinitions: made.AttributeDefinitions[:2]})
	expectCode(t, err, "ResourceInUseException")
	_, err = c.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: aws.String("other"), BillingMode: "PAY_PER_REQUEST", KeySchema: made.KeySchema, AttributeDefinitions: made.AttributeDefinitions})
	expectCode(t, err, "ValidationException")
	_, err = c.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
	expectCode(t, err, "ValidationException")
	_, err = c.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: name, DeletionProtectionEnabled: aws.Bool(false)})
	expectCode(t, err, "")
	expiry := func(enabled bool) error {
		_, err := c.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: name, TimeToLiveSpecification: &dynamotypes.TimeToLiveSpecification{AttributeName: aws.String("expires"), Enabled: &enabled}})
		return err
	}
	expectCode(t, expiry(false), "ValidationException")
	expectCode(t, expiry(true), "")
	_, err = c.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: name, PointInTimeRecoverySpecification: &dynamotypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}})
	expectCode(t, err, "")
	got := must[*dynamodb.DescribeTableOutput](t)(c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: made.TableArn})).Table
	live := must[*dynamodb.DescribeTimeToLiveOutput](t)(c.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: name})).TimeToLiveDescription
	backups := must[*dynamodb.DescribeContinuousBackupsOutput](t)(c.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: name})).ContinuousBackupsDescription
	wantEqual(t, "settings", []any{*got.DeletionProtectionEnabled, got.BillingModeSummary.BillingMode, live.TimeToLiveStatus, *live.AttributeName, backups.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus},
		[]any{false, "PAY_PER_REQUEST", "ENABLED", "expires", "ENABLED"})
	_, err = c.TagResource(ctx, &dynamodb.TagResourceInput{ResourceArn: made.TableArn, Tags: []dynamotypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	expectCode(t, err, "")
	tags := must[*dynamodb.ListTagsOfResourceOutput](t)(c.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: made.TableArn}))
	list := must[*dynamodb.ListTablesOutput](t)(c.ListTables(ctx, &dynamodb.ListTablesInput{}))
	wantEqual(t, "lists", []any{len(tags.Tags), list.TableNames}, []any{1, []string{"journal"}})
	_, err = c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: values(map[string]any{"pk": "a", "sk": 1})})
	expectCode(t, err, "")
	_, err = c.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
	expectCode(t, err, "")
	_, err = c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: name})
	var gone *dynamotypes.ResourceNotFoundException
	if !errors.As(err, &gone) {
		t.Errorf("err = %v", err)
	}
	wantEqual(t, "record", k.find(home, "DeleteTable").RequestParameters, map[string]any{"tableName": "journal"})
	for _, event := range []string{"CreateTable", "UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups"} {
		wantEqual(t, event, k.find(home, event).EventSource, "dynamodb.amazonaws.com")
	}
}

// TestConditions evaluates each expression against one item.
func TestConditions(t *testing.T) {
	c := dynamodb.NewFromConfig(sdk(twoAccounts(t), "me", "us-east-1"))
	makeTable(t, c)
	stored := values(map[string]any{"pk": "a", "sk": 1, "n": 10, "s": "trail", "marks": []string{"x", "y"}, "parts": []any{"p", 2}, "tree": map[string]any{"in": map[string]any{"side": 5}}, "flag": true, "bytes": []byte("abc"), "nothing": nil, "status": "open"})
	all := map[string]any{":n": 10, ":m": 9, ":s": "trail", ":p": "tr", ":x": "x", ":two": 2, ":five": 5, ":true": true, ":N": "N", ":b": []byte("ab"), ":sci": &dynamotypes.AttributeValueMemberN{Value: "1.0e1"}}
	for expression, want := range map[string]bool{
		"attribute_exists(pk)":       true,
		"attribute_exists(gone)":     false,
		"attribute_not_exists(gone)": true,
		"attribute_not_exists(#st)":  false,
		"n = :n":                     true,
		"n = :sci":                   true,
		"n = :s":                     false,
		"n <> :s":                    true,
		"gone = :n":                  false,
		"gone <> :n":                 true,
		"n < :n":                     false,
		"n <= :n":                    true,
		"n > :m":                     true,
		"n >= :n":                    true,
		"n > :s":                     false,
		"s > :p":                     true,
		":m < n":                     true,
		"n BETWEEN :m AND :n":        true,
		"n between :five and :m":     false,
		"n IN (:m, :n)":              true,
		"n IN (:m)":                  false,
		"begins_with(s, :p)":         true,
		"begins_with(bytes, :b)":     true,
		"begins_with(n, :p)":         false,
		"contains(s, :p)":            true,
		"contains(marks, :x)":        true,
		"contains(parts, :two)":      true,
		"contains(parts, :x)":        false,
		"size(s) = :five":            true,
		"size(marks) = :two AND size(parts) = :two": true,
		"size(n) = :two":                                    false,
		"size(gone) = :two":                                 false,
		"attribute_type(n, :N)":                             true,
		"tree.#in.side = :five":                             true,
		"tree.#in.gone = :five":                             false,
		"parts[1] = :two":                                   true,
		"parts[7] = :two":                                   false,
		"flag = :true":                                      true,
		"NOT n = :n":                                        false,
		"not (n = :m or s = :p)":                            true,
		"n = :m OR n = :n AND s = :p":                       false,
		"(n = :m OR n = :n) AND s = :s":                     true,
		"n = :n AND NOT attribute_exists(gone) OR n = :m":   true,
		"  #st<>:s AND\n(attribute_exists ( sk ))":          true,
		"attribute_not_exists(pk) OR (n = :n AND sk < :n )": true,
	} {
		in := &dynamodb.PutItemInput{TableName: aws.String("journal"), Item: stored, ConditionExpression: &expression,
			ExpressionAttributeNames: map[string]string{}, ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{}}
		for name, value := range all {
			if strings.Contains(expression+" ", name+" ") || strings.Contains(expression, name+")") || strings.Contains(expression, name+",") {
				in.ExpressionAttributeValues[name] = valueOf(value)
			}
		}
		for name, meaning := range map[string]string{"#st": "status", "#in": "in"} {
			if strings.Contains(expression, name) {
				in.ExpressionAttributeNames[name] = meaning
			}
		}
		must[*dynamodb.PutItemOutput](t)(c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: in.TableName, Item: stored}))
		if len(in.ExpressionAttributeValues) == 0 {
			in.ExpressionAttributeValues = nil
		}
		if len(in.ExpressionAttributeNames) == 0 {
			in.ExpressionAttributeNames = nil
		}
		_, err := c.PutItem(t.Context(), in)
		var failed *dynamotypes.ConditionalCheckFailedException
		if got := err == nil; got != want || err != nil && !errors.As(err, &failed) {
			t.Errorf("%s: got %t (%v), want %t", expression, got, err, want)
		}
	}
}

func TestBadExpressions(t *testing.T) {
	c := dynamodb.NewFromConfig(sdk(twoAccounts(t), "me", "us-east-1"))
	makeTable(t, c)
	for _, expression := range []string{
		"", "n", "n =", "= :v", "n = :gone", "#gone = :v", "n == :v", "(n = :v", "n = :v)", "n = :v AND", "NOT", "status = :v", "n = :v n = :v",
		"frob(n, :v)", "attribute_exists(:v)", "attribute_exists n", "n IN :v", "n BETWEEN :v", "list[x] = :v", "a.. = :v", "n = :v ; drop", "begins_with(n)",
		strings.Repeat("(", 3000) + "n = :v", strings.Repeat("n", 5000) + " = :v", "a" + strings.Repeat(".a", 40) + " = :v", "attribute_exists(n)",
	} {
		_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("journal"), Item: values(map[string]any{"pk": "a", "sk": 1}),
			ConditionExpression: &expression, ExpressionAttributeValues: values(map[string]any{":v": 1})})
		expectCode(t, err, "ValidationException")
	}
	_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("journal"), Item: values(map[string]any{"pk": "a", "sk": 1}),
		ConditionExpression: aws.String("attribute_not_exists(pk)"), ExpressionAttributeNames: map[string]string{"#unused": "n"}})
	expectCode(t, err, "ValidationException")
}

// TestUpdates applies each expression to a fresh item.
func TestUpdates(t *testing.T) {
	c := dynamodb.NewFromConfig(sdk(twoAccounts(t), "me", "us-east-1"))
	makeTable(t, c)
	key := values(map[string]any{"pk": "a", "sk": 1})
	for _, test := range []struct{ expression, want string }{
		{"SET n = :n", `{"list":["p","q"],"map":{"x":"nn"},"n":"n5","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"SET n = n + :n, extra = :n", `{"extra":"n5","list":["p","q"],"map":{"x":"nn"},"n":"n6","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"SET n = :n - n", `{"list":["p","q"],"map":{"x":"nn"},"n":"n4","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"set n = if_not_exists(n, :n), m = if_not_exists(m, :n)", `{"list":["p","q"],"m":"n5","map":{"x":"nn"},"n":"n1","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"SET c = if_not_exists(c, :n) + :n", `{"c":"n10","list":["p","q"],"map":{"x":"nn"},"n":"n1","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"SET #l = list_append(#l, :list)", `{"list":["p","q","z"],"map":{"x":"nn"},"n":"n1","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"SET #l[0] = :n, #l[9] = :n", `{"list":["n5","q","n5"],"map":{"x":"nn"},"n":"n1","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"SET #m.y = :n REMOVE #l[0], n", `{"list":["q"],"map":{"x":"nn","y":"n5"},"pk":"a","set":["x","y"],"sk":"n1"}`},
		{"REMOVE #l[0], #l[1], #m.x, gone", `{"list":[],"map":{},"n":"n1","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"ADD n :n, #s :set, fresh :n", `{"fresh":"n5","list":["p","q"],"map":{"x":"nn"},"n":"n6","pk":"a","set":["w","x","y"],"sk":"n1"}`},
		{"DELETE #s :set", `{"list":["p","q"],"map":{"x":"nn"},"n":"n1","pk":"a","set":["y"],"sk":"n1"}`},
		{"DELETE #s :both", `{"list":["p","q"],"map":{"x":"nn"},"n":"n1","pk":"a","sk":"n1"}`},
		{"SET a = n, n = :n", `{"a":"n1","list":["p","q"],"map":{"x":"nn"},"n":"n5","pk":"a","set":["x","y"],"sk":"n1"}`},
		{"SET pk = :n", "ValidationException"},
		{"SET a = gone", "ValidationException"},
		{"SET a = n + #s, b = :n", "ValidationException"},
		{"ADD #m :n", "ValidationException"},
		{"SET gone.x = :n", "ValidationException"},
		{"SET #m = :n, #m.x = :n", "ValidationException"},
		{"SET n = :n SET a = :n", "ValidationException"},
		{"SET who = :n", "ValidationException"}, // the key of an index is a text
		{"FROB n = :n", "ValidationException"},
	} {
		must[*dynamodb.PutItemOutput](t)(c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("journal"), Item: values(map[string]any{
			"pk": "a", "sk": 1, "n": 1, "set": []string{"x", "y"}, "list": []any{"p", "q"}, "map": map[string]any{"x": "nn"}})}))
		in := &dynamodb.UpdateItemInput{TableName: aws.String("journal"), Key: key, UpdateExpression: &test.expression, ReturnValues: "ALL_NEW"}
		for name, value := range map[string]any{":n": 5, ":list": []any{"z"}, ":set": []string{"w", "x"}, ":both": []string{"x", "y"}} {
			if strings.Contains(test.expression, name) {
				if in.ExpressionAttributeValues == nil {
					in.ExpressionAttributeValues = map[string]dynamotypes.AttributeValue{}
				}
				in.ExpressionAttributeValues[name] = valueOf(value)
			}
		}
		for name, meaning := range map[string]string{"#l": "list", "#m": "map", "#s": "set"} {
			if strings.Contains(test.expression, name) {
				if in.ExpressionAttributeNames == nil {
					in.ExpressionAttributeNames = map[string]string{}
				}
				in.ExpressionAttributeNames[name] = meaning
			}
		}
		out, err := c.UpdateItem(t.Context(), in)
		if strings.HasSuffix(test.want, "Exception") {
			expectCode(t, err, test.want)
			continue
		}
		expectCode(t, err, "")
		if got := plainOf(out.Attributes); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.expression, got, test.want)
		}
	}
}

func TestItems(t *testing.T) {
	c, ctx, name := dynamodb.NewFromConfig(sdk(twoAccounts(t), "me", "us-east-1")), t.Context(), aws.String("journal")
	makeTable(t, c)
	key := values(map[string]any{"pk": "a", "sk": 1})
	got := must[*dynamodb.GetItemOutput](t)(c.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: key}))
	wantEqual(t, "no item", len(got.Item), 0)
	for what, bad := range map[string]map[string]any{
		"no key": {"pk": "a"}, "wrong type": {"pk": 1, "sk": 1}, "empty key": {"pk": "", "sk": 1}, "index key": {"pk": "a", "sk": 1, "who": 5},
		"too large": {"pk": "a", "sk": 1, "x": strings.Repeat("x", 400<<10)}, "number": {"pk": "a", "sk": &dynamotypes.AttributeValueMemberN{Value: "1e999"}},
		"digits": {"pk": "a", "sk": &dynamotypes.AttributeValueMemberN{Value: strings.Repeat("9", 39)}}, "empty set": {"pk": "a", "sk": 1, "x": []string{}},
	} {
		_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: values(bad)})
		if err == nil {
			t.Errorf("%s: taken", what)
		}
		expectCode(t, err, "ValidationException")
	}
	put := &dynamodb.PutItemInput{TableName: name, Item: values(map[string]any{"pk": "a", "sk": &dynamotypes.AttributeValueMemberN{Value: "01.0"}, "v": 1, "m": map[string]any{"a": 1, "b": 2}}), ConditionExpression: aws.String("attribute_not_exists(pk)")}
	must[*dynamodb.PutItemOutput](t)(c.PutItem(ctx, put))
	put.ReturnValuesOnConditionCheckFailure = "ALL_OLD"
	_, err := c.PutItem(ctx, put)
	var failed *dynamotypes.ConditionalCheckFailedException
	if !errors.As(err, &failed) || plainOf(failed.Item) != `{"m":{"a":"n1","b":"n2"},"pk":"a","sk":"n1","v":"n1"}` {
		t.Errorf("err = %v, item %s", err, plainOf(failed.Item))
	}
	got = must[*dynamodb.GetItemOutput](t)(c.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: key, ProjectionExpression: aws.String("m.b, v")}))
	wantEqual(t, "projected", plainOf(got.Item), `{"m":{"b":"n2"},"v":"n1"}`)
	// Compare and swap, as a journal does.
	swap := &dynamodb.UpdateItemInput{TableName: name, Key: key, UpdateExpression: aws.String("SET v = v + :one"), ConditionExpression: aws.String("v = :old"), ReturnValues: "UPDATED_NEW",
		ExpressionAttributeValues: values(map[string]any{":one": 1, ":old": 1})}
	out := must[*dynamodb.UpdateItemOutput](t)(c.UpdateItem(ctx, swap))
	wantEqual(t, "swapped", plainOf(out.Attributes), `{"v":"n2"}`)
	_, err = c.UpdateItem(ctx, swap)
	expectCode(t, err, "ConditionalCheckFailedException")
	fresh := must[*dynamodb.UpdateItemOutput](t)(c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: name, Key: values(map[string]any{"pk": "b", "sk": 2}), ReturnValues: "ALL_NEW"}))
	wantEqual(t, "made", plainOf(fresh.Attributes), `{"pk":"b","sk":"n2"}`)
	gone := must[*dynamodb.DeleteItemOutput](t)(c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: name, Key: key, ReturnValues: "ALL_OLD"}))
	wantEqual(t, "deleted", plainOf(gone.Attributes), `{"m":{"a":"n1","b":"n2"},"pk":"a","sk":"n1","v":"n2"}`)
	_, err = c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: name, Key: key, ConditionExpression: aws.String("attribute_exists(pk)")})
	expectCode(t, err, "ConditionalCheckFailedException")
	_, err = c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: name, Key: key})
	expectCode(t, err, "")
	_, err = c.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("gone"), Item: key})
	expectCode(t, err, "ResourceNotFoundException")
}

func TestQueries(t *testing.T) {
	c, ctx, name := dynamodb.NewFromConfig(sdk(twoAccounts(t), "me", "us-east-1")), t.Context(), aws.String("journal")
	makeTable(t, c)
	for n := range 12 {
		must[*dynamodb.PutItemOutput](t)(c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: values(map[string]any{
			"pk": string("ab"[n%2]), "sk": n, "who": "w", "at": 100 - n, "odd": n%4 == 1})}))
	}
	must[*dynamodb.PutItemOutput](t)(c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: values(map[string]any{"pk": "c", "sk": 0})})) // not in the index
	ask := func(in *dynamodb.QueryInput) (string, int32) {
		t.Helper()
		in.TableName = name
		out := must[*dynamodb.QueryOutput](t)(c.Query(ctx, in))
		var keys []string
		for _, i := range out.Items {
			keys = append(keys, i["sk"].(*dynamotypes.AttributeValueMemberN).Value)
		}
		return strings.Join(keys, " "), out.ScannedCount
	}
	v := values(map[string]any{":a": "a", ":four": 4, ":eight": 8})
	hash := map[string]dynamotypes.AttributeValue{":a": v[":a"]}
	for _, test := range []struct {
		in      *dynamodb.QueryInput
		want    string
		scanned int32
	}{
		{&dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :a"), ExpressionAttributeValues: hash}, "0 2 4 6 8 10", 6},
		{&dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :a"), ExpressionAttributeValues: hash, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(2)}, "10 8", 2},
		{&dynamodb.QueryInput{KeyConditionExpression: aws.String("#p = :a AND sk BETWEEN :four AND :eight"), ExpressionAttributeValues: v, ExpressionAttributeNames: map[string]string{"#p": "pk"}}, "4 6 8", 3},
		{&dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :a and (sk > :four)"), FilterExpression: aws.String("sk <> :eight"), ExpressionAttributeValues: v}, "6 10", 3},
	} {
		got, scanned := ask(test.in)
		wantEqual(t, *test.in.KeyConditionExpression, []any{got, scanned}, []any{test.want, test.scanned})
	}
	index := &dynamodb.QueryInput{TableName: name, IndexName: aws.String("by-who"), KeyConditionExpression: aws.String("who = :w"), ExpressionAttributeValues: values(map[string]any{":w": "w"}), Limit: aws.Int32(5)}
	pages := dynamodb.NewQueryPaginator(c, index)
	var sizes []int
	var first string
	for pages.HasMorePages() {
		page := must[*dynamodb.QueryOutput](t)(pages.NextPage(ctx))
		sizes = append(sizes, len(page.Items))
		if first == "" {
			first = plainOf(page.Items[0])
		}
	}
	wantEqual(t, "pages", []any{sizes, first}, []any{[]int{5, 5, 2}, `{"at":"n89","pk":"b","sk":"n11","who":"w"}`})
	for _, bad := range []string{"sk = :a", "pk > :a", "pk = :a OR sk = :a", "pk = :a AND odd = :a", "pk = :a AND pk = :a", "pk <> :a", "begins_with(pk, :a)", "pk IN (:a)", "pk"} {
		_, err := c.Query(ctx, &dynamodb.QueryInput{TableName: name, KeyConditionExpression: &bad, ExpressionAttributeValues: hash})
		expectCode(t, err, "ValidationException")
	}
	_, err := c.Query(ctx, &dynamodb.QueryInput{TableName: name, IndexName: aws.String("gone"), KeyConditionExpression: aws.String("pk = :a"), ExpressionAttributeValues: hash})
	expectCode(t, err, "ValidationException")
	scan := must[*dynamodb.ScanOutput](t)(c.Scan(ctx, &dynamodb.ScanInput{TableName: name, FilterExpression: aws.String("odd = :t"), ExpressionAttributeValues: values(map[string]any{":t": true})}))
	wantEqual(t, "scan", []int32{scan.Count, scan.ScannedCount}, []int32{3, 13})
}

// FuzzExpressions: no expression breaks the lab.
func FuzzExpressions(f *testing.F) {
	for _, seed := range []string{"SET a = b + :v REMOVE c[1]", "NOT (a = :v AND size(b) > :v)", "ADD a.b :v", "pk = :v AND begins_with(sk, :v)", "a.b[0], #n"} {
		f.Add(seed, `{"N":"1e5"}`)
	}
	l := lab.New(lab.Options{})
	f.Cleanup(l.Close)
	f.Fuzz(func(t *testing.T, expression, value string) {
		k := &kit{t, l, t.Context()}
		k.post("dynamodb", "DynamoDB_20120810.CreateTable", `{"TableName":"fuzz","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}`)
		common := `"TableName":"fuzz","ExpressionAttributeNames":{"#n":"n"},"ExpressionAttributeValues":{":v":` + value + `}`
		for _, body := range []string{
			`PutItem {"Item":{"pk":{"S":"a"},"a":{"M":{}},"c":{"L":[` + value + `]}},"ConditionExpression":EXPR,`,
			`UpdateItem {"Key":{"pk":{"S":"a"}},"UpdateExpression":EXPR,`, `Query {"KeyConditionExpression":EXPR,`, `Scan {"ProjectionExpression":EXPR,`,
		} {
			operation, body, _ := strings.Cut(body, " ")
			status, answer := k.post("dynamodb", "DynamoDB_20120810."+operation, strings.Replace(body, "EXPR", toText(expression), 1)+common+"}")
			if status >= 500 || strings.Contains(answer, "InternalFailure") {
				t.Errorf("%s %q: %d %s", operation, expression, status, answer)
			}
		}
	})
}
