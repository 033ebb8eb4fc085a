package sigma

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// randomRecords makes a log file's worth of records as CloudTrail writes them: mostly roles that read, now and then
// somebody who changes something.
func randomRecords(seed uint64, count int) [][]byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var records [][]byte
	for i := range count {
		records = append(records, []byte(randomRecord(r, i)))
	}
	return records
}

var usualCalls = []string{
	"sts AssumeRole", "s3 GetObject", "s3 PutObject", "s3 ListObjects", "kms Decrypt", "kms GenerateDataKey", "ec2 DescribeInstances",
	"ec2 DescribeVolumes", "logs CreateLogStream", "ssm UpdateInstanceInformation", "sts GetCallerIdentity", "dynamodb DescribeTable",
	"elasticloadbalancing DescribeTargetHealth", "autoscaling DescribeAutoScalingGroups", "monitoring DescribeAlarms",
	"cloudtrail DescribeTrails", "ecr BatchGetImage", "lambda GetFunction20150331v2", "secretsmanager GetSecretValue", "iam GetRole",
}

var rareCalls = []string{
	"cloudtrail StopLogging", "cloudtrail DeleteTrail", "cloudtrail UpdateTrail", "cloudtrail PutEventSelectors", "s3 PutBucketPolicy",
	"s3 DeleteBucket", "iam CreateAccessKey", "iam AttachUserPolicy", "guardduty DeleteDetector", "config StopConfigurationRecorder",
	"signin ConsoleLogin", "ec2 DeleteFlowLogs", "kms DisableKey", "ec2 AuthorizeSecurityGroupIngress",
}

func randomRecord(r *rand.Rand, i int) string {
	call := usualCalls[r.IntN(len(usualCalls))]
	if r.IntN(500) == 0 {
		call = rareCalls[r.IntN(len(rareCalls))]
	}
	service, name, _ := strings.Cut(call, " ")
	hex := fmt.Sprintf("%08x-%04x-4%03x-9%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Uint64N(1<<48))
	role := fmt.Sprintf("service-role-%d", r.IntN(40))
	session := fmt.Sprintf("i-%017x", r.Uint64())
	identity := fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE%02d:%s","arn":"arn:aws:sts::111122223333:assumed-role/%s/%s",`+
		`"accountId":"111122223333","accessKeyId":"ASIAEXAMPLE%09d","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE%02d",`+
		`"arn":"arn:aws:iam::111122223333:role/%s","accountId":"111122223333","userName":"%s"},"webIdFederationData":{},`+
		`"attributes":{"creationDate":"2026-03-01T10:%02d:00Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}}`,
		r.IntN(40), session, role, session, r.IntN(1e9), r.IntN(40), role, role, r.IntN(60))
	switch r.IntN(6) {
	case 0:
		identity = fmt.Sprintf(`{"type":"AWSService","invokedBy":"%s.amazonaws.com"}`, service)
	case 1:
		identity = `{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"alice"}`
	}
	outcome := ""
	if r.IntN(20) == 0 {
		outcome = `"errorCode":"AccessDenied","errorMessage":"User is not authorized to perform: ` + service + `:` + name + `",`
	}
	parameters := fmt.Sprintf(`{"bucketName":"logs-%d","Host":"logs-%d.s3.eu-central-1.amazonaws.com","key":"AWSLogs/%d/file-%x.json.gz"}`, i, i, i, r.Uint64())
	if r.IntN(3) == 0 {
		parameters = fmt.Sprintf(`{"roleArn":"arn:aws:iam::111122223333:role/%s","roleSessionName":"%s","durationSeconds":3600,"policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\"}]}"}`, role, session)
	}
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":%s,"eventTime":"2026-03-01T%02d:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s",`+
		`"awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.%d","userAgent":"aws-sdk-java/2.20.1 Linux/5.10.1 OpenJDK_64-Bit_Server_VM/17.0.2 Java/17.0.2 vendor/Amazon.com_Inc. cfg/retry-mode/standard",%s`+
		`"requestParameters":%s,"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":%d,"AuthenticationMethod":"AuthHeader"},`+
		`"requestID":"%s","eventID":"%s","readOnly":%v,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::logs-%d/x"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs-%d"}],`+
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s.eu-central-1.amazonaws.com"}}`,
		identity, r.IntN(24), r.IntN(60), r.IntN(60), service, name, r.IntN(256), outcome, parameters, r.IntN(1e6), hex, hex, r.IntN(2) == 0, i, i, service)
}

func TestRandomRecordsAreJSON(t *testing.T) {
	for _, record := range randomRecords(1, 200) {
		if !json.Valid(record) {
			t.Fatalf("%s", record)
		}
	}
}
