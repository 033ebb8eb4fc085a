package inventory

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxPages bounds lists: of event data stores, rules and the like.
const maxPages = 20

// region reads which trails, event data stores and rules a region has. What watches there is read aside.
func (r *reader) region(ctx context.Context, name string) {
	r.aside(func() func() {
		read := r.recorder(ctx, name)
		return func() { r.put(name, func(region *posture.Region) { region.Recorder = read }) }
	})
	r.aside(func() func() {
		read := r.detector(ctx, name)
		return func() { r.put(name, func(region *posture.Region) { region.Detector = read }) }
	})
	r.aside(func() func() {
		read := r.hub(ctx, name)
		return func() { r.put(name, func(region *posture.Region) { region.Hub = read }) }
	})
	var trails, stores, rules trail.Facet[[]string]
	var configs []trail.Config
	var wg sync.WaitGroup
	wg.Go(func() { trails, configs = r.shown(ctx, name) })
	wg.Go(func() { stores = r.stores(ctx, name) })
	wg.Go(func() { rules = r.rules(ctx, name) })
	wg.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(name, func(region *posture.Region) {
		region.Trails, region.Stores, region.Rules = trails, stores, rules
		region.Alarms = trail.Gone[[]string]() // until a log group is found here
	})
	for _, c := range configs {
		if !knows(r.configs, c.ARN) {
			r.configs = append(r.configs, c)
		}
	}
}

// put changes what is known of a region. The reader is locked.
func (r *reader) put(name string, change func(*posture.Region)) {
	region := r.account.Regions[name]
	change(&region)
	r.account.Regions[name] = region
}

func knows(configs []trail.Config, arn string) bool {
	for _, c := range configs {
		if c.ARN == arn {
			return true
		}
	}
	return false
}

// shown lists the trails that a region shows. Shadow trails are asked for: only so are those of the organization seen.
func (r *reader) shown(ctx context.Context, region string) (trail.Facet[[]string], []trail.Config) {
	list, err := r.cloud.ShownTrails(ctx, region)
	if err != nil {
		return trail.NotKnown[[]string](err.Error()), nil
	}
	arns := []string{}
	for _, c := range list {
		arns = append(arns, c.ARN)
	}
	return trail.Known(arns), list
}

func (r *reader) stores(ctx context.Context, region string) trail.Facet[[]string] {
	client := r.cloud.CloudTrail(region)
	arns, err := awscloud.Listed("ListEventDataStores", maxPages, func(token *string) ([]string, *string, error) {
		out, err := client.ListEventDataStores(ctx, &cloudtrail.ListEventDataStoresInput{NextToken: token})
		if err != nil {
			return nil, nil, awscloud.Failure(ctx, "ListEventDataStores", err)
		}
		var page []string
		for _, s := range out.EventDataStores {
			page = append(page, aws.ToString(s.EventDataStoreArn))
		}
		return page, out.NextToken, nil
	})
	return facet(arns, err)
}

// rules lists the rules of the default bus that listen to CloudTrail. Their patterns name it, or name no source at all.
func (r *reader) rules(ctx context.Context, region string) trail.Facet[[]string] {
	client := eventbridge.NewFromConfig(r.config, func(o *eventbridge.Options) { o.Region = region })
	rules, err := awscloud.Listed("ListRules", maxPages, func(token *string) ([]ebtypes.Rule, *string, error) {
		out, err := client.ListRules(ctx, &eventbridge.ListRulesInput{NextToken: token, Limit: aws.Int32(100)})
		if err != nil {
			return nil, nil, awscloud.Failure(ctx, "ListRules", err)
		}
		return out.Rules, out.NextToken, nil
	})
	arns := []string{}
	for _, rule := range rules {
		pattern := aws.ToString(rule.EventPattern)
		if strings.Contains(pattern, "cloudtrail") || strings.Contains(pattern, "via CloudTrail") {
			arns = append(arns, aws.ToString(rule.Arn))
		}
	}
	return facet(arns, err)
}

// facet is a list that was read, or why it was not.
func facet[T any](list []T, err error) trail.Facet[[]T] {
	if err != nil {
		return trail.NotKnown[[]T](err.Error())
	}
	if list == nil {
		list = []T{}
	}
	return trail.Known(list)
}
