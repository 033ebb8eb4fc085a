package trail

import "strings"

// sameText is equality to the letter: bucket names, ARNs and regions are case-sensitive.
func sameText(want, have string) bool { return want == have }

// samePrefix ignores one slash at the end, which CloudTrail adds by itself.
func samePrefix(want, have string) bool {
	return strings.TrimSuffix(want, "/") == strings.TrimSuffix(have, "/")
}

// sameLogGroup ignores the ":*" that CloudWatch Logs' own answers put after a log group's ARN.
func sameLogGroup(want, have string) bool {
	return strings.TrimSuffix(want, ":*") == strings.TrimSuffix(have, ":*")
}

// sameTopic compares topics by ARN. A bare name means the topic of that name beside the trail, as it does to
// UpdateTrail: a topic of the same name in another account or region is a foreign one.
func sameTopic(want, have string, of ARN) bool {
	return topicARN(want, of) == topicARN(have, of)
}

func topicARN(topic string, of ARN) string {
	if topic == "" || strings.HasPrefix(topic, "arn:") {
		return topic
	}
	return "arn:" + of.Partition + ":sns:" + of.Region + ":" + of.Account + ":" + topic
}

// keyMatch is how two names of KMS keys compare.
type keyMatch uint8

const (
	keyDiffers keyMatch = iota
	keySame
	keyUndecidable // an alias beside a key: only KMS knows which key an alias stands for
)

// matchKeys compares names of KMS keys: a key id, a key ARN, an alias or an alias ARN. CloudTrail always answers with
// the key's ARN. An id equals the ARN that ends in it; whose account and region that ARN names is the key's own affair.
func matchKeys(want, have string) keyMatch {
	w, h := parseKey(want), parseKey(have)
	switch {
	case w == h:
		return keySame
	case want == "" || have == "":
		return keyDiffers
	case w.alias != h.alias:
		return keyUndecidable
	case w.id == h.id && (w.owner == "" || h.owner == ""):
		return keySame
	default:
		return keyDiffers
	}
}

// keyName is a KMS key's name in parts.
type keyName struct {
	owner string // arn:partition:kms:region:account, empty if only the id or alias is given
	id    string
	alias bool
}

func parseKey(text string) keyName {
	name := keyName{id: text}
	if i := strings.LastIndexByte(text, ':'); strings.HasPrefix(text, "arn:") && i > 0 {
		name.owner, name.id = text[:i], strings.TrimPrefix(text[i+1:], "key/")
	}
	name.alias = strings.HasPrefix(name.id, "alias/")
	return name
}
