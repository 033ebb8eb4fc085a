package posture

import (
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// replicationRule is one of a bucket's replication.
type replicationRule struct {
	lifecycleRule // of which it has the status, the prefix and the filter
	Destination   struct{ Bucket, Account string }
}

// copies says whether the rule copies all files below a prefix. CloudTrail's files have no tags.
func (r replicationRule) copies(logs string) bool {
	return r.Status == "Enabled" && r.touches(logs) && strings.HasPrefix(logs, r.prefix())
}

// logsUnder is what the keys of all of a trail's log files begin with.
func (s scope) logsUnder(c trail.Config) string {
	if !c.IsOrganizationTrail {
		return logsOf(c) + accountIn(c.ARN) + "/CloudTrail/"
	}
	if o, known := s.account.Organization.Get(); known {
		return logsOf(c) + o.ID + "/"
	}
	return logsOf(c)
}

// destinationsOf are those of a bucket's replication rules that copy the log files of a trail.
func (s scope) destinationsOf(b Resource, c trail.Config) (buckets, accounts []string, v verdict, ok bool) {
	var parsed struct{ Rules []replicationRule }
	if v, ok = read(b, "replication", &parsed); !ok {
		return nil, nil, v, false
	}
	for _, r := range parsed.Rules {
		if r.copies(s.logsUnder(c)) {
			buckets, accounts = append(buckets, r.Destination.Bucket), append(accounts, r.Destination.Account)
		}
	}
	return buckets, accounts, verdict{}, true
}

func replicated(s scope, b Resource, users []trail.State) verdict {
	var parts []verdict
	for _, t := range users {
		c, _ := t.Config.Get()
		buckets, _, v, ok := s.destinationsOf(b, c)
		switch {
		case !ok:
			return v
		case len(buckets) == 0:
			return fail("there is no copy of the log files of %s", c.Name)
		}
		parts = append(parts, pass("log files are copied to %s", buckets[0]).with("Destination.Bucket", buckets[0]))
	}
	return all(parts...)
}

// copyElsewhere looks for a bucket, or the destination of a copy, that another account holds. A trail of the organization
// that writes into the management account's bucket counts for its members.
func copyElsewhere(s scope) verdict {
	verdicts := s.eachTrail(func(t trail.State, c trail.Config) verdict {
		if is, doubt := logging(t); is != yes {
			return is.verdict(doubt, "", "%s is not logging", c.Name)
		}
		if c.IsOrganizationTrail && !s.owns(t) {
			return pass("the organization trail %s is in the hands of account %s", c.Name, accountIn(t.ARN))
		}
		return s.heldElsewhere(c)
	})
	return some(fail("only this account holds its log files"), verdicts...)
}

func (s scope) heldElsewhere(c trail.Config) verdict {
	b, known := s.resource(bucketOf(c))
	if !known {
		return unknown("the bucket %s was not read", c.S3BucketName)
	}
	identity, _ := b.Setting(trail.Identity).Get()
	if owner := identity.Text("Owner"); owner != "" && owner != s.account.ID {
		return pass("the bucket %s belongs to %s", c.S3BucketName, ownerWords(owner)).with("owner", owner)
	}
	buckets, accounts, v, ok := s.destinationsOf(b, c)
	if !ok {
		return v
	}
	copied := []verdict{}
	for n := range buckets {
		copied = append(copied, s.copyHeld(buckets[n], accounts[n]))
	}
	return some(fail("only this account holds the log files of %s", c.Name), copied...)
}

// copyHeld says whether another account holds a copy. A rule names the account only where it makes that the owner of the files.
func (s scope) copyHeld(bucket, account string) verdict {
	if account == "" {
		r, _ := s.resource(bucket)
		owner, _ := r.Setting(trail.Identity).Get()
		account = owner.Text("Owner")
	}
	switch account {
	case s.account.ID:
		return fail("the copy in %s is in the same account", bucket)
	case "":
		return unknown("log files are copied to %s, and whose that bucket is was not read", bucket).with("Destination.Bucket", bucket)
	}
	return pass("log files are copied to %s", ownerWords(account)).with("Destination.Account", account)
}

func ownerWords(owner string) string {
	if owner == anotherAccount {
		return owner
	}
	return "account " + owner
}
