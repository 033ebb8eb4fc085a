package cloudformation

import (
	"errors"
	"strings"
)

// tableSettings are the properties of a table that CreateTable takes as they are.
const tableSettings = "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes KeySchema LocalSecondaryIndexes ProvisionedThroughput StreamSpecification TableClass"

var tableKind = kind{
	properties: tableSettings + " PointInTimeRecoverySpecification SSESpecification TableName Tags TimeToLiveSpecification",
	required:   "AttributeDefinitions KeySchema", fixed: "KeySchema LocalSecondaryIndexes TableName", name: "TableName",
	numbers: "ReadCapacityUnits RecoveryPeriodInDays WriteCapacityUnits", booleans: "DeletionProtectionEnabled Enabled PointInTimeRecoveryEnabled SSEEnabled",
	create: createTable, update: updateTable, remove: removeTable, adopt: adoptTable, drifted: driftedTable,
}

func createTable(j *job) error {
	in := j.pick(strings.Fields(tableSettings)...)
	in["TableName"] = j.named("TableName", 255)
	if tags, ok := j.p["Tags"]; ok {
		in["Tags"] = tags
	}
	if sse := j.encryption(); sse != nil {
		in["SSESpecification"] = sse
	}
	answer, err := j.aws.json("dynamodb", "CreateTable", in)
	if err != nil {
		return err
	}
	j.id = asText(in["TableName"])
	description, _ := answer["TableDescription"].(object)
	j.attributes = map[string]string{"Arn": asText(description["TableArn"])}
	return j.tableExtras()
}

// encryption is the API's form of the property, whose truth value has another name.
func (j *job) encryption() object {
	sse, _ := j.p["SSESpecification"].(object)
	if sse == nil {
		return nil
	}
	in := object{"Enabled": sse["SSEEnabled"]}
	for _, name := range []string{"KMSMasterKeyId", "SSEType"} {
		if sse[name] != nil {
			in[name] = sse[name]
		}
	}
	return in
}

// tableExtras sets what has calls of its own.
func (j *job) tableExtras() error {
	if expiry := j.p["TimeToLiveSpecification"]; expiry != nil && j.changed("TimeToLiveSpecification") {
		if _, err := j.aws.json("dynamodb", "UpdateTimeToLive", object{"TableName": j.id, "TimeToLiveSpecification": expiry}); err != nil {
			return err
		}
	}
	if recovery := j.p["PointInTimeRecoverySpecification"]; recovery != nil && j.changed("PointInTimeRecoverySpecification") {
		in := object{"TableName": j.id, "PointInTimeRecoverySpecification": recovery}
		if _, err := j.aws.json("dynamodb", "UpdateContinuousBackups", in); err != nil {
			return err
		}
	}
	return nil
}

func updateTable(j *job) error {
	for _, name := range []string{"AttributeDefinitions", "GlobalSecondaryIndexes", "SSESpecification", "StreamSpecification", "Tags"} {
		if j.changed(name) {
			return errors.New("the lab does not change the property " + name + " of a table")
		}
	}
	in := object{"TableName": j.id}
	for _, name := range []string{"BillingMode", "DeletionProtectionEnabled", "ProvisionedThroughput", "TableClass"} {
		if j.changed(name) {
			in[name] = j.p[name]
		}
	}
	if len(in) > 1 {
		if _, err := j.aws.json("dynamodb", "UpdateTable", in); err != nil {
			return err
		}
	}
	return j.tableExtras()
}

func removeTable(j *job) error {
	_, err := j.aws.json("dynamodb", "DeleteTable", object{"TableName": j.id})
	return unlessGone(err)
}

func adoptTable(j *job) (bool, error) {
	answer, err := j.aws.json("dynamodb", "DescribeTable", object{"TableName": j.text("TableName")})
	if err != nil {
		return false, unlessGone(err)
	}
	description, _ := answer["Table"].(object)
	j.id, j.attributes = j.text("TableName"), map[string]string{"Arn": asText(description["TableArn"])}
	return true, nil
}
