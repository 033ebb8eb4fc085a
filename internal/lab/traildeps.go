package lab

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// cloudtrailPrincipal is who writes log files and publishes notifications.
const cloudtrailPrincipal = "cloudtrail.amazonaws.com"

var (
	bucketNameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	topicNameForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	topicARNForm   = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$`)
	keyIDForm      = regexp.MustCompile(`^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32})$`)
	aliasForm      = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)
	keyARNForm     = regexp.MustCompile(`^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:)(key|alias)/(.+)$`)
	logGroupForm   = regexp.MustCompile(`^arn:aws[a-z-]*:logs:([a-z0-9-]+):(\d{12}):log-group:[a-zA-Z0-9._/#-]{1,512}(:\*)?$`)
	logRoleForm    = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):role/[\x21-\x7e]{1,512}$`)
)

func checkBucketName(name string) error {
	if name == "" {
		return errorf("InvalidS3BucketNameException", "Bucket name cannot be blank!")
	}
	if !bucketNameForm.MatchString(name) || strings.Contains(name, "..") || isIPv4(name) {
		return errorf("InvalidS3BucketNameException", "The S3 bucket name %.100q is not valid.", name)
	}
	return nil
}

func checkPrefix(prefix string) error {
	if len(prefix) > 200 {
		return errorf("InvalidS3PrefixException", "S3 prefix is longer than maximum length of 200.")
	}
	if strings.HasPrefix(prefix, "/") || strings.ContainsFunc(prefix, func(r rune) bool { return r < ' ' }) {
		return errorf("InvalidS3PrefixException", "The S3 prefix %.100q is not valid.", prefix)
	}
	return nil
}

// applyTopic takes a topic's name or ARN; a name means a topic in the trail's account and home region.
func (c *call) applyTopic(given *string, t *trail) error {
	switch {
	case given == nil:
	case *given == "":
		t.topicARN = ""
	case topicARNForm.MatchString(*given):
		t.topicARN = *given
	case topicNameForm.MatchString(*given):
		t.topicARN = "arn:aws:sns:" + t.home + ":" + t.account + ":" + *given
	default:
		return errorf("InvalidSnsTopicNameException", "SNS Topic name %.300q is not valid.", *given)
	}
	return nil
}

// applyKey takes every well-formed way to name a key and keeps the key's ARN. The lab has no KMS: an alias stands for a
// key whose id follows from the alias's name.
func (c *call) applyKey(given *string, t *trail) error {
	if given == nil {
		return nil
	}
	owner, id := "arn:aws:kms:"+t.home+":"+t.account+":", *given
	if m := keyARNForm.FindStringSubmatch(id); m != nil {
		owner, id = m[1], m[3]
		if m[2] == "alias" {
			id = "alias/" + id
		}
	}
	switch {
	case *given == "":
		t.kmsKey = ""
	case keyIDForm.MatchString(id):
		t.kmsKey = owner + "key/" + id
	case aliasForm.MatchString(id):
		sum := sha256.Sum256([]byte(owner + id))
		t.kmsKey = fmt.Sprintf("%skey/%x-%x-%x-%x-%x", owner, sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	default:
		return errorf("InvalidKmsKeyIdException", "The KMS key %.300q is not valid.", *given)
	}
	return nil
}

// checkLogs checks that the log group and the role are given together and belong to the trail's account.
func checkLogs(t *trail) error {
	if (t.logGroup == "") != (t.logRole == "") {
		return errorf("InvalidParameterCombinationException", "CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn must be specified together.")
	}
	if t.logGroup == "" {
		return nil
	}
	if m := logGroupForm.FindStringSubmatch(t.logGroup); m == nil || m[1] != t.home || m[2] != t.account {
		return errorf("InvalidCloudWatchLogsLogGroupArnException", "The log group ARN %.300q is not one of the trail's account and region.", t.logGroup)
	}
	if m := logRoleForm.FindStringSubmatch(t.logRole); m == nil || m[1] != t.account {
		return errorf("InvalidCloudWatchLogsRoleArnException", "The role ARN %.300q is not one of the trail's account.", t.logRole)
	}
	return nil
}

// dependencies checks that what the request names exists and lets CloudTrail in. What the request does not name is not
// looked at, so that a broken dependency does not block other changes.
func (c *call) dependencies(in *trailInput, t *trail) error {
	if in.S3BucketName != nil || in.S3KeyPrefix != nil || in.IsOrganizationTrail != nil { // all that the files' place depends on
		switch c.lab.setupTrouble(t) {
		case "NoSuchBucket":
			return errorf("S3BucketDoesNotExistException", "S3 bucket %s does not exist!", t.bucket)
		case "AccessDenied":
			return errorf("InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected for bucket: %s", t.bucket)
		}
	}
	if in.SnsTopicName != nil && t.topicARN != "" && !c.lab.topicExists(t.topicARN) {
		return errorf("InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!")
	}
	return nil
}

// setupTrouble tells why the bucket does not suit the trail: CloudTrail checks who owns it, by its ACL, and that the log
// files of the trail's own account can be written.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func (l *Lab) setupTrouble(t *trail) string {
	if code := l.bucketTrouble(t, t.folder(t.account, "CloudTrail")+t.home+"/"); code != "" {
		return code
	}
	return l.bucketRefusal(t, "s3:GetBucketAcl", "", nil)
}

// bucketTrouble tells why CloudTrail could not write an object into the trail's bucket, as S3's error code; empty if it
// could. The bucket may belong to any account: only its policy counts.
func (l *Lab) bucketTrouble(t *trail, key string) string {
	if _, ok := l.bucketOwner(t.bucket); !ok {
		return "NoSuchBucket"
	}
	return l.bucketRefusal(t, "s3:PutObject", "/"+key, map[string]string{"s3:x-amz-acl": "bucket-owner-full-control"})
}

// bucketRefusal is AccessDenied unless the bucket's policy allows CloudTrail an action on behalf of the trail.
func (l *Lab) bucketRefusal(t *trail, action, path string, context map[string]string) string {
	a := access{
		service:  cloudtrailPrincipal,
		action:   action,
		resource: "arn:aws:s3:::" + t.bucket + path,
		context: map[string]string{
			"aws:sourcearn":     t.arn,
			"aws:sourceaccount": t.account,
		},
	}
	maps.Copy(a.context, context)
	if ask(l.bucketPolicy(t.bucket), a) != policyAllows {
		return "AccessDenied"
	}
	return ""
}

// folder is where in the bucket an account's files of one kind go, with a slash at the end.
func (t *trail) folder(account, kind string) string {
	folder := "AWSLogs/"
	if t.prefix != "" {
		folder = t.prefix + "/AWSLogs/"
	}
	if t.organization {
		folder += organizationID + "/"
	}
	return folder + account + "/" + kind + "/"
}

// organizationID is the id of the lab's organization, if it has one.
const organizationID = "o-labexample"
