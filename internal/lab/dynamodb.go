package lab

import (
	"encoding/json"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
)

// Limits of DynamoDB, from its quotas, and of what the lab keeps.
const (
	maxTables       = 256     // per account and region; AWS: 2,500
	maxItems        = 100_000 // per table
	maxItemSize     = 400 << 10
	maxHashKey      = 2048
	maxRangeKey     = 1024
	maxIndexes      = 20
	maxLocalIndexes = 5
	maxExpression   = 4 << 10
	maxNesting      = 32
	maxQueryAnswer  = 1 << 20
)

// dynamoState is the tables of one account in one region.
type dynamoState struct {
	tables map[string]*table
}

// dynamoService is Amazon DynamoDB: tables with secondary indexes, single items and queries, all with expressions.
// The parameters that expressions replaced are refused, and there are no transactions, batches and streams.
var dynamoService = service{protocol: awsJSON, operations: map[string]operation{
	"CreateTable":               {run: summed(createTable)},
	"DescribeTable":             {run: summed(describeTable), readOnly: true},
	"ListTables":                {run: summed(listTables), readOnly: true},
	"UpdateTable":               {run: summed(updateTable)},
	"DeleteTable":               {run: summed(deleteTable)},
	"UpdateTimeToLive":          {run: summed(updateTimeToLive)},
	"DescribeTimeToLive":        {run: summed(describeTimeToLive), readOnly: true},
	"UpdateContinuousBackups":   {run: summed(updateContinuousBackups)},
	"DescribeContinuousBackups": {run: summed(describeContinuousBackups), readOnly: true},
	"TagResource":               {run: summed(tagTable)},
	"UntagResource":             {run: summed(untagTable)},
	"ListTagsOfResource":        {run: summed(listTableTags), readOnly: true},
	"PutItem":                   {run: summed(putItem), silent: true},
	"GetItem":                   {run: summed(getItem), silent: true, readOnly: true},
	"UpdateItem":                {run: summed(updateItem), silent: true},
	"DeleteItem":                {run: summed(deleteItem), silent: true},
	"Query":                     {run: summed(queryItems), silent: true, readOnly: true},
	"Scan":                      {run: summed(scanItems), silent: true, readOnly: true},
}}

// summed adds the checksum of the answer, which the SDK checks.
func summed(run func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		answer, err := run(c)
		if err != nil {
			return nil, err
		}
		if answer == nil {
			answer = struct{}{}
		}
		body, err := json.Marshal(answer)
		if err != nil {
			return nil, err
		}
		return &raw{body: body, header: http.Header{
			"Content-Type": {"application/x-amz-json-1.0"},
			"X-Amz-Crc32":  {strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10)},
		}}, nil
	}
}

// retiredParameters are those that expressions replaced.
var retiredParameters = []string{"Expected", "ConditionalOperator", "AttributeUpdates", "AttributesToGet", "KeyConditions", "QueryFilter", "ScanFilter"}

// tableInput is what all operations on items take.
type tableInput struct {
	TableName                           string
	ConditionExpression                 string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]attr
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
}

// items decodes the input of an operation on items and finds its table.
func (c *call) items(in any, common *tableInput) (*table, error) {
	given := map[string]json.RawMessage{}
	if err := c.decode(&given); err != nil {
		return nil, err
	}
	for _, name := range retiredParameters {
		if given[name] != nil {
			return nil, invalidRequest("the lab does not know the parameter %s, which expressions replaced", name)
		}
	}
	if err := json.Unmarshal(c.body, in); err != nil {
		return nil, invalidRequest("%v", err) // it is JSON, so that what is wrong is some value
	}
	return c.table(common.TableName)
}

// table finds the table that a name or ARN means.
func (c *call) table(name string) (*table, error) {
	prefix := "arn:aws:dynamodb:" + c.region + ":" + c.account.id + ":table/"
	if t := c.account.regions[c.region].tables.tables[strings.TrimPrefix(name, prefix)]; t != nil {
		return t, nil
	}
	return nil, errorf("ResourceNotFoundException", "Requested resource not found: Table: %.300s not found", name)
}
