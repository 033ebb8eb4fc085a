package awscloud

import (
	"context"
	"errors"
	"net/url"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
)

// maxText bounds the whole text of an error, in characters: AWS's messages quote what an attacker chose.
const maxText = 300

// errNoAnswer stands for one attempt's time-out. It replaces the HTTP client's error, which claims to be
// context.DeadlineExceeded although the caller's deadline is not yet reached.
var errNoAnswer = errors.New("no answer in time")

// failure turns an SDK error into the guard's. If the caller's context has ended, errors.Is still finds its error.
func failure(ctx context.Context, op string, err error) *guard.APIError {
	if err == nil {
		return nil
	}
	f := &guard.APIError{Op: op, Err: err}
	var api smithy.APIError
	var credentials *credentialsError
	switch {
	case ctx.Err() != nil:
		f.Class, f.Message, f.Err = guard.ClassRetry, "given up: "+ctx.Err().Error(), ctx.Err()
	case errors.As(err, &credentials):
		f.Class, f.Message = withoutCredentials(credentials)
	case errors.As(err, &api):
		f.Code, f.Message = api.ErrorCode(), api.ErrorMessage()
		f.Class = classOf(f.Code, statusOf(err))
	default:
		f.Class, f.Message = unanswered(err)
	}
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		f.Err = errNoAnswer
	}
	f.Code = plain.Text(f.Code, 100)
	f.Message = plain.Text(f.Message, maxText-len(f.Op)-len(f.Code)-len(": : "))
	return f
}

// withoutCredentials judges a call for which there were no credentials. Trying again helps only where STS, asked to
// assume a role, was throttled or out of reach; all else is for people to mend.
func withoutCredentials(err *credentialsError) (guard.Class, string) {
	class, why := guard.ClassDenied, innermost(err.err)
	var api smithy.APIError
	var op *smithy.OperationError
	switch {
	case errors.As(err, &api):
		why = api.ErrorCode() + ": " + api.ErrorMessage()
		if classOf(api.ErrorCode(), statusOf(err)) == guard.ClassRetry {
			class = guard.ClassRetry
		}
	case errors.As(err, &op) && op.Service() == sts.ServiceID:
		if lost, _ := unanswered(err.err); lost == guard.ClassRetry {
			class = guard.ClassRetry
		}
	}
	return class, "no usable AWS credentials: use --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in (" +
		plain.Text(why, 120) + ")"
}

// unanswered judges a call to which AWS gave no error answer: lost, cut short, not understood, or never sent.
func unanswered(err error) (guard.Class, string) {
	var (
		sending  *url.Error
		answer   *smithyhttp.ResponseError
		decoding *smithy.DeserializationError
		sent     *smithyhttp.RequestSendError
	)
	switch {
	case errors.As(err, &sending) && sending.Timeout():
		return guard.ClassRetry, "no answer in time from " + hostOf(sending.URL)
	case errors.As(err, &sending):
		return guard.ClassRetry, "no answer from " + hostOf(sending.URL) + ": " + sending.Err.Error()
	case errors.As(err, &answer):
		return answerClass(answer.HTTPStatusCode()), "an answer that cannot be understood: " + innermost(err)
	case errors.As(err, &decoding), errors.As(err, &sent), errors.Is(err, context.DeadlineExceeded):
		return guard.ClassRetry, innermost(err)
	}
	return guard.ClassOther, innermost(err) // refused by the SDK before anything was sent
}

// answerClass judges an answer without an error code. A success that cannot be read is a lost answer.
func answerClass(status int) guard.Class {
	if status < 300 {
		return guard.ClassRetry
	}
	return classOf("", status)
}

// innermost is the text of the error without the SDK's nested prefixes "operation error …".
func innermost(err error) string {
	var op *smithy.OperationError
	if errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}

// statusOf is the HTTP status of the answer, 0 if there was none.
func statusOf(err error) int {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// requestIDOf is the id AWS gave to a failed call, empty if it did not answer.
func requestIDOf(err error) string {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		return answer.ServiceRequestID()
	}
	return ""
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "AWS"
}
