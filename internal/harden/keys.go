package harden

import (
	"strings"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

func enableKey(d *draft, f posture.Finding) string {
	if d.paste && d.missing(f.Resource) {
		return d.replaceKey(f.Resource)
	}
	why := d.edit(f.Resource, "state", func(state map[string]any) string {
		switch state["KeyState"] {
		case "Disabled", "PendingDeletion":
			state["KeyState"] = "Enabled"
		}
		return ""
	})
	return orElse(why, "no call brings the key back from that state")
}

// rotateKey leaves alone how often a key is rotated that is rotated.
func rotateKey(d *draft, f posture.Finding) string {
	why := d.edit(f.Resource, "rotation", func(rotation map[string]any) string {
		rotation["KeyRotationEnabled"] = true
		return ""
	})
	return orElse(why, "somebody chose how often the key is rotated: ask why it is so seldom")
}

func letEncrypt(d *draft, f posture.Finding) string {
	if d.paste {
		d.closePolicy(f.Resource, maxKeyPolicy)
	}
	return orElse(d.letEncrypt(f.Resource), "a statement of the key's policy keeps CloudTrail out, or lets everybody in: change it by hand, since a mistake locks you out")
}

// letEncrypt adds what CloudTrail needs to encrypt the files of the account's trails with a key.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func (d *draft) letEncrypt(key string) string {
	var arns []string
	use := []string{"kms:DescribeKey"}
	for _, c := range d.users(key) {
		arns = append(arns, c.ARN)
		if d.bucketKey(c) && len(use) == 1 {
			use = append(use, "kms:Decrypt")
		}
	}
	if !d.lacks(key, policy.Delivery.CheckKey) {
		return ""
	}
	encrypt := only("StringEquals", "aws:SourceArn", arns)
	encrypt["StringLike"] = map[string]any{"kms:EncryptionContext:aws:cloudtrail:arn": "arn:" + d.account.Partition + ":cloudtrail:*:" + d.account.ID + ":trail/*"}
	return d.keyStatements(key,
		statement{Sid: "TrailholdEncrypt", Effect: "Allow", Principal: service(cloudTrail), Action: "kms:GenerateDataKey*", Resource: "*", Condition: encrypt},
		statement{Sid: "TrailholdUse", Effect: "Allow", Principal: service(cloudTrail), Action: use, Resource: "*",
			Condition: only("StringEquals", "aws:SourceArn", arns)})
}

func (d *draft) keyStatements(key string, added ...statement) string {
	return d.edit(key, "policy", func(document map[string]any) string { return addStatements(document, maxKeyPolicy, added...) })
}

// keyFor is the key that was named, or why it cannot be used in a region.
func (d *draft) keyFor(region string) (key, why string) {
	key = d.options.KeyARN
	switch {
	case key == "" && d.paste:
		return d.chooseKey(region), ""
	case key == "":
		return "", needsKey
	case regionIn(key) != region:
		return "", "the key " + key + " is not in region " + region
	}
	if _, why := d.own(key); why != "" {
		return "", "the key " + key + " cannot be used: " + why
	}
	return key, ""
}

// mendTopic lets CloudTrail publish to a topic of log files, and encrypts it with the key that was named.
func mendTopic(d *draft, f posture.Finding) string {
	if d.paste {
		if d.missing(f.Resource) {
			d.create(trail.Topic, f.Resource, regionIn(f.Resource))
		}
		d.closePolicy(f.Resource, maxTopicPolicy)
	}
	if why := d.edit(f.Resource, "policy", func(document map[string]any) string {
		if !d.lacks(f.Resource, policy.Delivery.CheckTopic) {
			return ""
		}
		return addStatements(document, maxTopicPolicy, d.publishing(f.Resource, "TrailholdCloudTrail", cloudTrail))
	}); why != "" {
		return why
	}
	return orElse(d.encryptTopic(f.Resource), "a statement of the topic's policy keeps CloudTrail out, or lets everybody in: change it by hand")
}

// publishing is the statement that lets a service publish for the account.
func (d *draft) publishing(topic, sid, who string) statement {
	return statement{Sid: sid, Effect: "Allow", Principal: service(who), Action: "sns:Publish", Resource: topic,
		Condition: only("StringEquals", "aws:SourceAccount", d.account.ID)}
}

// encryptTopic gives a topic without a key the one that was named.
func (d *draft) encryptTopic(arn string) string {
	r, why := d.own(arn)
	if why != "" {
		return why
	}
	encryption, known := r.Setting("encryption").Get()
	if !known || encryption.Text("KmsMasterKeyId") != "" {
		return ""
	}
	key, why := d.keyFor(r.Region)
	if why != "" {
		return why
	}
	if why := d.keyStatements(key, d.publisherKey("TrailholdTopics", cloudTrail, cloudWatch)); why != "" {
		return why
	}
	return d.edit(arn, "encryption", func(encryption map[string]any) string {
		encryption["KmsMasterKeyId"] = key
		return ""
	})
}

// publisherKey is the statement that lets services publish to topics that a key encrypts.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
func (d *draft) publisherKey(sid string, who ...string) statement {
	return statement{Sid: sid, Effect: "Allow", Principal: map[string][]string{"Service": who}, Action: []string{"kms:GenerateDataKey*", "kms:Decrypt"},
		Resource: "*", Condition: only("StringEquals", "aws:SourceAccount", d.account.ID)}
}

// logsKey is the statement that lets CloudWatch Logs encrypt one log group.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func logsKey(group string) statement {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, trail.Resource{Type: trail.LogGroup, ARN: group}.Name())
	return statement{Sid: "TrailholdLogs" + name, Effect: "Allow", Principal: service("logs." + regionIn(group) + ".amazonaws.com"),
		Action: []string{"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"}, Resource: "*",
		Condition: only("ArnEquals", "kms:EncryptionContext:aws:logs:arn", group)}
}
