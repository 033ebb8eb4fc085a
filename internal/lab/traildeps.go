package lab

import (
	"cmp"
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
	if err := c.keyDependency(in, t); err != nil {
		return err
	}
	return c.logsDependency(in, t)
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

// deliveryTrouble tells why CloudTrail could not deliver a file, as S3's error code: because of the bucket, or because of
// the key that the file has to be encrypted with.
func (l *Lab) deliveryTrouble(t *trail, key string) string {
	return cmp.Or(l.bucketTrouble(t, key), l.keyTrouble(t))
}

// bucketRefusal is AccessDenied unless the bucket's policy allows CloudTrail an action on behalf of the trail.
func (l *Lab) bucketRefusal(t *trail, action, path string, context map[string]string) string {
	a := t.access(action, "arn:aws:s3:::"+t.bucket+path)
	maps.Copy(a.context, context)
	if ask(l.bucketPolicy(t.bucket), a) != policyAllows {
		return "AccessDenied"
	}
	return ""
}

// access is what CloudTrail wants of a resource on behalf of the trail.
func (t *trail) access(action, resource string) access {
	a := serviceAccess(cloudtrailPrincipal, t.arn, action, resource)
	a.context["aws:securetransport"], a.context["aws:principalisawsservice"] = "true", "true"
	return a
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
