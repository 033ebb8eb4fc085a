// Command trailhold-lambda is the guard as an AWS Lambda function (runtime provided.al2023).
//
// Environment:
//
//	TRAILHOLD_BASELINE   the baseline: a file in the package, or s3://bucket/key, either with #sha256=… to pin its content
//	TRAILHOLD_TOPIC_ARN  the SNS topic to alert; without it alerts only go to the log
//	TRAILHOLD_DRY_RUN    "true": plan and tell, change nothing
//	TRAILHOLD_LOG_LEVEL  debug, info, warn or error; default info
//
// The journal lives in this instance's memory. Another instance does not know what was told, so that with several at
// once an incident can be told more than once.
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
