package inventory

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// resources reads resources, each once, with the credentials of the account whose they are, if that is among all.
func (r *reader) resources(ctx context.Context, all []*reader, list []trail.Resource) {
	wanted := map[string]trail.Resource{}
	for _, one := range list {
		if _, done := r.account.Resources[one.ARN]; !done {
			wanted[one.ARN] = one
		}
	}
	var todo []trail.Resource
	for _, one := range wanted {
		todo = append(todo, one)
	}
	awscloud.Each(todo, maxResources, func(one trail.Resource) {
		read := r.resource(ctx, all, one)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.account.Resources[one.ARN] = read
	})
}

func (r *reader) resource(ctx context.Context, all []*reader, one trail.Resource) posture.Resource {
	if one.Type == trail.Bucket {
		return r.bucket(ctx, all, one)
	}
	return owner(r, all, one.Account).observe(ctx, one)
}

// owner is the reader of an account; r itself, if nobody reads that.
func owner(r *reader, all []*reader, account string) *reader {
	if n := slices.IndexFunc(all, func(other *reader) bool { return other.account.ID == account && other.account.Failure == "" }); n >= 0 {
		return all[n]
	}
	return r
}

// observe reads the settings of a resource that checks ask for.
func (r *reader) observe(ctx context.Context, one trail.Resource) posture.Resource {
	read := posture.Resource{Type: one.Type, ARN: one.ARN, Region: one.Region, Account: one.Account}
	var wg sync.WaitGroup
	wg.Go(func() { read.Tags = r.tags(ctx, one) })
	read.State = r.cloud.ObserveResource(ctx, asked(one))
	wg.Wait()
	return read
}

// asked are the settings that are read of a kind. Of what the guard runs on, only those that say whether it runs.
func asked(one trail.Resource) trail.Resource {
	var settings []trail.Setting
	switch one.Type {
	case trail.Function:
		settings = []trail.Setting{"concurrency"}
	case trail.Queue, trail.Table, trail.EventBus:
	case trail.Key:
		settings = []trail.Setting{"state", "policy", "rotation"}
	default:
		return awscloud.Everything(one)
	}
	one.Settings = map[trail.Setting]trail.Document{}
	for _, s := range settings {
		one.Settings[s] = trail.EmptyDocument
	}
	return one
}

// bucket reads a bucket where most are, in the account and home region of the trail, and asks meanwhile where it really is. If it
// isn't that account's, the others are asked. Every call names the owner that is expected, so that a bucket of a stranger is never taken
// for one's own.
func (r *reader) bucket(ctx context.Context, all []*reader, one trail.Resource) posture.Resource {
	first := owner(r, all, one.Account)
	read, found := first.bucketOf(ctx, one)
	if found {
		return read
	}
	for _, other := range all {
		if other == first || other.account.Failure != "" {
			continue
		}
		if theirs, found := other.bucketOf(ctx, one); found {
			return theirs
		}
	}
	read.Region, read.Account = "", "" // nobody knows
	return read
}

// bucketOf reads a bucket as one of the reader's account; found is false if it is not, as far as anybody can tell.
func (r *reader) bucketOf(ctx context.Context, one trail.Resource) (read posture.Resource, found bool) {
	one.Account = r.account.ID
	var region string
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() { region, failed = r.cloud.BucketRegion(ctx, one.Region, one) })
	read = r.observe(ctx, one)
	wg.Wait()
	if failed == nil && region != one.Region {
		one.Region = region
		read = r.observe(ctx, one)
	}
	return read, ownerOf(read) == r.account.ID
}

// ownerOf is whose a bucket is; empty if that is not known.
func ownerOf(r posture.Resource) string {
	identity, _ := r.Setting(trail.Identity).Get()
	return identity.Text("Owner")
}

// watched lists the alarms that were found, and the targets of rules.
func (r *reader) watched() []trail.Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []trail.Resource
	for name, region := range r.account.Regions {
		alarms, _ := region.Alarms.Get()
		for _, arn := range alarms {
			list = append(list, trail.Resource{Type: trail.Alarm, ARN: arn, Region: name, Account: r.account.ID})
		}
	}
	for _, rule := range r.kind(trail.Rule) {
		targets, _ := rule.Setting("targets").Get()
		for _, target := range targets.Members() {
			list = append(list, known(target.Text("Arn"))...)
		}
	}
	return list
}

// kind lists the resources of a kind that have been read.
func (r *reader) kind(t trail.ResourceType) []posture.Resource {
	var list []posture.Resource
	for _, one := range r.account.Resources {
		if one.Type == t {
			list = append(list, one)
		}
	}
	return list
}

// known is the resource that an ARN names, if it is of a kind that can be read.
func known(arn string) []trail.Resource {
	parsed, err := trail.ParseResourceARN(arn)
	if err != nil || parsed.Region == "" {
		return nil
	}
	return []trail.Resource{{Type: parsed.Type, ARN: arn, Region: parsed.Region, Account: parsed.Account}}
}

// alarms finds the alarms on the metrics that are made of log groups, in each region that has one.
func (r *reader) alarms(ctx context.Context) {
	filters := map[string][]trail.Document{}
	for _, group := range r.kind(trail.LogGroup) {
		if document, read := group.Setting("metricFilters").Get(); read {
			filters[group.Region] = append(filters[group.Region], document)
		}
	}
	for name, documents := range filters {
		arns, err := r.cloud.AlarmsOn(ctx, name, documents...)
		r.mu.Lock()
		r.put(name, func(region *posture.Region) { region.Alarms = facet(arns, err) })
		r.mu.Unlock()
	}
}

// actions lists the topics that alarms lead to.
func (r *reader) actions() []trail.Resource {
	var list []trail.Resource
	for _, alarm := range r.kind(trail.Alarm) {
		document, _ := alarm.Setting("definition").Get()
		var definition struct{ AlarmActions []string }
		_ = json.Unmarshal([]byte(document), &definition) // of another shape: it leads nowhere
		for _, arn := range definition.AlarmActions {
			for _, found := range known(arn) {
				if found.Type == trail.Topic {
					list = append(list, found)
				}
			}
		}
	}
	return list
}

// topicKeys reads the keys of topics, which topics name by ARN, id or alias.
func (r *reader) topicKeys(ctx context.Context) {
	type named struct{ id, region string }
	wanted := map[named]bool{}
	for _, topic := range r.kind(trail.Topic) {
		document, _ := topic.Setting("encryption").Get()
		if id := document.Text("KmsMasterKeyId"); id != "" && !strings.HasSuffix(id, "alias/aws/sns") {
			wanted[named{id, topic.Region}] = true
		}
	}
	for key := range wanted {
		r.topicKey(ctx, key.id, key.region)
	}
}

func (r *reader) topicKey(ctx context.Context, id, region string) {
	region = cmp.Or(arnPart(id, 3), region)
	arn := id
	if !strings.Contains(id, ":key/") {
		client := kms.NewFromConfig(r.config, func(o *kms.Options) { o.Region = region })
		out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
		if err != nil || out.KeyMetadata == nil {
			return // the check says that it was not read
		}
		arn = aws.ToString(out.KeyMetadata.Arn)
	}
	key, read := r.account.Resources[arn]
	if !read {
		key = r.observe(ctx, trail.Resource{Type: trail.Key, ARN: arn, Region: region, Account: arnPart(arn, 4)})
	}
	if id != arn && !slices.Contains(key.Aliases, id) {
		key.Aliases = append(key.Aliases, id)
	}
	r.account.Resources[arn] = key
}
