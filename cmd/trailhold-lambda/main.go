// Command trailhold-lambda is the guard as an AWS Lambda function (runtime provided.al2023).
//
// Environment:
//
//	TRAILHOLD_BASELINE   the baseline: a file in the package, or s3://bucket/key, either with #sha256=… to pin its content
//	TRAILHOLD_MEMBERS    the list of member accounts to guard beside the function's own: a file, s3://bucket/key, or a key beside
//	                     the baseline, each with #sha256=…; without it there are none
//	TRAILHOLD_TOPIC_ARN  the SNS topic to alert; without it alerts only go to the log
//	TRAILHOLD_ALERTS     further alert channels: the text of an alerts file, s3://bucket/key or ssm:NAME (docs/alerts.md)
//	TRAILHOLD_TABLE      the DynamoDB table that keeps incidents, in the function's region; without it they are in memory
//	TRAILHOLD_KEEP_DAYS  for how many days the table keeps an incident after it ended; default 400
//	TRAILHOLD_DRY_RUN    "true": plan and tell, change nothing
//	TRAILHOLD_LOG_LEVEL  debug, info, warn or error; default info
//
// Invocations: events of an EventBridge rule, straight or through SQS; a scheduled event or {"action":"sweep"} for a sweep;
// {"action":"verify"}, once a day, to prove by the digests that the last day's logs are whole. The latter also needs
// s3:ListBucket, s3:GetBucketLocation and s3:GetObject on the trails' buckets, cloudtrail:ListPublicKeys, kms:Decrypt if the logs are encrypted
// with a key, and more time: a timeout of minutes instead of seconds. A trail that does not get done in it is told,
// and is no error: Lambda need not try again.
//
// {"action":"canary"}, from time to time, tags a trail and takes the tag away again; that the event of that came, a later
// invocation notes in the table, and a sweep tells people if it did not come within ten minutes. It needs TRAILHOLD_TABLE,
// cloudtrail:AddTags and RemoveTags.
//
// After each complete sweep, and whenever something was found or failed, it writes a line in CloudWatch's embedded metric format:
// metrics in the namespace Trailhold with the dimension Account. Alarm on a Heartbeat that is missing: docs/operating.md says how,
// and lists the others.
//
// The table (docs/dynamodb-table.json defines it; expires is its attribute for time to live) needs dynamodb:UpdateItem
// and GetItem on it, and dynamodb:Query on its indexes. A table that is slow or down holds no restoration up. Without a table an
// instance does not know what another one told, so that with several at once an incident can be told more than once.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/trailhold/trailhold/internal/function"
)

func main() {
	handler, err := function.FromEnvironment(context.Background(), os.Getenv, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "trailhold-lambda:", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}
