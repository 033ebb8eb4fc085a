package lab

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"time"
)

// keySchema names the attributes of a key: the hash key and, if there is one, the range key.
type keySchema []struct{ AttributeName, KeyType string }

func (k keySchema) hash() string { return k[0].AttributeName }

// rangeKey is empty if there is none.
func (k keySchema) rangeKey() string {
	if len(k) < 2 {
		return ""
	}
	return k[1].AttributeName
}

type attributeDefinition struct{ AttributeName, AttributeType string }

// secondaryIndex is a global or local secondary index.
type secondaryIndex struct {
	IndexName  string
	local      bool // has the table's hash key, and is always up to date
	KeySchema  keySchema
	Projection struct {
		ProjectionType   string   `json:",omitempty"`
		NonKeyAttributes []string `json:",omitempty"`
	}
}

type table struct {
	name, arn, id string
	keys          keySchema
	types         []attributeDefinition
	indexes       []secondaryIndex
	billing       string
	throughput    json.RawMessage // as it was sent
	encryption    json.RawMessage // as it was sent
	class         string
	protected     bool
	created       time.Time
	tags          map[string]string
	expiry        string // attribute for time to live; empty: disabled
	recovery      bool   // point in time
	recoveryDays  int
	recoverySince time.Time
	items         map[string]item // by primary key
}

type createTableInput struct {
	TableName                 string
	KeySchema                 keySchema
	AttributeDefinitions      []attributeDefinition
	GlobalSecondaryIndexes    []secondaryIndex
	LocalSecondaryIndexes     []secondaryIndex
	StreamSpecification       json.RawMessage
	BillingMode, TableClass   string
	ProvisionedThroughput     json.RawMessage
	SSESpecification          json.RawMessage
	DeletionProtectionEnabled *bool
	Tags                      []eventTag
}

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

func createTable(c *call) (any, error) {
	var in createTableInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	state := &c.account.regions[c.region].tables
	if err := in.check(); err != nil {
		return nil, err
	}
	switch {
	case state.tables[in.TableName] != nil:
		return nil, errorf("ResourceInUseException", "Table already exists: %s", in.TableName)
	case len(state.tables) >= maxTables:
		return nil, errorf("LimitExceededException", "Subscriber limit exceeded: the lab keeps at most %d tables per account and region", maxTables)
	}
	t := &table{
		name: in.TableName, arn: "arn:aws:dynamodb:" + c.region + ":" + c.account.id + ":table/" + in.TableName, id: c.lab.id(),
		keys: in.KeySchema, types: in.AttributeDefinitions, indexes: in.indexes(), billing: in.BillingMode,
		throughput: in.ProvisionedThroughput, encryption: in.SSESpecification, class: in.TableClass, created: c.now,
		tags: map[string]string{}, items: map[string]item{},
	}
	setIfGiven(&t.protected, in.DeletionProtectionEnabled)
	if err := t.tag(in.Tags); err != nil {
		return nil, err
	}
	if state.tables == nil {
		state.tables = map[string]*table{}
	}
	state.tables[in.TableName] = t
	return c.answered(map[string]any{"TableDescription": t.show("ACTIVE")}), nil
}

// check checks what the API documentation asks of keys, and refuses what the lab does not have.
func (in *createTableInput) check() error {
	if !tableName.MatchString(in.TableName) {
		return invalidRequest("TableName must be at least 3 characters long and at most 255 characters long")
	}
	if in.StreamSpecification != nil {
		return invalidRequest("the lab has no streams")
	}
	if in.BillingMode == "" {
		in.BillingMode = "PROVISIONED"
	}
	if in.BillingMode == "PROVISIONED" && in.ProvisionedThroughput == nil {
		return invalidRequest("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	if len(in.GlobalSecondaryIndexes) > maxIndexes {
		return invalidRequest("One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of %d", maxIndexes)
	}
	if len(in.LocalSecondaryIndexes) > maxLocalIndexes {
		return invalidRequest("One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	}
	used := map[string]bool{}
	schemas := []keySchema{in.KeySchema}
	for _, index := range in.indexes() {
		if index.local && (len(in.KeySchema) < 2 || len(index.KeySchema) != 2 || index.KeySchema.hash() != in.KeySchema.hash()) {
			return invalidRequest("One or more parameter values were invalid: Index KeySchema does not have the table's hash key and a range key for index: %s", index.IndexName)
		}
		schemas = append(schemas, index.KeySchema)
	}
	for _, schema := range schemas {
		if len(schema) == 0 || len(schema) > 2 || schema[0].KeyType != "HASH" || len(schema) == 2 && schema[1].KeyType != "RANGE" {
			return invalidRequest("Invalid KeySchema: the first element must be the HASH key, the second, if any, the RANGE key")
		}
		for _, key := range schema {
			used[key.AttributeName] = true
		}
	}
	return checkDefinitions(in.AttributeDefinitions, used)
}

// indexes are those of both kinds.
func (in *createTableInput) indexes() []secondaryIndex {
	all := slices.Clone(in.GlobalSecondaryIndexes)
	for _, index := range in.LocalSecondaryIndexes {
		index.local = true
		all = append(all, index)
	}
	return all
}

// checkDefinitions makes sure that the attributes of keys, and no others, are defined.
func checkDefinitions(definitions []attributeDefinition, used map[string]bool) error {
	for _, d := range definitions {
		if !used[d.AttributeName] || !slices.Contains([]string{"S", "N", "B"}, d.AttributeType) {
			return invalidRequest("One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
		}
		delete(used, d.AttributeName)
	}
	if len(used) > 0 {
		return invalidRequest("One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: %v", slices.Sorted(maps.Keys(used)))
	}
	return nil
}

func (t *table) show(status string) map[string]any {
	size := 0
	for _, i := range t.items {
		size += i.size()
	}
	shown := map[string]any{
		"TableName": t.name, "TableArn": t.arn, "TableId": t.id, "TableStatus": status, "KeySchema": t.keys, "AttributeDefinitions": t.types,
		"CreationDateTime": epoch{t.created}, "ItemCount": len(t.items), "TableSizeBytes": size, "DeletionProtectionEnabled": t.protected,
		"BillingModeSummary": map[string]string{"BillingMode": t.billing},
	}
	var encryption struct {
		Enabled                 bool
		SSEType, KMSMasterKeyId string
	}
	if json.Unmarshal(t.encryption, &encryption) == nil && encryption.Enabled {
		shown["SSEDescription"] = compact(map[string]any{"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": encryption.KMSMasterKeyId})
	}
	if t.throughput != nil {
		shown["ProvisionedThroughput"] = t.throughput
	}
	if t.class != "" {
		shown["TableClassSummary"] = map[string]string{"TableClass": t.class}
	}
	for _, index := range t.indexes {
		one := map[string]any{
			"IndexName": index.IndexName, "KeySchema": index.KeySchema, "Projection": index.Projection, "IndexArn": t.arn + "/index/" + index.IndexName,
		}
		kind := "LocalSecondaryIndexes"
		if !index.local {
			kind, one["IndexStatus"] = "GlobalSecondaryIndexes", "ACTIVE"
		}
		list, _ := shown[kind].([]any)
		shown[kind] = append(list, one)
	}
	return shown
}

// index finds an index, or for an empty name what stands for the table itself.
func (t *table) index(name string) (secondaryIndex, error) {
	if name == "" {
		return secondaryIndex{KeySchema: t.keys, local: true}, nil
	}
	for _, index := range t.indexes {
		if index.IndexName == name {
			return index, nil
		}
	}
	return secondaryIndex{}, invalidRequest("The table does not have the specified index: %.255s", name)
}

// namedTable finds the table of an operation on tables.
func (c *call) namedTable() (*table, error) {
	var in struct{ TableName string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return c.table(in.TableName)
}

func describeTable(c *call) (any, error) {
	t, err := c.namedTable()
	if err != nil {
		return nil, err
	}
	return map[string]any{"Table": t.show("ACTIVE")}, nil
}

func listTables(c *call) (any, error) {
	var in struct {
		ExclusiveStartTableName string
		Limit                   int
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Limit < 1 || in.Limit > 100 {
		in.Limit = 100
	}
	page, next := pageAfter(slices.Sorted(maps.Keys(c.account.regions[c.region].tables.tables)), in.ExclusiveStartTableName, in.Limit)
	return compact(map[string]any{"TableNames": append([]string{}, page...), "LastEvaluatedTableName": next}), nil
}

// updateTable changes settings. Indexes of a table cannot be changed here.
func updateTable(c *call) (any, error) {
	var in struct {
		TableName, BillingMode, TableClass  string
		DeletionProtectionEnabled           *bool
		ProvisionedThroughput               json.RawMessage
		SSESpecification                    json.RawMessage
		GlobalSecondaryIndexUpdates         json.RawMessage
		StreamSpecification, ReplicaUpdates json.RawMessage
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.table(in.TableName)
	if err != nil {
		return nil, err
	}
	if in.GlobalSecondaryIndexUpdates != nil || in.StreamSpecification != nil || in.ReplicaUpdates != nil {
		return nil, invalidRequest("the lab cannot change indexes, streams and replicas")
	}
	setIfGiven(&t.protected, in.DeletionProtectionEnabled)
	for to, given := range map[*string]string{&t.billing: in.BillingMode, &t.class: in.TableClass} {
		if given != "" {
			*to = given
		}
	}
	for to, given := range map[*json.RawMessage]json.RawMessage{&t.throughput: in.ProvisionedThroughput, &t.encryption: in.SSESpecification} {
		if given != nil {
			*to = given
		}
	}
	return c.answered(map[string]any{"TableDescription": t.show("ACTIVE")}), nil
}

// deleteTable deletes at once; on AWS the table is DELETING for a while.
func deleteTable(c *call) (any, error) {
	t, err := c.namedTable()
	if err != nil {
		return nil, err
	}
	if t.protected {
		return nil, invalidRequest("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	delete(c.account.regions[c.region].tables.tables, t.name)
	return c.answered(map[string]any{"TableDescription": t.show("DELETING")}), nil
}
