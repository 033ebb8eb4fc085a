package awscloud

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/plain"
)

// Attributes of an item. All items have the same hash key, because only a local index can be read consistently, and a
// local index spans the items of one hash key. docs/dynamodb-table.json defines the table.
const (
	attrKind    = "kind" // hash key of the table and of both indexes
	attrID      = "id"   // range key of the table
	attrTime    = "byTime"
	attrTrail   = "byTrail"
	attrVersion = "version"
	attrWriter  = "writer"
	attrOpener  = "opener"
	attrBody    = "body"
	attrExpires = "expires" // time to live, in seconds since 1970

	kindIncident = "incident"
)

// indexAttributes are the range keys of the indexes.
var indexAttributes = map[journal.Index]string{journal.IndexTime: attrTime, journal.IndexTrail: attrTrail}

// rowsPerPage keeps one answer small enough for tableTimeout over a slow line.
const rowsPerPage = 50

// Table is a DynamoDB table as the place of a journal. It implements journal.Rows.
type Table struct {
	client       *dynamodb.Client
	name, region string
}

// Table returns the table of that name in a region; an empty region stands for the default one.
func (c *Cloud) Table(name, region string) *Table {
	if region == "" {
		region = c.config.Region
	}
	return &Table{client: c.dynamodb(region), name: name, region: region}
}

// Put implements journal.Rows. The answer to a refused write has the item that was in its way, at no cost.
func (t *Table) Put(ctx context.Context, row journal.Row, over int) (stored journal.Row, err error) {
	in := &dynamodb.UpdateItemInput{
		TableName:                           &t.name,
		Key:                                 keyOf(row.ID),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		ExpressionAttributeNames:            map[string]string{"#opener": attrOpener, "#expires": attrExpires},
		ExpressionAttributeValues:           map[string]types.AttributeValue{},
	}
	set := "SET #opener = if_not_exists(#opener, :" + attrWriter + ")"
	for name, value := range itemOf(row) {
		in.ExpressionAttributeNames["#"+name], in.ExpressionAttributeValues[":"+name] = name, value
		set += ", #" + name + " = :" + name
	}
	if row.Expires.IsZero() {
		set += " REMOVE #expires"
	}
	condition := "#version = :over"
	if over == 0 {
		condition = "attribute_not_exists(#id)"
		in.ExpressionAttributeNames["#id"] = attrID
	} else {
		in.ExpressionAttributeValues[":over"] = numberValue(int64(over))
	}
	in.UpdateExpression, in.ConditionExpression = &set, &condition
	_, err = t.client.UpdateItem(ctx, in)
	var refused *types.ConditionalCheckFailedException
	if errors.As(err, &refused) {
		stored = rowOf(refused.Item)
		return stored, fmt.Errorf("version %d is stored, the one to be saved was read at %d: %w", stored.Version, over, guard.ErrConflict)
	}
	return journal.Row{}, t.failure(ctx, "UpdateItem", err)
}

// Get implements journal.Rows.
func (t *Table) Get(ctx context.Context, id string) (journal.Row, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &t.name,
		Key:            keyOf(id),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return journal.Row{}, t.failure(ctx, "GetItem", err)
	}
	if len(out.Item) == 0 {
		return journal.Row{}, guard.ErrNotFound
	}
	return rowOf(out.Item), nil
}

// List implements journal.Rows.
func (t *Table) List(ctx context.Context, span journal.Span, each func(journal.Row) error) error {
	pages := dynamodb.NewQueryPaginator(t.client, &dynamodb.QueryInput{
		TableName:                 &t.name,
		IndexName:                 aws.String(string(span.Index)),
		KeyConditionExpression:    aws.String("#kind = :kind AND #place BETWEEN :from AND :to"),
		ExpressionAttributeNames:  map[string]string{"#kind": attrKind, "#place": indexAttributes[span.Index]},
		ExpressionAttributeValues: map[string]types.AttributeValue{":kind": stringValue(kindIncident), ":from": stringValue(span.From), ":to": stringValue(span.To)},
		Select:                    types.SelectAllAttributes, // the indexes hold keys alone
		ScanIndexForward:          aws.Bool(false),
		ConsistentRead:            aws.Bool(true),
		Limit:                     aws.Int32(rowsPerPage),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return t.failure(ctx, "Query", err)
		}
		for _, item := range page.Items {
			if err := each(rowOf(item)); err != nil {
				return err
			}
		}
	}
	return nil
}

// failure says which table a failed call was about, since AWS does not. It is nil if err is.
func (t *Table) failure(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("table %s in %s: %w", plain.Text(t.name, 100), t.region, failure(ctx, op, err))
}

func keyOf(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attrKind: stringValue(kindIncident), attrID: stringValue(id)}
}

// itemOf makes the attributes that a save sets.
func itemOf(row journal.Row) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{
		attrTime:    stringValue(row.Time),
		attrTrail:   stringValue(row.Trail),
		attrVersion: numberValue(int64(row.Version)),
		attrWriter:  stringValue(row.Writer),
		attrBody:    &types.AttributeValueMemberB{Value: row.Body},
	}
	if !row.Expires.IsZero() {
		item[attrExpires] = numberValue(row.Expires.Unix())
	}
	return item
}

// rowOf reads an item. What it does not have, or not of the right type, is empty: then the row holds no readable incident.
func rowOf(item map[string]types.AttributeValue) journal.Row {
	row := journal.Row{
		ID: stringOf(item[attrID]), Version: int(numberOf(item[attrVersion])), Writer: stringOf(item[attrWriter]), Opener: stringOf(item[attrOpener]),
		Time: stringOf(item[attrTime]), Trail: stringOf(item[attrTrail]),
	}
	if body, ok := item[attrBody].(*types.AttributeValueMemberB); ok {
		row.Body = body.Value
	}
	if expires := numberOf(item[attrExpires]); expires != 0 {
		row.Expires = time.Unix(expires, 0)
	}
	return row
}

func stringValue(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func numberValue(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func stringOf(v types.AttributeValue) string {
	s, ok := v.(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return s.Value
}

func numberOf(v types.AttributeValue) int64 {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	i, _ := strconv.ParseInt(n.Value, 10, 64) // what is no whole number is 0, which no version is
	return i
}
