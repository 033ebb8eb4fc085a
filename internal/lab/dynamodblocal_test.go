package lab_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Unlike a global index, a local one can be read consistently and gives all attributes of its items if it is asked.
func TestLocalIndexes(t *testing.T) {
	c, ctx, name := dynamodb.NewFromConfig(sdk(twoAccounts(t), "me", "us-east-1")), t.Context(), aws.String("journal")
	definition := func(hash string) *dynamodb.CreateTableInput {
		in := &dynamodb.CreateTableInput{}
		must[any](t)(nil, json.Unmarshal([]byte(`{"TableName":"journal","BillingMode":"PAY_PER_REQUEST",
			"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
			"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"at","AttributeType":"S"}],
			"LocalSecondaryIndexes":[{"IndexName":"by-at","KeySchema":[{"AttributeName":"`+hash+`","KeyType":"HASH"},{"AttributeName":"at","KeyType":"RANGE"}],
				"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`), in))
		return in
	}
	_, err := c.CreateTable(ctx, definition("sk"))
	expectCode(t, err, "ValidationException") // an index of another hash key is a global one
	made := must[*dynamodb.CreateTableOutput](t)(c.CreateTable(ctx, definition("pk"))).TableDescription
	wantEqual(t, "indexes", []any{len(made.LocalSecondaryIndexes), len(made.GlobalSecondaryIndexes)}, []any{1, 0})
	for n, at := range []string{"b", "a", "c"} {
		must[*dynamodb.PutItemOutput](t)(c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: values(map[string]any{"pk": "p", "sk": n, "at": at, "more": "m"})}))
	}
	for _, test := range []struct {
		choose dynamotypes.Select
		want   string
	}{
		{"ALL_PROJECTED_ATTRIBUTES", `{"at":"b","pk":"p","sk":"n0"}`},
		{"ALL_ATTRIBUTES", `{"at":"b","more":"m","pk":"p","sk":"n0"}`},
	} {
		in := &dynamodb.QueryInput{TableName: name, IndexName: aws.String("by-at"), ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("pk = :p AND #at BETWEEN :a AND :b"),
			ExpressionAttributeNames: map[string]string{"#at": "at"}, ExpressionAttributeValues: values(map[string]any{":p": "p", ":a": "aa", ":b": "bb"})}
		in.Select = test.choose
		out := must[*dynamodb.QueryOutput](t)(c.Query(ctx, in))
		if len(out.Items) != 1 {
			t.Fatalf("%s: %d items", test.choose, len(out.Items))
		}
		wantEqual(t, "item "+string(test.choose), plainOf(out.Items[0]), test.want)
	}
	_, err = c.Query(ctx, &dynamodb.QueryInput{TableName: name, IndexName: aws.String("by-at"), KeyConditionExpression: aws.String("sk = :p"), ExpressionAttributeValues: values(map[string]any{":p": 1})})
	expectCode(t, err, "ValidationException")
}
