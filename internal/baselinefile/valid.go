package baselinefile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/trail"
)

// The functions of this file say what is wrong with one text and how to mend it, nil if nothing.

func oneOf(known ...string) func(string) error {
	return func(text string) error {
		if slices.Contains(known, text) {
			return nil
		}
		if len(known) == 1 {
			return fmt.Errorf("unknown value %s: use %s", clip(text), known[0])
		}
		return fmt.Errorf("unknown value %s: %s", clip(text), didYouMean(text, known))
	}
}

func length(least, most int) func(string) error {
	return func(text string) error {
		if n := utf8.RuneCountInString(text); n < least || n > most {
			return fmt.Errorf("%d characters; use %d to %d", n, least, most)
		}
		return nil
	}
}

func account(text string) error {
	if !trail.ValidAccount(text) {
		return fmt.Errorf("%s is not an account id: write its 12 digits in quotes", clip(text))
	}
	return nil
}

func region(text string) error {
	if !trail.ValidRegion(text) {
		return fmt.Errorf("%s is not a region: write it like us-east-1", clip(text))
	}
	return nil
}

var (
	bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`) // buckets from before 2018 may be long and have capitals
	topicName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	keyID      = regexp.MustCompile(`^[A-Za-z0-9-]{1,256}$`)
	awsType    = regexp.MustCompile(`^AWS(::[A-Za-z0-9]+){2,3}$`)
)

func bucket(text string) error {
	if !bucketName.MatchString(text) {
		return fmt.Errorf("%s is not the name of a bucket: write the name alone, without arn: or s3:// and without a prefix", clip(text))
	}
	return nil
}

func prefix(text string) error {
	if utf8.RuneCountInString(text) > 200 {
		return errors.New("a prefix has at most 200 characters")
	}
	return nil
}

func topic(text string) error {
	if text == "" || topicName.MatchString(text) || arnOf(text, "sns", "") {
		return nil
	}
	return fmt.Errorf("%s is not a topic: write its ARN, arn:aws:sns:region:account:name", clip(text))
}

func logGroup(text string) error {
	if text == "" || arnOf(text, "logs", "log-group:") {
		return nil
	}
	return fmt.Errorf("%s is not the ARN of a log group: write arn:aws:logs:region:account:log-group:name:*", clip(text))
}

func role(text string) error {
	if text == "" || arnOf(text, "iam", "role/") {
		return nil
	}
	return fmt.Errorf("%s is not the ARN of a role: write arn:aws:iam::account:role/name", clip(text))
}

func key(text string) error {
	if text == "" || keyID.MatchString(text) || strings.HasPrefix(text, "alias/") && len(text) > 6 || arnOf(text, "kms", "key/", "alias/") {
		return nil
	}
	return fmt.Errorf("%s is not a KMS key: write its ARN, arn:aws:kms:region:account:key/id", clip(text))
}

func resourceType(text string) error {
	if !awsType.MatchString(text) {
		return fmt.Errorf("%s is not a resource type: write it like AWS::S3::Object", clip(text))
	}
	return nil
}
