package record

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"testing"
)

// stopLogging is a record in the shape that CloudTrail gives to a stopped trail.
const stopLogging = `{
  "eventVersion": "1.11",
  "userIdentity": {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLEROLE00001:mallory",
    "arn": "arn:aws:sts::111122223333:assumed-role/Intruder/mallory",
    "accountId": "111122223333",
    "accessKeyId": "ASIAEXAMPLEKEY000001",
    "sessionContext": {
      "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/Intruder", "userName": "Intruder"},
      "attributes": {"creationDate": "2026-01-02T03:00:00Z", "mfaAuthenticated": "true"}
    }
  },
  "eventTime": "2026-01-02T03:04:05Z",
  "eventSource": "cloudtrail.amazonaws.com",
  "eventName": "StopLogging",
  "awsRegion": "eu-central-1",
  "sourceIPAddress": "198.51.100.7",
  "userAgent": "aws-cli/2.31.0",
  "requestParameters": {"name": "audit"},
  "responseElements": null,
  "requestID": "0c4b1f4e-0000-4000-8000-000000000001",
  "eventID": "9a1d5f4e-0000-4000-8000-000000000001",
  "readOnly": false,
  "eventType": "AwsApiCall",
  "managementEvent": true,
  "recipientAccountId": "111122223333",
  "eventCategory": "Management",
  "somethingNew": {"deep": [1, 2, {"x": null}]}
}`

// small is the least that is a record.
const small = `{"eventName":"Invoke","eventSource":"lambda.amazonaws.com","eventTime":"2026-01-02T03:04:05.678Z"}`

const insight = `{"eventVersion":"1.08","eventTime":"2026-01-02T03:04:05Z","awsRegion":"eu-central-1","eventID":"i-1",
  "eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333","sharedEventID":"s-1",
  "insightDetails":{"state":"Start","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging",
  "insightType":"ApiCallRateInsight"}}`

func eventBridge(detailType, detail string) string {
	return `{"version":"0","id":"e-1","detail-type":` + jsonString(detailType) + `,"source":"aws.cloudtrail","account":"111122223333",` +
		`"time":"2026-01-02T03:04:05Z","region":"eu-central-1","resources":["arn:aws:x"],"detail":` + detail + `}`
}

func apiCall(detail string) string { return eventBridge("AWS API Call via CloudTrail", detail) }

func sqs(body string) string {
	return `{"MessageId":"m-1","ReceiptHandle":"r","Body":` + jsonString(body) + `}`
}

func lambdaSQS(bodies ...string) string {
	return list("Records", bodies, func(body string) string {
		return `{"messageId":"m","receiptHandle":"r","body":` + jsonString(body) + `,"attributes":{},"eventSource":"aws:sqs","awsRegion":"eu-central-1"}`
	})
}

func sns(message string) string {
	return `{"Type":"Notification","MessageId":"n-1","TopicArn":"arn:aws:sns:eu-central-1:111122223333:t","Message":` + jsonString(message) + `}`
}

func lambdaSNS(messages ...string) string {
	return list("Records", messages, func(message string) string {
		return `{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"a","Sns":` + sns(message) + `}`
	})
}

func logFile(records ...string) string {
	return list("Records", records, func(r string) string { return r })
}

func lookup(records ...string) string {
	return list("Events", records, func(r string) string { return `{"EventId":"e","CloudTrailEvent":` + jsonString(r) + `}` })
}

func list(name string, items []string, wrap func(string) string) string {
	var b bytes.Buffer
	b.WriteString(`{"` + name + `":[`)
	for n, item := range items {
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString(wrap(item))
	}
	b.WriteString("]}")
	return b.String()
}

func jsonString(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func zipped(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
