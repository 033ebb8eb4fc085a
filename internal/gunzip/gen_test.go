package gunzip

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// cloudTrailLog writes a log file in the manner of CloudTrail with at least size bytes: a few dozen sessions and resources and a
// dozen calls that come again and again in changing company, and in every record identifiers that never do.
func cloudTrailLog(seed uint64, size int) []byte {
	g := generator{Rand: rand.New(rand.NewPCG(seed, 7))}
	for i := range 60 {
		g.sessions = append(g.sessions, g.session(i%25))
	}
	for range 300 {
		g.resources = append(g.resources, g.word()+"-"+g.word()+"-"+g.text(5, "0123456789abcdef"))
	}
	log := []byte(`{"Records":[`)
	for second := 0; len(log) < size; second += g.IntN(2) {
		if log[len(log)-1] == '}' {
			log = append(log, ',')
		}
		log = g.record(log, second)
	}
	return append(log, "]}"...)
}

type generator struct {
	*rand.Rand
	sessions, resources []string
}

type call struct{ service, name, parameters, response string }

// In the patterns %x stands for an identifier that never comes again, %s for a secret, %r for a resource, %d for a number.
var calls = []call{
	{"kms", "Decrypt", `{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::%r/part-%d.parquet"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`, `null`},
	{"sts", "AssumeRole", `{"roleArn":"arn:aws:iam::%r:role/service-role/%r","roleSessionName":"%x","durationSeconds":3600}`,
		`{"credentials":{"accessKeyId":"ASIA%x","sessionToken":"%s","expiration":"Jun 3, 2025, 11:%d:07 AM"},"assumedRoleUser":` +
			`{"assumedRoleId":"AROA%r:%x","arn":"arn:aws:sts::111122223333:assumed-role/%r/%x"}}`},
	{"kms", "GenerateDataKey", `{"keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::%r"},"keyId":"arn:aws:kms:eu-central-1:111122223333:key/%r"}`, `null`},
	{"ec2", "DescribeInstances", `{"instancesSet":{},"filterSet":{"items":[{"name":"tag:team","valueSet":{"items":[{"value":"%r"}]}}]}}`, `null`},
	{"s3", "GetBucketAcl", `{"bucketName":"%r","Host":"%r.s3.eu-central-1.amazonaws.com","acl":""}`, `null`},
	{"logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/%r","logStreamName":"2025/06/03/[$LATEST]%x"}`, `null`},
	{"ec2", "CreateNetworkInterface", `{"subnetId":"subnet-%r","description":"AWS Lambda VPC ENI-%r-%x","groupSet":{"items":[{"groupId":"sg-%r"}]},"ipv6AddressCount":0}`,
		`{"requestId":"%x","networkInterface":{"networkInterfaceId":"eni-%x","subnetId":"subnet-%r","vpcId":"vpc-0%r","availabilityZone":"eu-central-1b",` +
			`"ownerId":"111122223333","status":"pending","macAddress":"06:%d:%d","privateIpAddress":"10.%d.%d","sourceDestCheck":true}}`},
	{"ssm", "UpdateInstanceInformation", `{"instanceId":"i-0%r","agentVersion":"3.3.%d.0","agentStatus":"Active","platformType":"Linux","iPAddress":"10.0.%d.%d"}`, `null`},
	{"dynamodb", "DescribeTable", `{"tableName":"%r"}`, `null`},
	{"ecr", "BatchGetImage", `{"registryId":"111122223333","repositoryName":"%r","imageIds":[{"imageDigest":"sha256:%x%x%x%x"}],"acceptedMediaTypes":["application/json"]}`, `null`},
	{"iam", "ListAttachedRolePolicies", `{"roleName":"%r","maxItems":%d}`, `null`},
	{"cloudtrail", "DescribeTrails", `{"includeShadowTrails":true,"trailNameList":["%r"]}`, `null`},
}

func (g generator) record(log []byte, second int) []byte {
	c := calls[g.few(len(calls))]
	parameters, response := g.fill(c.parameters), g.fill(c.response)
	log = fmt.Appendf(log, `{"eventVersion":"1.11","userIdentity":%s,"eventTime":"2025-06-03T10:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s",`+
		`"awsRegion":"eu-central-1","sourceIPAddress":"203.0.%d.%d","userAgent":"%s","requestParameters":%s,"responseElements":%s,`,
		g.sessions[g.few(len(g.sessions))], second/60%60, second%60, c.service, c.name, g.IntN(3)+112, g.IntN(80),
		g.agent(), parameters, response)
	if c.service == "kms" || c.service == "s3" {
		log = fmt.Appendf(log, `"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,`+
			`"bytesTransferredOut":%d,"x-amz-id-2":"%s"},`, g.IntN(4000), g.text(44, base64))
	}
	return fmt.Appendf(log, `"requestID":"%s","eventID":"%s","readOnly":%t,"resources":[{"accountId":"111122223333","type":"AWS::%s::Resource",`+
		`"ARN":"arn:aws:%s:eu-central-1:111122223333:%s"}],"eventType":"AwsApiCall","managementEvent":true,`+
		`"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3",`+
		`"cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s.eu-central-1.amazonaws.com"}}`,
		g.uuid(), g.uuid(), g.IntN(4) > 0, c.service, c.service, g.resource(), c.service)
}

func (g generator) session(role int) string {
	id := fmt.Sprintf("AROA%013dEX", role*7919)
	name := g.word() + "-" + g.text(8, "0123456789abcdef")
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"%s:%s","arn":"arn:aws:sts::111122223333:assumed-role/role-%d/%s",`+
		`"accountId":"111122223333","accessKeyId":"ASIA%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"%s",`+
		`"arn":"arn:aws:iam::111122223333:role/role-%d","accountId":"111122223333","userName":"role-%d"},"attributes":{`+
		`"creationDate":"2025-06-03T09:%02d:%02dZ","mfaAuthenticated":"false"}}}`, id, name, role, name, g.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
		id, role, role, g.IntN(60), g.IntN(60))
}

const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func (g generator) agent() string {
	return fmt.Sprintf([...]string{
		"aws-sdk-go-v2/1.30.%d os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#arm64",
		"Boto3/1.34.%d md/Botocore#1.34.144 ua/2.0 os/linux#6.1.97 md/arch#x86_64 lang/python#3.12.4",
		"aws-cli/2.17.%d md/awscrt#0.20.11 ua/2.0 os/linux#6.1.97 exec-env/AWS_ECS",
		"worker-%d.amazonaws.com",
	}[g.IntN(4)], g.IntN(9))
}

func (g generator) word() string {
	return strings.Fields("orders billing export audit lake stream edge cache login mail search report worker queue")[g.IntN(14)]
}

// few chooses below n, small numbers more often than large ones.
func (g generator) few(n int) int { return min(g.IntN(n), g.IntN(n)) }

func (g generator) resource() string { return g.resources[g.few(len(g.resources))] }

func (g generator) uuid() string {
	h := g.text(32, "0123456789abcdef")
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (g generator) text(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(b)
}

func (g generator) fill(pattern string) string {
	parts := strings.Split(pattern, "%")
	filled := parts[0]
	for _, p := range parts[1:] {
		switch p[0] {
		case 'x':
			filled += g.text(16, "0123456789abcdef")
		case 's':
			filled += g.text(120, base64)
		case 'r':
			filled += g.resource()
		case 'd':
			filled += fmt.Sprint(g.IntN(256))
		}
		filled += p[1:]
	}
	return filled
}
