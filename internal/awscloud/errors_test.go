package awscloud

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/trail"
)

func pemOf(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}

func TestClassOf(t *testing.T) {
	for _, test := range []struct {
		code   string
		status int
		want   guard.Class
	}{
		{"ThrottlingException", 400, guard.ClassRetry},
		{"Throttling", 400, guard.ClassRetry},
		{"TooManyRequestsException", 400, guard.ClassRetry},
		{"SlowDown", 503, guard.ClassRetry},
		{"ConflictException", 400, guard.ClassRetry},
		{"RequestTimeout", 400, guard.ClassRetry},
		{"InternalFailure", 500, guard.ClassRetry},
		{"NeverHeardOf", 429, guard.ClassRetry},
		{"NeverHeardOf", 502, guard.ClassRetry},
		{"NotImplemented", 501, guard.ClassOther},
		{"S3BucketDoesNotExistException", 400, guard.ClassDependency},
		{"InsufficientS3BucketPolicyException", 400, guard.ClassDependency},
		{"InsufficientSnsTopicPolicyException", 400, guard.ClassDependency},
		{"InsufficientEncryptionPolicyException", 400, guard.ClassDependency},
		{"KmsKeyNotFoundException", 400, guard.ClassDependency},
		{"KmsException", 400, guard.ClassDependency},
		{"InvalidCloudWatchLogsLogGroupArnException", 400, guard.ClassDependency},
		{"InvalidCloudWatchLogsRoleArnException", 400, guard.ClassDependency},
		{"AccessDeniedException", 400, guard.ClassDenied},
		{"UnrecognizedClientException", 400, guard.ClassDenied},
		{"NotOrganizationMasterAccountException", 400, guard.ClassDenied},
		{"CloudTrailAccessNotEnabledException", 400, guard.ClassDenied},
		{"InsufficientDependencyServiceAccessPermissionException", 400, guard.ClassDenied},
		{"NoManagementAccountSLRExistsException", 400, guard.ClassDenied},
		{"OperationNotPermittedException", 400, guard.ClassDenied},
		{"NeverHeardOf", 403, guard.ClassDenied},
		{"TrailNotFoundException", 400, guard.ClassNotFound},
		{"ResourceNotFoundException", 400, guard.ClassNotFound},
		{"NeverHeardOf", 404, guard.ClassOther}, // a proxy's, perhaps: no positive answer of AWS
		{"TrailAlreadyExistsException", 400, guard.ClassExists},
		{"KMSInternalException", 500, guard.ClassRetry},
		{"KMSInvalidStateException", 400, guard.ClassDependency},
		{"ConcurrentModification", 409, guard.ClassRetry},
		{"OperationAbortedException", 400, guard.ClassRetry},
		{"Throttled", 400, guard.ClassRetry},
		{"NoSuchEntity", 404, guard.ClassNotFound},
		{"ResourceNotFound", 404, guard.ClassNotFound},
		{"EntityAlreadyExists", 409, guard.ClassExists},
		{"ResourceAlreadyExistsException", 400, guard.ClassExists},
		{"LimitExceeded", 409, guard.ClassQuota},
		{"LimitExceededFault", 400, guard.ClassQuota},
		{"Forbidden", 403, guard.ClassDenied},
		{"ResourceConflictException", 409, guard.ClassRetry},
		{"LimitExceededException", 400, guard.ClassRetry}, // of EventBridge and DynamoDB, and throttling elsewhere
		{"QueueDeletedRecently", 400, guard.ClassRetry},
		{"InactiveEventDataStoreException", 400, guard.ClassDependency},
		{"AWSOrganizationsNotInUseException", 400, guard.ClassDenied},
		{"EventDataStoreNotFoundException", 400, guard.ClassNotFound},
		{"ChannelNotFoundException", 400, guard.ClassNotFound},
		{"TableNotFoundException", 400, guard.ClassNotFound},
		{"AccountAlreadyRegisteredException", 400, guard.ClassExists},
		{"PolicyLengthExceededException", 400, guard.ClassQuota},
		{"MaximumNumberOfTrailsExceededException", 400, guard.ClassQuota},
		{"TagsLimitExceededException", 400, guard.ClassQuota},
		{"InvalidHomeRegionException", 400, guard.ClassOther},
		{"InvalidParameterCombinationException", 400, guard.ClassOther},
		{"", 400, guard.ClassOther},
	} {
		if got := classOf(test.code, test.status); got != test.want {
			t.Errorf("%s (%d) is %q, want %q", test.code, test.status, got, test.want)
		}
	}
}

// Codes that the SDK models are spelled as the SDK spells them.
func TestClassesUseTheSDKsSpelling(t *testing.T) {
	for _, modelled := range []smithy.APIError{
		&types.ConflictException{}, &types.ConcurrentModificationException{}, &types.S3BucketDoesNotExistException{},
		&types.InsufficientS3BucketPolicyException{}, &types.InsufficientSnsTopicPolicyException{},
		&types.InsufficientEncryptionPolicyException{}, &types.KmsKeyNotFoundException{}, &types.KmsKeyDisabledException{},
		&types.KmsException{}, &types.InvalidCloudWatchLogsLogGroupArnException{}, &types.InvalidCloudWatchLogsRoleArnException{},
		&types.CloudWatchLogsDeliveryUnavailableException{}, &types.AccessDeniedException{},
		&types.CloudTrailInvalidClientTokenIdException{}, &types.NotOrganizationMasterAccountException{},
		&types.NotOrganizationManagementAccountException{}, &types.CloudTrailAccessNotEnabledException{},
		&types.OrganizationsNotInUseException{}, &types.OrganizationNotInAllFeaturesModeException{},
		&types.OperationNotPermittedException{}, &types.InsufficientDependencyServiceAccessPermissionException{},
		&types.InsufficientIAMAccessPermissionException{}, &types.NoManagementAccountSLRExistsException{},
		&types.TrailNotFoundException{}, &types.ResourceNotFoundException{}, &types.TrailAlreadyExistsException{},
		&types.MaximumNumberOfTrailsExceededException{}, &types.TagsLimitExceededException{}, &types.ServiceQuotaExceededException{},
	} {
		if _, ok := classes[modelled.ErrorCode()]; !ok {
			t.Errorf("%s is in no class", modelled.ErrorCode())
		}
	}
}

// start applies a StartLogging step to a wire.
func start(ctx context.Context, c *Cloud) (guard.Receipt, *guard.APIError) {
	receipt, err := c.Apply(ctx, trail.Step{ID: "start", Op: trail.OpStartLogging, Region: "us-east-1", ARN: guardedARN})
	var api *guard.APIError
	errors.As(err, &api)
	return receipt, api
}

const guardedARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"

func TestErrorAnswers(t *testing.T) {
	hostile := "User: x\\u001b[31m\\nis not \\u202eauthorized " + strings.Repeat("A", 4000)
	for name, test := range map[string]struct {
		answer func(*http.Request, string) (*http.Response, error)
		class  guard.Class
		code   string
	}{
		"denied": {func(*http.Request, string) (*http.Response, error) {
			return refusal(400, "AccessDeniedException", hostile)
		}, guard.ClassDenied, "AccessDeniedException"},
		"not JSON":      {func(*http.Request, string) (*http.Response, error) { return answer(500, "<html>") }, guard.ClassRetry, ""},
		"lost half way": {func(*http.Request, string) (*http.Response, error) { return answer(200, `{"a":`) }, guard.ClassRetry, ""},
		"proxy's 403":   {func(*http.Request, string) (*http.Response, error) { return answer(403, "<html>forbidden") }, guard.ClassDenied, ""},
		"broken line": {func(*http.Request, string) (*http.Response, error) {
			return nil, errors.New("connection reset by peer")
		}, guard.ClassRetry, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{answer: test.answer}
			receipt, err := start(t.Context(), connect(t, w))
			if err == nil || err.Class != test.class || (test.code != "" && err.Code != test.code) {
				t.Fatalf("got %#v, want class %s and code %q", err, test.class, test.code)
			}
			checkText(t, err.Error())
			if test.code != "" && receipt.RequestID != "request-1" {
				t.Errorf("the request id is %q", receipt.RequestID)
			}
			if made := len(w.requests()); made != 1 {
				t.Errorf("a write was tried %d times: retrying is the guard's business", made)
			}
		})
	}
}

func checkText(t *testing.T, text string) {
	t.Helper()
	if utf8.RuneCountInString(text) > maxText || !utf8.ValidString(text) {
		t.Errorf("%d characters, valid UTF-8: %v", utf8.RuneCountInString(text), utf8.ValidString(text))
	}
	for _, r := range text {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			t.Errorf("%q holds %U", text, r)
		}
	}
	if strings.Contains(text, "hush") {
		t.Errorf("%q holds the secret key", text)
	}
}

// silent never answers, as a black hole in the network.
func silent(r *http.Request, _ string) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestOwnTimeoutIsNotTheCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, &wire{answer: silent})
		began := time.Now()
		_, err := start(t.Context(), c)
		if err == nil || err.Class != guard.ClassRetry || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			t.Errorf("got %#v, want a retry that is not the caller's deadline", err)
		}
		if took := time.Since(began); took != controlTimeout {
			t.Errorf("given up after %v, want %v", took, controlTimeout)
		}
	})
}

func TestCallersEndStaysRecognisable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, &wire{answer: silent})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := start(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		if _, err := start(ctx, c); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the cancellation", err)
		}
	})
}
