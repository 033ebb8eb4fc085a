// Package hunttest makes logs as CloudTrail delivers them, to hunt in: mostly roles that read, now and then somebody who
// changes something, and an intruder who stops a trail.
package hunttest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Account is whose logs they are.
const Account = "111122223333"

// regions, the busiest first.
var regions = [...]string{"eu-west-1", "us-east-1", "eu-central-1"}

// first is when the logs begin.
var first = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// Made says what Generate has made.
type Made struct {
	Files, Records, Bytes int64 // Bytes are uncompressed
}

// perFile is how many records a log file has. CloudTrail delivers about every five minutes.
const perFile = 200

// Generate writes log files into a directory, in a bucket's layout, until there are so many bytes of content. The same
// seed makes the same files, whatever the machine.
func Generate(dir string, size int64, seed uint64) (Made, error) {
	var made Made
	var next, bytesMade atomic.Int64
	var group sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for bytesMade.Load() < size {
				n := next.Add(1) - 1
				written, err := writeFile(dir, seed, n)
				bytesMade.Add(written)
				mu.Lock()
				made.Files++
				made.Records += perFile
				made.Bytes += written
				if err != nil {
					failed = err
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return made, failed
}

// writeFile writes the nth file and returns how large its content is.
func writeFile(dir string, seed uint64, n int64) (int64, error) {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	region := regions[n%int64(len(regions))]
	at := first.Add(time.Duration(n/int64(len(regions))) * 5 * time.Minute)
	content := File(r, region, at, perFile)
	folder := filepath.Join(dir, "AWSLogs", Account, "CloudTrail", region, at.Format("2006"), at.Format("01"), at.Format("02"))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, err
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(content); err != nil {
		return 0, err
	}
	if err := z.Close(); err != nil {
		return 0, err
	}
	name := fmt.Sprintf("%s_CloudTrail_%s_%s_%016x.json.gz", Account, region, at.Format("20060102T1504Z"), r.Uint64())
	return int64(len(content)), os.WriteFile(filepath.Join(folder, name), out.Bytes(), 0o600)
}

// File makes a log file with so many records of five minutes.
func File(r *rand.Rand, region string, at time.Time, records int) []byte {
	var out bytes.Buffer
	out.WriteString(`{"Records":[`)
	for i := range records {
		if i > 0 {
			out.WriteByte(',')
		}
		writeRecord(&out, r, region, at.Add(time.Duration(i)*5*time.Minute/time.Duration(records)))
	}
	out.WriteString(`]}`)
	return out.Bytes()
}

var usual = [...]string{
	"sts AssumeRole", "sts AssumeRole", "s3 GetObject", "s3 PutObject", "s3 ListObjects", "kms Decrypt", "kms GenerateDataKey", "ec2 DescribeInstances",
	"ec2 DescribeVolumes", "logs CreateLogStream", "ssm UpdateInstanceInformation", "sts GetCallerIdentity", "dynamodb DescribeTable",
	"elasticloadbalancing DescribeTargetHealth", "autoscaling DescribeAutoScalingGroups", "monitoring DescribeAlarms",
	"cloudtrail DescribeTrails", "ecr BatchGetImage", "lambda GetFunction20150331v2", "secretsmanager GetSecretValue", "iam GetRole",
}

var rare = [...]string{
	"cloudtrail StopLogging", "cloudtrail StartLogging", "cloudtrail UpdateTrail", "cloudtrail PutEventSelectors", "s3 PutBucketPolicy",
	"s3 DeleteBucket", "iam CreateAccessKey", "iam AttachUserPolicy", "guardduty DeleteDetector", "config StopConfigurationRecorder",
	"signin ConsoleLogin", "ec2 DeleteFlowLogs", "kms DisableKey", "ec2 AuthorizeSecurityGroupIngress",
}

// oneIn is how many records there are for each rare one.
const oneIn = 2000

func writeRecord(out *bytes.Buffer, r *rand.Rand, region string, at time.Time) {
	call := usual[r.IntN(len(usual))]
	if r.IntN(oneIn) == 0 {
		call = rare[r.IntN(len(rare))]
	}
	service, name, _ := strings.Cut(call, " ")
	fmt.Fprintf(out, `{"eventVersion":"1.11","userIdentity":%s,"eventTime":"%s","eventSource":"%s.amazonaws.com","eventName":"%s",`+
		`"awsRegion":"%s","sourceIPAddress":"203.0.113.%d","userAgent":"aws-sdk-java/2.20.1 Linux/5.10.1 OpenJDK_64-Bit_Server_VM/17.0.2 Java/17.0.2 vendor/Amazon.com_Inc. cfg/retry-mode/standard",`,
		identity(r, service), at.Format(time.RFC3339), service, name, region, r.IntN(256))
	if r.IntN(20) == 0 {
		fmt.Fprintf(out, `"errorCode":"AccessDenied","errorMessage":"User is not authorized to perform: %s:%s",`, service, name)
	}
	request, response := parameters(r, service, name)
	fmt.Fprintf(out, `"requestParameters":%s,"responseElements":%s,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":%d,"AuthenticationMethod":"AuthHeader"},`+
		`"requestID":"%s","eventID":"%s","readOnly":%v,"resources":[{"accountId":"%s","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs-%d"}],`+
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s.%s.amazonaws.com"}}`,
		request, response, r.IntN(1e6), id(r), id(r), r.IntN(2) == 0, Account, r.IntN(100), Account, service, region)
}

func id(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-9%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Uint64N(1<<48))
}

func identity(r *rand.Rand, service string) string {
	switch r.IntN(6) {
	case 0:
		return fmt.Sprintf(`{"type":"AWSService","invokedBy":"%s.amazonaws.com"}`, service)
	case 1:
		return `{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::` + Account + `:user/alice","accountId":"` + Account + `","accessKeyId":"AKIAEXAMPLE","userName":"alice"}`
	}
	role, n := fmt.Sprintf("service-role-%d", r.IntN(40)), r.IntN(40)
	session := fmt.Sprintf("i-%017x", r.Uint64()>>4)
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE%02d:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s",`+
		`"accountId":"%s","accessKeyId":"ASIAEXAMPLE%09d","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE%02d",`+
		`"arn":"arn:aws:iam::%s:role/%s","accountId":"%s","userName":"%s"},"webIdFederationData":{},`+
		`"attributes":{"creationDate":"2026-03-01T10:%02d:00Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}}`,
		n, session, Account, role, session, Account, r.IntN(1e9), n, Account, role, Account, role, r.IntN(60))
}

func parameters(r *rand.Rand, service, name string) (request, response string) {
	switch {
	case name == "AssumeRole":
		role, n := fmt.Sprintf("service-role-%d", r.IntN(40)), r.IntN(1e9)
		return fmt.Sprintf(`{"roleArn":"arn:aws:iam::%s:role/%s","roleSessionName":"i-%017x","durationSeconds":3600}`, Account, role, r.Uint64()>>4),
			fmt.Sprintf(`{"credentials":{"accessKeyId":"ASIAEXAMPLE%09d","sessionToken":"%x%x%x%x%x%x%x%x","expiration":"Mar 1, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE:s","arn":"arn:aws:sts::%s:assumed-role/%s/s"}}`,
				n, r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(), Account, role)
	case service == "cloudtrail":
		return fmt.Sprintf(`{"name":"arn:aws:cloudtrail:eu-west-1:%s:trail/audit-%d"}`, Account, r.IntN(3)), "null"
	case r.IntN(3) == 0:
		return fmt.Sprintf(`{"policyArn":"arn:aws:iam::aws:policy/P%d","policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\"}]}"}`, r.IntN(99)), "null"
	}
	bucket := r.IntN(100)
	return fmt.Sprintf(`{"bucketName":"logs-%d","Host":"logs-%d.s3.eu-central-1.amazonaws.com","key":"AWSLogs/%d/file-%x.json.gz"}`, bucket, bucket, r.IntN(1000), r.Uint64()), "null"
}
