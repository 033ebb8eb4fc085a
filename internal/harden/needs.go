package harden

import (
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// Needs lists what has to be read beside the inventory before a plan can be made: the topic and the key that the options
// name, and whatever has a name under which something could be made. Put what is read into the account's Resources, and ask once more:
// the topic may name a key.
func Needs(inv posture.Inventory, o Options) []trail.Resource {
	if len(inv.Accounts) == 0 {
		return nil
	}
	d := newDraft(inv, o)
	var list []trail.Resource
	add := func(t trail.ResourceType, arn, region string) {
		if r, read := d.account.Resources[arn]; arn == "" || read && len(r.State) > 0 {
			return
		}
		list = append(list, trail.Resource{Type: t, ARN: arn, Region: region, Account: d.account.ID})
	}
	add(trail.Topic, o.TopicARN, regionIn(o.TopicARN))
	add(trail.Key, o.KeyARN, regionIn(o.KeyARN))
	add(trail.Key, d.keyOfTopic(o.TopicARN), regionIn(o.TopicARN))
	add(trail.Role, d.roleFor(), globalRegion(d.account.Partition, o.Region))
	var homes []trail.Config
	for _, t := range d.account.Trails {
		if c, known := t.Config.Get(); known && accountIn(t.ARN) == d.account.ID {
			homes = append(homes, c)
		}
	}
	if len(homes) == 0 {
		homes = append(homes, d.possible(trailName, o.Region))
	}
	if o.SecondTrail != "" {
		homes = append(homes, d.possible(secondTrailName, o.SecondTrail))
	}
	for _, c := range homes {
		add(trail.Bucket, bucketARN(c), c.HomeRegion)
		if c.CloudWatchLogsLogGroupARN == "" {
			add(trail.LogGroup, d.logGroupFor(c), c.HomeRegion)
		}
	}
	if o.TopicARN != "" {
		for _, r := range remedies() {
			if strings.HasPrefix(r.check, "mf-") && o.wants(r.check) && r.check != "mf-alarm-actions" {
				add(trail.Alarm, d.alarmFor(r.check, regionIn(o.TopicARN)), regionIn(o.TopicARN))
			}
		}
	}
	return list
}

// keyOfTopic is the ARN of the key that a topic which was read is encrypted with; empty if there is none, or it is named by an alias.
func (d *draft) keyOfTopic(topic string) string {
	encryption, _ := d.account.Resources[topic].Setting("encryption").Get()
	switch id := encryption.Text("KmsMasterKeyId"); {
	case strings.Contains(id, "alias/"), id == "":
		return ""
	case strings.HasPrefix(id, "arn:"):
		return id
	default:
		return "arn:" + d.account.Partition + ":kms:" + regionIn(topic) + ":" + d.account.ID + ":key/" + id
	}
}
