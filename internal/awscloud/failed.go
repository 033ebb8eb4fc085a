package awscloud

import (
	"context"
	"errors"
	"net/http"

	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/guard"
)

// answers are codes by which AWS says something that was asked for, beside those that say that something does not exist.
var answers = map[string]bool{
	"InsightNotEnabledException":      true, // CloudTrail
	"UnsupportedOperationException":   true, // KMS: a key that cannot be rotated
	"ConditionalCheckFailedException": true, // DynamoDB: another guard was faster
}

// watchFailures has failed told of each call that failed for good: after the SDK's own retries, and once for each call.
func watchFailures(failed func(operation string, class guard.Class)) func(*smithy.Stack) error {
	watcher := smithy.InitializeMiddlewareFunc("TrailholdFailures", func(ctx context.Context, in smithy.InitializeInput, next smithy.InitializeHandler) (smithy.InitializeOutput, smithy.Metadata, error) {
		out, metadata, err := next.HandleInitialize(ctx, in)
		if class, ok := countedAs(ctx, err); ok {
			failed(smithy.GetServiceID(ctx)+" "+smithy.GetOperationName(ctx), class)
		}
		return out, metadata, err
	})
	return func(stack *smithy.Stack) error { return stack.Initialize.Add(watcher, smithy.Before) }
}

// countedAs is the class that a failure is counted under; ok is false where there is none. What the guard asked for and AWS says
// is not there is not-found, whatever its code: a bucket without a lifecycle is no trouble. A call that somebody broke off
// says nothing about AWS.
func countedAs(ctx context.Context, err error) (class guard.Class, ok bool) {
	if err == nil || errors.Is(ctx.Err(), context.Canceled) {
		return "", false
	}
	f := failure(ctx, "", err)
	if statusOf(err) == http.StatusNotFound {
		f.Class = guard.ClassNotFound
	}
	return f.Class, !answers[f.Code]
}
