package posture

import "github.com/trailhold/trailhold/internal/trail"

// destinations of a bucket's replication rules that are on.
func destinationsOf(b Resource) (buckets, accounts []string, v verdict, ok bool) {
	var parsed struct {
		Rules []struct {
			Status      string
			Destination struct{ Bucket, Account string }
		}
	}
	if v, ok = read(b, "replication", &parsed); !ok {
		return nil, nil, v, false
	}
	for _, r := range parsed.Rules {
		if r.Status == "Enabled" {
			buckets, accounts = append(buckets, r.Destination.Bucket), append(accounts, r.Destination.Account)
		}
	}
	return buckets, accounts, verdict{}, true
}

func replicated(_ scope, b Resource, _ []trail.State) verdict {
	buckets, _, v, ok := destinationsOf(b)
	switch {
	case !ok:
		return v
	case len(buckets) == 0:
		return fail("there is no copy of the log files")
	}
	return pass("log files are copied to %s", buckets[0]).with("Destination.Bucket", buckets[0])
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
	_, accounts, v, ok := destinationsOf(b)
	if !ok {
		return v
	}
	for _, account := range accounts {
		if account != "" && account != s.account.ID {
			return pass("log files are copied to account %s", account).with("Destination.Account", account)
		}
	}
	return fail("only this account holds the log files of %s", c.Name)
}

func ownerWords(owner string) string {
	if owner == anotherAccount {
		return owner
	}
	return "account " + owner
}
