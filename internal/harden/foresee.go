package harden

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// Foresee makes what tells how accounts would be once the remedies of findings were applied that an audit of this inventory has, with
// Commands for its Command. known are the IDs of those findings whose remedies have been played through: they are what a plan would
// do. What others would change, nobody can tell. The inventory stays as it is. The function that it returns is for one goroutine.
func Foresee(inv posture.Inventory, o Options) func(posture.Inventory, []posture.Finding) (after posture.Inventory, known []string) {
	command, all, given := Commands(inv, o), filters(), map[string]string{}
	o.Compliance = true
	playable := func(f posture.Finding) bool {
		if _, asked := given[f.ID]; !asked {
			given[f.ID] = lines(command(f))
		}
		return given[f.ID] != "" && given[f.ID] == lines(f.Remedy)
	}
	return func(inv posture.Inventory, findings []posture.Finding) (posture.Inventory, []string) {
		c := commander{inv: inv, options: o, filters: all, read: map[string]posture.Inventory{}}
		inv.Accounts = slices.Clone(inv.Accounts)
		var known []string
		for account, of := range byAccount(findings, playable) {
			read, ok := c.account(account)
			if !ok {
				continue
			}
			d := c.draft(read, of[0], o)
			d.paste = true
			known = append(known, d.play(of, o)...)
			if len(d.order) > 0 {
				d.fillNew()
				d.copyTo(inv)
			}
		}
		return inv, known
	}
}

// lines are those of a remedy that a shell runs.
func lines(remedy string) string {
	run, _, _ := strings.Cut(remedy, "\n# ")
	return run
}

func byAccount(findings []posture.Finding, wanted func(posture.Finding) bool) map[string][]posture.Finding {
	accounts := map[string][]posture.Finding{}
	for _, f := range findings {
		if wanted(f) {
			accounts[f.Account] = append(accounts[f.Account], f)
		}
	}
	return accounts
}

// play applies the remedies of findings to the draft, and returns the IDs of those that changed something.
func (d *draft) play(findings []posture.Finding, o Options) (known []string) {
	for _, f := range findings {
		d.check, d.dirty = f.Check, false
		d.options.Region = cmp.Or(o.Region, f.Region, trail.GlobalRegion(d.account.Partition))
		if d.act(f); !d.dirty {
			for _, check := range d.needs(f) {
				d.act(posture.Finding{Check: check, Account: f.Account, Region: f.Region, Status: posture.Fail})
			}
			if d.dirty {
				d.act(f)
			}
		}
		if d.dirty {
			known = append(known, f.ID)
		}
	}
	return known
}

// born is what AWS, or the command that makes it, gives a resource from its first day on. The draft takes a new resource for empty,
// since whatever it will have then is in its plan.
//
//   - Buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
//     and https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
//   - Whoever is asked for by name, confirms.
var born = map[trail.ResourceType]map[trail.Setting]string{
	trail.Bucket: {
		"encryption":        `{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}`,
		"ownershipControls": `{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}`,
		"publicAccessBlock": `{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`,
	},
	trail.Key:   {"state": `{"KeyState":"Enabled"}`},
	trail.Topic: {"subscriptions": `{"email asked":{}}`},
}

// fillNew gives what the draft has made what it is born with.
func (d *draft) fillNew() {
	for _, arn := range d.chosen.made {
		r := d.account.Resources[arn]
		r.State = maps.Clone(r.State)
		for s, text := range born[r.Type] {
			if document, _ := r.Setting(s).Get(); document.Empty() && (r.Type != trail.Topic || arn == d.chosen.topic) {
				document, _ = trail.ParseDocument([]byte(text)) // one of the above
				r.State[s] = trail.Known(document)
			}
		}
		d.account.Resources[arn] = r
	}
}

// copyTo puts what the draft has changed into all accounts of an inventory that know of it.
func (d *draft) copyTo(inv posture.Inventory) {
	for n := range inv.Accounts {
		a, own := &inv.Accounts[n], inv.Accounts[n].ID == d.account.ID
		if own {
			a.Trails, a.Regions = d.account.Trails, d.account.Regions
		}
		trails, resources := slices.Clone(a.Trails), maps.Clone(a.Resources)
		if resources == nil {
			resources = map[string]posture.Resource{}
		}
		for _, f := range d.order {
			if r, changed := d.account.Resources[f.arn]; changed {
				if _, known := resources[f.arn]; known || own {
					resources[f.arn] = r
				}
				continue
			}
			mine := slices.IndexFunc(d.account.Trails, func(t trail.State) bool { return t.ARN == f.arn })
			theirs := slices.IndexFunc(trails, func(t trail.State) bool { return t.ARN == f.arn })
			if mine >= 0 && theirs >= 0 {
				trails[theirs] = d.account.Trails[mine]
			}
		}
		a.Trails, a.Resources = trails, resources
	}
}
