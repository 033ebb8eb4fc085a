package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
)

// maxAttempts is how often a call is made that AWS throttles.
const maxAttempts = 5

// send makes a call, and again where AWS says that it was too much. It returns the answer's body.
func (r *reader) send(ctx context.Context, c awscloud.SignedCall) ([]byte, error) {
	backoff := retry.NewExponentialJitterBackoff(5 * time.Second)
	for attempt := 0; ; attempt++ {
		answer, err := r.cloud.Send(ctx, c)
		if err == nil || guard.ClassOf(err) != guard.ClassRetry || attempt == maxAttempts-1 {
			return answer, err
		}
		pause, _ := backoff.BackoffDelay(attempt, err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, awscloud.Failure(ctx, c.Op, ctx.Err())
		}
	}
}

// ask makes a call and decodes the JSON of its answer.
func ask[T any](ctx context.Context, r *reader, c awscloud.SignedCall) (value T, err error) {
	body, err := r.send(ctx, c)
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(body, &value); err != nil {
		return value, fmt.Errorf("%s: the answer cannot be understood", c.Op)
	}
	return value, nil
}
