package harden

import (
	"maps"
	"slices"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// choices are what was chosen for a command to paste.
type choices struct {
	key, topic       string   // ARNs; empty if none was needed
	newKey, newTopic bool     // there is none yet; the ARN of a new key stands for one that nobody knows yet
	made             []string // ARNs of what is made
}

// chooseKey takes a key that already encrypts what a trail of the account writes, or a new one. Others have other purposes.
func (d *draft) chooseKey(region string) string {
	if d.chosen.key != "" {
		return d.chosen.key
	}
	for _, arn := range slices.Sorted(maps.Keys(d.account.Resources)) {
		r := d.account.Resources[arn]
		owner, _ := r.Setting(trail.Identity).Get()
		state, _ := r.Setting("state").Get()
		if _, readable := r.Setting("policy").Get(); r.Type == trail.Key && regionIn(arn) == region && len(d.users(arn)) > 0 && owner.Text("Owner") == d.account.ID && state.Text("KeyState") == "Enabled" && readable {
			d.chosen.key = arn
			return arn
		}
	}
	d.chosen.key, d.chosen.newKey = "arn:"+d.account.Partition+":kms:"+region+":"+d.account.ID+":key/new", true
	d.create(trail.Key, d.chosen.key, region)
	_ = d.keyStatements(d.chosen.key, d.owners()) // an empty policy has room
	return d.chosen.key
}

// owners is the statement with which the account rules its key. A key without it is lost to it.
func (d *draft) owners() statement {
	root := map[string]string{"AWS": "arn:" + d.account.Partition + ":iam::" + d.account.ID + ":root"}
	return statement{Sid: "TrailholdOwners", Effect: "Allow", Principal: root, Action: "kms:*", Resource: "*"}
}

// createKey makes the new key, with its policy, and keeps its ARN for the commands after it.
func (d *draft) createKey() string {
	document, _ := d.account.Resources[d.chosen.key].Setting("policy").Get()
	return "KEY=$(aws kms create-key " + shell.Join("--region", regionIn(d.chosen.key), "--description", "trailhold", "--policy", string(document)) +
		" --query KeyMetadata.Arn --output text)"
}

// replaceKey gives the trails that use a key which is no more another one.
func (d *draft) replaceKey(gone string) string {
	key := d.chooseKey(regionIn(gone))
	for _, c := range d.users(gone) {
		t, _, _ := d.trail(c.ARN)
		d.configure(t, func(c *trail.Config) { c.KMSKeyID = key })
	}
	return d.letEncrypt(key)
}

// chooseTopic takes a topic of the account's to which somebody has subscribed, or a new one.
func (d *draft) chooseTopic(region string) string {
	if d.chosen.topic != "" {
		return d.chosen.topic
	}
	for _, arn := range slices.Sorted(maps.Keys(d.account.Resources)) {
		if r := d.account.Resources[arn]; r.Type == trail.Topic && regionIn(arn) == region && accountIn(arn) == d.account.ID && heard(r) {
			d.chosen.topic = arn
			return arn
		}
	}
	d.chosen.topic, d.chosen.newTopic = "arn:"+d.account.Partition+":sns:"+region+":"+d.account.ID+":trailhold-alerts", true
	d.create(trail.Topic, d.chosen.topic, region)
	return d.chosen.topic
}

// heard says whether somebody gets all that is sent to a topic.
func heard(topic posture.Resource) bool {
	list, _ := topic.Setting("subscriptions").Get()
	for _, s := range list.Members() {
		if !s.Flag("PendingConfirmation") && s.Members()["FilterPolicy"].Empty() {
			return true
		}
	}
	return false
}

// logAccess makes a bucket beside the trail's for the log of who reads it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
func logAccess(d *draft, f posture.Finding) string {
	r, why := d.own(f.Resource)
	if why != "" || r.Region == "" {
		return orElse(why, "nobody knows in which region the bucket is")
	}
	const suffix, longest = "-access-logs", 63
	name := r.Name()[:min(len(r.Name()), longest-len(suffix))] + suffix
	target := "arn:" + d.account.Partition + ":s3:::" + name
	if why := d.createable(target); why != "" {
		return why
	}
	if !d.exists(target) {
		d.create(trail.Bucket, target, r.Region)
	}
	allowed := only("StringEquals", "aws:SourceAccount", d.account.ID)
	allowed["ArnLike"] = map[string]any{"aws:SourceArn": f.Resource}
	why = d.edit(target, "policy", func(document map[string]any) string {
		return addStatements(document, maxBucketPolicy, statement{Sid: "TrailholdAccessLog", Effect: "Allow", Principal: service("logging.s3.amazonaws.com"),
			Action: "s3:PutObject", Resource: target + "/*", Condition: allowed})
	})
	if why != "" {
		return why
	}
	return d.edit(f.Resource, "logging", func(logging map[string]any) string {
		logging["TargetBucket"], logging["TargetPrefix"] = name, ""
		return ""
	})
}

// dropGlobal takes the events of global services from the account's trails that are for one region only: the others have to record
// them.
func dropGlobal(d *draft, _ posture.Finding) string {
	_, best, _ := d.principal()
	for n := range d.account.Trails {
		t := &d.account.Trails[n]
		if c, known := t.Config.Get(); known && accountIn(t.ARN) == d.account.ID && t.ARN != best.ARN && !c.IsMultiRegionTrail {
			d.configure(t, func(c *trail.Config) { c.IncludeGlobalServiceEvents = false })
		}
	}
	return ""
}

// tellTopic makes a topic that is told of a trail's log files.
func tellTopic(d *draft, f posture.Finding) string {
	t, c, ok := d.of(f)
	if !ok || c.SnsTopicARN != "" {
		return noTrail
	}
	topic := "arn:" + d.account.Partition + ":sns:" + c.HomeRegion + ":" + d.account.ID + ":trailhold-log-files"
	if why := d.createable(topic); why != "" {
		return why
	}
	if !d.exists(topic) {
		d.create(trail.Topic, topic, c.HomeRegion)
	}
	d.configure(t, func(c *trail.Config) { c.SnsTopicARN = topic })
	return mendPolicy(d, topic)
}

// mendPolicy lets CloudTrail publish to a topic.
func mendPolicy(d *draft, topic string) string {
	return d.edit(topic, "policy", func(document map[string]any) string {
		return addStatements(document, maxTopicPolicy, d.publishing(topic, "TrailholdCloudTrail", cloudTrail))
	})
}

// makeOrganizationTrail makes a trail for the whole organization, which only its management account does here.
func makeOrganizationTrail(d *draft, _ posture.Finding) string {
	const name = "organization"
	o, known := d.account.Organization.Get()
	if !known || o.ManagementAccount != d.account.ID {
		return "only the organization's management account can do that"
	}
	if slices.ContainsFunc(d.account.Trails, func(t trail.State) bool { c, _ := t.Config.Get(); return c.IsOrganizationTrail || c.Name == name }) {
		return "there is one"
	}
	return d.newTrail(name, d.options.Region, func(c *trail.Config) { c.IsOrganizationTrail = true })
}

// unblock drops the statements of a bucket's policy that keep CloudTrail out.
func (d *draft) unblock(bucket string) {
	d.dropStatements(bucket, func(one trail.Document) bool {
		document := asMap(one.Value())
		if addStatements(document, maxBucketPolicy, d.deliveryStatements(bucket)...) != "" {
			return false
		}
		text, err := trail.NewDocument(document)
		return err == nil && slices.ContainsFunc(d.users(bucket), func(c trail.Config) bool {
			return slices.ContainsFunc(d.delivery(c).CheckBucket(string(text)), func(o policy.Obstacle) bool { return o.Kind == policy.Denied })
		})
	})
}

// closePolicy drops the statements of a key's or topic's policy that let everybody in. A key stays its account's.
func (d *draft) closePolicy(arn string, most int) {
	r := d.account.Resources[arn]
	dropped := d.dropStatements(arn, func(one trail.Document) bool { return posture.Open(r.Type, string(one), arn) })
	if dropped && r.Type == trail.Key {
		_ = d.edit(arn, "policy", func(document map[string]any) string { return addStatements(document, most, d.owners()) }) // there is room now
	}
}

// dropStatements drops the statements of a policy that do harm, each of which is asked about as a policy of its own.
func (d *draft) dropStatements(arn string, harms func(one trail.Document) bool) (dropped bool) {
	before, known := d.account.Resources[arn].Setting("policy").Get()
	rest, count := policy.Without(string(before), func(text string) bool {
		one, err := trail.ParseDocument([]byte(text))
		return err == nil && harms(one)
	})
	if !known || count == 0 {
		return false
	}
	after := trail.EmptyDocument
	if rest != "" {
		after, _ = trail.ParseDocument([]byte(rest)) // of a document
	}
	return d.edit(arn, "policy", func(document map[string]any) string {
		clear(document)
		maps.Copy(document, asMap(after.Value()))
		return ""
	}) == ""
}
