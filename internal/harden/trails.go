package harden

import (
	"slices"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// Names of what is made where there is nothing.
const (
	trailName       = "trailhold"
	secondTrailName = "trailhold-second"
)

// noTrail is why a check about trails cannot be mended in an account without any.
const noTrail = "the account has no trail of its own: mend ct-trail-exists first"

// makeTrail makes a trail in the region that was asked for. Other remedies make it what it should be.
func makeTrail(d *draft, _ posture.Finding) string {
	if _, _, ok := d.principal(); ok {
		return ""
	}
	return d.newTrail(trailName, d.options.Region)
}

// newTrail makes a trail with a bucket of its own, which is named after the account and region because the names of buckets
// are unique in all of AWS.
func (d *draft) newTrail(name, region string, change ...func(*trail.Config)) (why string) {
	if region == "" {
		return "no region is given to make a trail in"
	}
	c := d.possible(name, region)
	for _, more := range change {
		more(&c)
	}
	if why := d.createable(bucketARN(c)); why != "" {
		return why
	}
	if !d.exists(bucketARN(c)) {
		if r := d.account.Resources[bucketARN(c)]; r.Setting(trail.Identity).Knowledge() == trail.Present {
			return "the bucket " + c.S3BucketName + ", which it would use, belongs to another account"
		}
		d.create(trail.Bucket, bucketARN(c), region)
	}
	d.account.Trails = append(d.account.Trails, trail.State{
		ARN: c.ARN, Config: trail.Known(c), Status: trail.Known(trail.Status{}), Insights: trail.Known([]trail.InsightSelector{}), Tags: trail.Known(map[string]string{}),
		Selectors: trail.Known(trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "All", IncludeManagementEvents: true}}}),
	})
	d.note(facet{arn: c.ARN, field: trail.FieldTrail})
	d.start(&d.account.Trails[len(d.account.Trails)-1])
	return letDeliver(d, posture.Finding{Resource: bucketARN(c)})
}

// possible is the configuration of a trail that could be made.
func (d *draft) possible(name, region string) trail.Config {
	return trail.Config{
		Name: name, ARN: "arn:" + d.account.Partition + ":cloudtrail:" + region + ":" + d.account.ID + ":trail/" + name, HomeRegion: region,
		S3BucketName:       name + "-" + d.account.ID + "-" + region,
		IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true, LogFileValidationEnabled: true,
	}
}

// secondTrail makes the second trail that was asked for, unless it is there.
func (d *draft) secondTrail() (why string) {
	region := d.options.SecondTrail
	d.check = secondTrailCheck
	if region == "" {
		return ""
	}
	for _, t := range d.account.Trails {
		if arnPart(t.ARN, 5) == "trail/"+secondTrailName && accountIn(t.ARN) == d.account.ID {
			return ""
		}
	}
	return d.newTrail(secondTrailName, region)
}

// makeBucket makes the bucket again that a trail writes to. Somebody else's is not touched.
func makeBucket(d *draft, f posture.Finding) string {
	users := d.users(f.Resource)
	if d.account.Resources[f.Resource].Setting(trail.Identity).Knowledge() != trail.Absent || len(users) == 0 {
		return "the bucket is not the account's: find out whose it is, and where log files should go"
	}
	d.create(trail.Bucket, f.Resource, users[0].HomeRegion)
	return letDeliver(d, f)
}

func multiRegion(d *draft, f posture.Finding) string {
	t, _, ok := d.principal()
	if !ok {
		return noTrail
	}
	d.configure(t, func(c *trail.Config) { c.IsMultiRegionTrail, c.IncludeGlobalServiceEvents = true, true })
	return managementEvents(d, f)
}

func globalEvents(d *draft, _ posture.Finding) string {
	t, _, ok := d.principal()
	if !ok {
		return noTrail
	}
	d.configure(t, func(c *trail.Config) { c.IncludeGlobalServiceEvents = true })
	return ""
}

// startLogging starts the trail that the finding is about. One that writes into somebody else's bucket may have been made to
// carry the record away, and stopped for that.
func startLogging(d *draft, f posture.Finding) string {
	t, c, ok := d.of(f)
	if !ok {
		return noTrail
	}
	if !d.exists(bucketARN(c)) {
		return "its bucket " + c.S3BucketName + " is not the account's: make sure that log files should go there, and start it then"
	}
	if t.Status.Knowledge() != trail.Present {
		return "whether it is logging is not known"
	}
	d.start(t)
	return ""
}

func validate(d *draft, f posture.Finding) string {
	t, _, ok := d.of(f)
	if !ok {
		return noTrail
	}
	d.configure(t, func(c *trail.Config) { c.LogFileValidationEnabled = true })
	return ""
}

// needsKey is what is said wherever a key is asked for and none was given.
const needsKey = "it takes a KMS key, which costs $1 a month and outlives what it encrypted: name one with --kms-key"

// encrypt gives a trail the key that was named, and lets CloudTrail use it. A trail that has a key keeps it: what is wrong
// with that, its own findings mend.
func encrypt(d *draft, f posture.Finding) string {
	t, c, ok := d.of(f)
	switch {
	case !ok:
		return noTrail
	case c.KMSKeyID != "" && d.paste:
		return d.letEncrypt(c.KMSKeyID)
	case c.KMSKeyID != "":
		return "the trail has a key, which has findings of its own"
	}
	bucket, read := d.account.Resources[bucketARN(c)]
	if d.options.KeyARN != "" && (!read || bucket.Region != regionIn(d.options.KeyARN)) {
		return "the key must be in the region of the bucket " + c.S3BucketName
	}
	key, why := d.keyFor(bucket.Region)
	if why != "" {
		return why
	}
	d.configure(t, func(c *trail.Config) { c.KMSKeyID = key })
	return d.letEncrypt(key)
}

// securityTrail gives one trail all that is asked of it.
func securityTrail(d *draft, f posture.Finding) string {
	if why := multiRegion(d, f); why != "" {
		return why
	}
	if why := validate(d, f); why != "" {
		return why
	}
	if _, c, _ := d.principal(); c.KMSKeyID != "" {
		return ""
	}
	return encrypt(d, f)
}

// insights adds the two kinds of Insights to those that a trail has.
func insights(d *draft, _ posture.Finding) string {
	t, _, ok := d.principal()
	if !ok {
		return noTrail
	}
	have, known := t.Insights.Get()
	if !known && t.Insights.Knowledge() != trail.Absent {
		return "which Insights the trail has could not be read: " + t.Insights.Why()
	}
	list := slices.Clone(have)
	for _, kind := range []string{"ApiCallRateInsight", "ApiErrorRateInsight"} {
		if !slices.ContainsFunc(list, func(i trail.InsightSelector) bool { return i.InsightType == kind }) {
			list = append(list, trail.InsightSelector{InsightType: kind})
		}
	}
	if len(list) > len(have) {
		t.Insights = trail.Known(list)
		d.note(facet{arn: t.ARN, field: trail.FieldInsights})
	}
	return ""
}
