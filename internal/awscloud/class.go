package awscloud

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/trailhold/trailhold/internal/guard"
)

// classes sorts AWS's error codes by what can be done about them. Throttling codes are the SDK's own list; see
// classOf. Sources: the Errors sections of the API references of the services, and the SDK's types for them.
var classes = map[string]guard.Class{
	// Somebody else is changing the same thing, or the service is unwell.
	"ConflictException":               guard.ClassRetry,
	"ConcurrentModificationException": guard.ClassRetry,
	"OperationAborted":                guard.ClassRetry,
	"InternalError":                   guard.ClassRetry,
	"InternalFailure":                 guard.ClassRetry,
	"InternalServerError":             guard.ClassRetry,
	"InternalServerException":         guard.ClassRetry,
	"ServiceUnavailable":              guard.ClassRetry,
	"KMSThrottling":                   guard.ClassRetry, // SNS
	"KMSThrottlingException":          guard.ClassRetry, // SNS, SQS
	"RequestExpired":                  guard.ClassRetry, // the clock is wrong; the SDK learns the right time from the answer
	"RequestTimeTooSkewed":            guard.ClassRetry,
	"ConcurrentAccess":                guard.ClassRetry, // SNS
	"Throttled":                       guard.ClassRetry, // SNS
	"KMSInternalException":            guard.ClassRetry,
	"DependencyTimeoutException":      guard.ClassRetry, // KMS
	"KeyUnavailableException":         guard.ClassRetry, // KMS
	"ConcurrentModification":          guard.ClassRetry, // IAM
	"EntityTemporarilyUnmodifiable":   guard.ClassRetry, // IAM
	"ServiceFailure":                  guard.ClassRetry, // IAM
	"OperationAbortedException":       guard.ClassRetry, // CloudWatch Logs
	"ServiceUnavailableException":     guard.ClassRetry, // CloudWatch Logs
	"InternalServiceFault":            guard.ClassRetry, // CloudWatch
	"ResourceConflict":                guard.ClassRetry, // CloudWatch

	// What delivery depends on must be put right first.
	"S3BucketDoesNotExistException":              guard.ClassDependency,
	"InsufficientS3BucketPolicyException":        guard.ClassDependency,
	"InsufficientSnsTopicPolicyException":        guard.ClassDependency,
	"InsufficientEncryptionPolicyException":      guard.ClassDependency,
	"KmsKeyNotFoundException":                    guard.ClassDependency,
	"KmsKeyDisabledException":                    guard.ClassDependency,
	"KmsException":                               guard.ClassDependency,
	"InvalidCloudWatchLogsLogGroupArnException":  guard.ClassDependency,
	"InvalidCloudWatchLogsRoleArnException":      guard.ClassDependency,
	"CloudWatchLogsDeliveryUnavailableException": guard.ClassDependency,
	"InvalidBucketState":                         guard.ClassDependency, // S3: versioning first
	"InvalidBucketAclWithObjectOwnership":        guard.ClassDependency, // S3: the ACL first
	"KMSInvalidStateException":                   guard.ClassDependency, // KMS: the key's state first
	"DisabledException":                          guard.ClassDependency, // KMS
	"KMSDisabled":                                guard.ClassDependency, // SNS
	"KMSInvalidState":                            guard.ClassDependency, // SNS
	"KMSNotFound":                                guard.ClassDependency, // SNS

	// This identity, or this account within its organization, may not.
	"AccessDenied":                                           guard.ClassDenied,
	"AccessDeniedException":                                  guard.ClassDenied,
	"AuthorizationError":                                     guard.ClassDenied, // SNS
	"AuthorizationErrorException":                            guard.ClassDenied, // SNS
	"UnauthorizedOperation":                                  guard.ClassDenied,
	"Forbidden":                                              guard.ClassDenied, // S3, where an answer has no body
	"KmsAccessDeniedException":                               guard.ClassDenied, // CloudWatch
	"UnmodifiableEntity":                                     guard.ClassDenied, // IAM: only the service of a service's role may
	"KMSOptInRequired":                                       guard.ClassDenied, // SNS
	"OptInRequired":                                          guard.ClassDenied,
	"UnrecognizedClientException":                            guard.ClassDenied, // also what a region that is not enabled answers
	"InvalidClientTokenId":                                   guard.ClassDenied,
	"InvalidAccessKeyId":                                     guard.ClassDenied, // S3
	"CloudTrailInvalidClientTokenIdException":                guard.ClassDenied,
	"ExpiredToken":                                           guard.ClassDenied,
	"ExpiredTokenException":                                  guard.ClassDenied,
	"MissingAuthenticationToken":                             guard.ClassDenied,
	"SignatureDoesNotMatch":                                  guard.ClassDenied,
	"InvalidSignatureException":                              guard.ClassDenied,
	"KMSAccessDenied":                                        guard.ClassDenied, // SNS
	"KMSAccessDeniedException":                               guard.ClassDenied, // SNS, SQS
	"NotOrganizationMasterAccountException":                  guard.ClassDenied,
	"NotOrganizationManagementAccountException":              guard.ClassDenied,
	"CloudTrailAccessNotEnabledException":                    guard.ClassDenied,
	"OrganizationsNotInUseException":                         guard.ClassDenied,
	"OrganizationNotInAllFeaturesModeException":              guard.ClassDenied,
	"OperationNotPermittedException":                         guard.ClassDenied,
	"InsufficientDependencyServiceAccessPermissionException": guard.ClassDenied,
	"InsufficientIAMAccessPermissionException":               guard.ClassDenied,
	"NoManagementAccountSLRExistsException":                  guard.ClassDenied,

	// It positively does not exist.
	"TrailNotFoundException":                  guard.ClassNotFound,
	"ResourceNotFoundException":               guard.ClassNotFound, // tags of a trail; regions of an account
	"NoSuchBucket":                            guard.ClassNotFound,
	"NoSuchKey":                               guard.ClassNotFound,
	"NotFound":                                guard.ClassNotFound, // SNS
	"NotFoundException":                       guard.ClassNotFound, // SNS
	"ResourceNotFound":                        guard.ClassNotFound, // CloudWatch, SNS
	"NoSuchEntity":                            guard.ClassNotFound, // IAM
	"QueueDoesNotExist":                       guard.ClassNotFound,
	"ParameterNotFound":                       guard.ClassNotFound, // Systems Manager
	"AWS.SimpleQueueService.NonExistentQueue": guard.ClassNotFound,

	// The name is taken.
	"TrailAlreadyExistsException":    guard.ClassExists,
	"BucketAlreadyExists":            guard.ClassExists,
	"BucketAlreadyOwnedByYou":        guard.ClassExists,
	"EntityAlreadyExists":            guard.ClassExists, // IAM
	"ResourceAlreadyExistsException": guard.ClassExists, // CloudWatch Logs
	"AlreadyExistsException":         guard.ClassExists, // KMS

	// A limit is reached.
	"MaximumNumberOfTrailsExceededException":   guard.ClassQuota,
	"TagsLimitExceededException":               guard.ClassQuota,
	"ServiceQuotaExceededException":            guard.ClassQuota,
	"TooManyBuckets":                           guard.ClassQuota,
	"TopicLimitExceeded":                       guard.ClassQuota, // SNS
	"SubscriptionLimitExceeded":                guard.ClassQuota, // SNS
	"FilterPolicyLimitExceeded":                guard.ClassQuota, // SNS
	"LimitExceeded":                            guard.ClassQuota, // IAM
	"LimitExceededFault":                       guard.ClassQuota, // CloudWatch
	"ItemCollectionSizeLimitExceededException": guard.ClassQuota, // DynamoDB

	// What the guard itself runs on: EventBridge, Lambda, SQS, DynamoDB, Organizations, CloudTrail Lake.
	"ResourceConflictException":                   guard.ClassRetry,      // Lambda: a change is under way
	"PreconditionFailedException":                 guard.ClassRetry,      // Lambda
	"ServiceException":                            guard.ClassRetry,      // Lambda, Organizations
	"InternalException":                           guard.ClassRetry,      // EventBridge
	"ResourceInUseException":                      guard.ClassRetry,      // DynamoDB: a change is under way
	"ContinuousBackupsUnavailableException":       guard.ClassRetry,      // DynamoDB
	"QueueDeletedRecently":                        guard.ClassRetry,      // SQS: for a minute
	"AWS.SimpleQueueService.QueueDeletedRecently": guard.ClassRetry,      // SQS
	"KMSDisabledException":                        guard.ClassDependency, // Lambda
	"KMSNotFoundException":                        guard.ClassDependency, // Lambda
	"InactiveEventDataStoreException":             guard.ClassDependency, // Lake: restore it first
	"InvalidEventDataStoreStatusException":        guard.ClassDependency, // Lake
	"AWSOrganizationsNotInUseException":           guard.ClassDenied,
	"EventDataStoreTerminationProtectedException": guard.ClassDenied,
	"ManagedRuleException":                        guard.ClassDenied, // EventBridge: only the service of a service's rule may
	"EventDataStoreNotFoundException":             guard.ClassNotFound,
	"ChannelNotFoundException":                    guard.ClassNotFound,
	"TableNotFoundException":                      guard.ClassNotFound, // DynamoDB
	"AccountNotFoundException":                    guard.ClassNotFound, // Organizations
	"AccountAlreadyRegisteredException":           guard.ClassExists,   // Organizations
	"QueueNameExists":                             guard.ClassExists,   // SQS
	"QueueAlreadyExists":                          guard.ClassExists,   // SQS
	"PolicyLengthExceededException":               guard.ClassQuota,    // EventBridge, Lambda
}

// classOf sorts an error answer by its code, or by its HTTP status where the code is new to us.
func classOf(code string, status int) guard.Class {
	if class, ok := classes[code]; ok {
		return class
	}
	if _, ok := retry.DefaultThrottleErrorCodes[code]; ok {
		return guard.ClassRetry
	}
	if _, ok := retry.DefaultRetryableErrorCodes[code]; ok {
		return guard.ClassRetry
	}
	switch {
	case status == http.StatusTooManyRequests, status >= 500 && status != http.StatusNotImplemented:
		return guard.ClassRetry
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return guard.ClassDenied
	}
	return guard.ClassOther
}
