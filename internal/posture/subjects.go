package posture

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// perAccount puts a question once to each account.
func perAccount(ask func(scope) verdict) func(scope) []judged {
	return func(s scope) []judged { return []judged{{verdict: ask(s), fill: s.fill()}} }
}

// fill is what a remedy that is about the account as a whole may need: where to call.
func (s scope) fill() map[string]string {
	region := cmp.Or(trail.GlobalRegion(s.account.Partition), "us-east-1")
	if t, ok := s.account.PrincipalTrail(); ok {
		c, _ := t.Config.Get()
		return words("region", c.HomeRegion, "trail", t.ARN, "name", c.Name, "bucket", c.S3BucketName)
	}
	fill := words("region", region)
	fill["trail"], fill["bucket"] = shell.Ask("TRAIL", "name of the trail"), shell.Ask("BUCKET", "name of the bucket")
	return fill
}

// words are names and the values that remedies fill in for them, each as one word of a shell.
func words(pairs ...string) map[string]string {
	fill := map[string]string{}
	for n := 0; n+1 < len(pairs); n += 2 {
		fill[pairs[n]] = shell.Word(pairs[n+1])
	}
	return fill
}

// PrincipalTrail is the trail that mends what is about the account as a whole: an own one, a multi-region trail that is logging if
// there is one.
func (a Account) PrincipalTrail() (best trail.State, ok bool) {
	score := -1
	for _, t := range a.Trails {
		c, known := t.Config.Get()
		if !known || accountIn(t.ARN) != a.ID {
			continue
		}
		status, _ := t.Status.Get()
		value := 0
		if status.IsLogging {
			value += 2
		}
		if c.IsMultiRegionTrail {
			value++
		}
		if value > score {
			best, ok, score = t, true, value
		}
	}
	return best, ok
}

// owns says whether a trail is the account's own, and not the organization's that another account manages.
func (s scope) owns(t trail.State) bool { return accountIn(t.ARN) == s.account.ID }

// perTrail puts a question to each of the account's own trails. Where a region's list of trails could not be read, one more
// verdict says so: there may be a trail that nobody saw.
func perTrail(ask func(scope, trail.State, trail.Config) verdict) func(scope) []judged {
	return func(s scope) []judged {
		var all []judged
		for _, t := range s.account.Trails {
			if !s.owns(t) {
				continue
			}
			c, known := t.Config.Get()
			if !known {
				all = append(all, judged{verdict: notRead("the trail", t.Config), resource: t.ARN, region: regionIn(t.ARN)})
				continue
			}
			tags, _ := t.Tags.Get()
			all = append(all, judged{verdict: ask(s, t, c), region: c.HomeRegion, resource: t.ARN, tags: tags,
				fill: words("trail", t.ARN, "name", c.Name, "bucket", c.S3BucketName)})
		}
		return append(all, s.unseen()...)
	}
}

// regions lists the regions that are enabled. Of others there may be something in the inventory, such as the alarms of a log group that a
// trail from elsewhere feeds.
func (s scope) regions() []string {
	regions, _ := s.account.Enabled.Get()
	return regions
}

// unseen is a verdict for each region whose trails could not be listed.
func (s scope) unseen() []judged {
	if s.account.Enabled.Knowledge() != trail.Present {
		return []judged{{verdict: notRead("the list of enabled regions", s.account.Enabled)}}
	}
	var all []judged
	for _, name := range s.regions() {
		if list := s.account.Regions[name].Trails; list.Knowledge() != trail.Present {
			all = append(all, judged{verdict: notRead("the list of trails in "+name, list), region: name})
		}
	}
	return all
}

// complete says whether all trails of the account are known; if not, why not.
func (s scope) complete() (verdict, bool) {
	if unseen := s.unseen(); len(unseen) > 0 {
		return unseen[0].verdict, false
	}
	return verdict{}, true
}

// perResource puts a question to each resource of a kind that a trail of the account rests on.
func perResource(kind trail.ResourceType, named func(trail.Config) string, ask func(scope, Resource, []trail.State) verdict) func(scope) []judged {
	return func(s scope) []judged {
		users := map[string][]trail.State{}
		for _, t := range s.account.Trails {
			c, known := t.Config.Get()
			if arn := named(c); known && arn != "" && s.owns(t) {
				users[arn] = append(users[arn], t)
			}
		}
		var all []judged
		for _, arn := range slices.Sorted(maps.Keys(users)) {
			all = append(all, s.judgeResource(kind, arn, users[arn], ask))
		}
		return all
	}
}

func (s scope) judgeResource(kind trail.ResourceType, arn string, users []trail.State, ask func(scope, Resource, []trail.State) verdict) judged {
	r, read := s.resource(arn)
	c, _ := users[0].Config.Get()
	j := judged{region: cmp.Or(r.Region, regionIn(arn)), resource: arn, tags: r.Tags,
		fill: words("name", trail.Resource{Type: kind, ARN: arn}.Name(), "trail", users[0].ARN, "trailName", c.Name, "trailRegion", c.HomeRegion)}
	if !read {
		j.verdict = unknown("it was not read")
		return j
	}
	j.verdict = ask(s, r, users)
	return j
}

// resource is the best reading of a resource: the account's own, or that of the account whose it is.
func (s scope) resource(arn string) (Resource, bool) {
	own, found := s.account.Resources[arn]
	return s.inv.best(own, found, arn)
}

// Best is the best reading that any account has of a resource which the account with that index was read to rest on.
func (inv Inventory) Best(account int, arn string) Resource {
	own, found := inv.Accounts[account].Resources[arn]
	r, _ := inv.best(own, found, arn)
	return r
}

func (inv Inventory) best(best Resource, found bool, arn string) (Resource, bool) {
	for n := range inv.Accounts {
		other, ok := inv.Accounts[n].Resources[arn]
		if ok && (!found || known(other) > known(best)) {
			best, found = other, true
		}
	}
	return best, found
}

// known counts the settings of a resource that are known.
func known(r Resource) int {
	count := 0
	for _, f := range r.State {
		if f.Knowledge() == trail.Present {
			count++
		}
	}
	return count
}

// The resources that a trail's configuration names.

func bucketOf(c trail.Config) string {
	if c.S3BucketName == "" {
		return ""
	}
	a, _ := arnParts(c.ARN)
	return "arn:" + cmp.Or(a.partition, "aws") + ":s3:::" + c.S3BucketName
}

func keyOf(c trail.Config) string {
	if !strings.Contains(c.KMSKeyID, ":key/") { // an alias: CloudTrail answers with the key's ARN
		return ""
	}
	return c.KMSKeyID
}

func topicOf(c trail.Config) string { return c.SnsTopicARN }

func logGroupOf(c trail.Config) string { return strings.TrimSuffix(c.CloudWatchLogsLogGroupARN, ":*") }

// perBucket and perKey put a question to what the account's own trails rest on.

func perBucket(ask func(scope, Resource, []trail.State) verdict) func(scope) []judged {
	return perResource(trail.Bucket, bucketOf, existing("bucket", ask))
}

func perKey(ask func(scope, Resource, []trail.State) verdict) func(scope) []judged {
	return perResource(trail.Key, keyOf, existing("key", ask))
}

// existing answers for what is not there, or belongs to somebody whose settings cannot be read: that it is not there is a
// finding of the checks that ask for it, and no other has anything to say then.
func existing(what string, ask func(scope, Resource, []trail.State) verdict) func(scope, Resource, []trail.State) verdict {
	return func(s scope, r Resource, users []trail.State) verdict {
		identity := r.Setting(trail.Identity)
		owner, _ := identity.Get()
		switch {
		case identity.Knowledge() == trail.Absent:
			return notApplicable("the %s does not exist, which is a finding of its own", what)
		case owner.Text("Owner") == anotherAccount:
			return unknown("the %s belongs to an account that was not read: read that account too", what)
		}
		return ask(s, r, users)
	}
}

// anotherAccount is the owner of a bucket whose name the account has lost, or never had.
const anotherAccount = "another account"

// read decodes a setting; ok is false with the verdict to give if it is not known.
func read(r Resource, s trail.Setting, into any) (v verdict, ok bool) {
	document, known := r.Setting(s).Get()
	if !known {
		return notRead("its "+string(s), r.Setting(s)), false
	}
	if document.Empty() {
		return verdict{}, true
	}
	if err := json.Unmarshal([]byte(document), into); err != nil {
		return unknown("its %s cannot be understood", s), false
	}
	return verdict{}, true
}
