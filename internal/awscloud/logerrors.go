package awscloud

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/plain"
)

// fetchError sorts an error of S3's for whoever verifies: only S3's positive answer is not-found. It wraps a
// *guard.APIError; if the caller's context has ended, errors.Is still finds its error.
func fetchError(ctx context.Context, object, op string, err error) *digest.FetchError {
	f := failure(ctx, op, err)
	kind := fetchKind(f, codeOf(err), err)
	if expiredCodes[codeOf(err)] {
		f.Message = plain.Text("the credentials are no longer valid, sign in again: "+f.Message, maxText)
	}
	return &digest.FetchError{Kind: kind, Object: object, Err: f}
}

func fetchKind(f *guard.APIError, code string, err error) digest.FetchKind {
	var credentials *credentialsError
	switch {
	case errors.As(err, &credentials), expiredCodes[code]:
		return digest.Denied
	case code == "NoSuchKey", code == "NoSuchVersion", code == "NoSuchBucket":
		return digest.NotFound
	case code == "InvalidObjectState":
		return digest.Archived
	case strings.HasPrefix(code, "KMS."), code == "AccessDenied" && strings.Contains(f.Message, "kms:"):
		return digest.KMS
	case f.Class == guard.ClassDenied:
		return digest.Denied
	case f.Class == guard.ClassRetry:
		return digest.Throttled
	}
	return digest.Other
}

// expiredCodes are what S3 answers to credentials that are no longer, or not yet, good:
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var expiredCodes = map[string]bool{
	"ExpiredToken": true, "ExpiredTokenException": true, "InvalidToken": true, "TokenRefreshRequired": true,
	"InvalidAccessKeyId": true, "RequestTimeTooSkewed": true,
}

// codeOf is AWS's code of an error, empty if it gave none.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
