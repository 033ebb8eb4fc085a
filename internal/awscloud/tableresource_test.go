package awscloud

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestTableWithstandsTampering(t *testing.T) {
	w := newWorld(t)
	c, name := w.cloud.tables("eu-west-1"), aws.String("incidents")
	must[dynamodb.CreateTableOutput](t)(c.CreateTable(w.context, &dynamodb.CreateTableInput{
		TableName: name, BillingMode: "PAY_PER_REQUEST", DeletionProtectionEnabled: aws.Bool(true),
		AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
		KeySchema:            []ddbtypes.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: "HASH"}},
	}))
	protect := func(on bool) func(*testing.T) {
		return func(t *testing.T) {
			must[dynamodb.UpdateTableOutput](t)(c.UpdateTable(w.context, &dynamodb.UpdateTableInput{TableName: name, DeletionProtectionEnabled: &on}))
		}
	}
	recovery := func(on bool, days *int32) func(*testing.T) {
		return func(t *testing.T) {
			must[dynamodb.UpdateContinuousBackupsOutput](t)(c.UpdateContinuousBackups(w.context, &dynamodb.UpdateContinuousBackupsInput{
				TableName: name, PointInTimeRecoverySpecification: &ddbtypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: &on, RecoveryPeriodInDays: days},
			}))
		}
	}
	expire := func(attribute string, on bool) func(*testing.T) {
		return func(t *testing.T) {
			must[dynamodb.UpdateTimeToLiveOutput](t)(c.UpdateTimeToLive(w.context, &dynamodb.UpdateTimeToLiveInput{
				TableName: name, TimeToLiveSpecification: &ddbtypes.TimeToLiveSpecification{AttributeName: &attribute, Enabled: &on},
			}))
		}
	}
	r := trail.Resource{Type: trail.Table, ARN: "arn:aws:dynamodb:eu-west-1:111122223333:table/incidents", Region: "eu-west-1", Account: lab.DefaultAccount}
	w.withstands(t, r, []tampering{{"items expire", "timeToLive", expire("id", true), []trail.Op{trail.OpUpdateTimeToLive}}})
	recovery(true, nil)(t)
	expire("until", true)(t)
	tamperings := []tampering{
		{"unprotected", "deletionProtection", protect(false), []trail.Op{trail.OpUpdateTable}},
		{"no backups", "pointInTimeRecovery", recovery(false, nil), []trail.Op{trail.OpUpdateContinuousBackups}},
		{"backups of a day", "pointInTimeRecovery", recovery(true, aws.Int32(1)), []trail.Op{trail.OpUpdateContinuousBackups}},
		{"kept for ever", "timeToLive", expire("until", false), []trail.Op{trail.OpUpdateTimeToLive}},
		{"expires elsewhere", "timeToLive", func(t *testing.T) {
			expire("until", false)(t)
			expire("id", true)(t)
		}, []trail.Op{trail.OpUpdateTimeToLive, trail.OpUpdateTimeToLive}},
	}
	w.withstands(t, r, tamperings)
	w.neverMistakes(t, r, "dynamodb", "DescribeTable", "DescribeContinuousBackups", "DescribeTimeToLive")
	baseline := w.captured(t, r)
	protect(false)(t)
	must[dynamodb.DeleteTableOutput](t)(c.DeleteTable(w.context, &dynamodb.DeleteTableInput{TableName: name}))
	g, state, fields := w.drifts(t, baseline)
	if len(fields) != 1 || fields[0] != "table.identity" || len(trail.Plan(trail.Baseline{}, g, state)) > 0 {
		t.Errorf("a table that is gone drifts in %v", fields)
	}
	covers(t, trail.Table, tamperings, []tampering{{setting: trail.Identity}})
}
