package inventory

import (
	"context"
	"strings"

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

// lists are what a region is asked without knowing anything of it. Each is asked once.
type lists struct {
	trails   *question[told[[]trail.Config]]
	stores   *question[trail.Facet[[]string]]
	rules    *question[trail.Facet[[]string]]
	recorder *question[trail.Facet[posture.ConfigRecorder]]
	detector *question[trail.Facet[posture.Detector]]
	hub      *question[trail.Facet[posture.Hub]]

	// What leads from a log group to people, and which is of interest only where a trail has a log group.
	filters *question[told[map[string]trail.Document]] // the metric filters of each log group
	alarms  *question[told[[]awscloud.MetricAlarm]]
	keys    *question[told[map[string]string]] // the keys' ids, by alias; asked where a topic names one
}

// listsOf are the lists of a region, which need not be enabled. Nothing is asked yet.
func (r *reader) listsOf(ctx context.Context, name string) *lists {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lists[name] == nil {
		r.lists[name] = r.newLists(ctx, name)
	}
	return r.lists[name]
}

func (r *reader) newLists(ctx context.Context, name string) *lists {
	return &lists{
		// Shadow trails are asked for: only so are those of the organization seen.
		trails:   fallible(&r.ahead, func() ([]trail.Config, error) { return r.cloud.ShownTrails(ctx, name) }),
		stores:   newQuestion(&r.ahead, func() trail.Facet[[]string] { return r.stores(ctx, name) }),
		rules:    newQuestion(&r.ahead, func() trail.Facet[[]string] { return r.rules(ctx, name) }),
		recorder: newQuestion(&r.ahead, func() trail.Facet[posture.ConfigRecorder] { return r.recorder(ctx, name) }),
		detector: newQuestion(&r.ahead, func() trail.Facet[posture.Detector] { return r.detector(ctx, name) }),
		hub:      newQuestion(&r.ahead, func() trail.Facet[posture.Hub] { return r.hub(ctx, name) }),
		filters:  fallible(&r.ahead, func() (map[string]trail.Document, error) { return r.cloud.MetricFilters(ctx, name) }),
		alarms:   fallible(&r.ahead, func() ([]awscloud.MetricAlarm, error) { return r.cloud.MetricAlarms(ctx, name) }),
		keys:     fallible(&r.ahead, func() (map[string]string, error) { return r.keysByAlias(ctx, name) }),
	}
}

// begin asks for all lists but the keys', before anybody wants them.
func (l *lists) begin() {
	l.trails.begin()
	l.stores.begin()
	l.rules.begin()
	l.recorder.begin()
	l.detector.begin()
	l.hub.begin()
	l.filters.begin()
	l.alarms.begin()
}

// region takes in the lists of a region that is enabled, each when it is there, and sets going the reading of what they name.
func (r *reader) region(ctx context.Context, name string) {
	l := r.listsOf(ctx, name)
	l.begin()
	r.put(name, func(region *posture.Region) { region.Alarms = trail.Gone[[]string]() }) // until a log group is found here
	r.regions.Go(func() {
		trails := l.trails.answer()
		r.put(name, func(region *posture.Region) { region.Trails = named(trails) })
		for _, c := range trails.value {
			r.found(ctx, c)
		}
	})
	r.regions.Go(func() {
		stores := l.stores.answer()
		r.put(name, func(region *posture.Region) { region.Stores = stores })
		r.listed(ctx, trail.EventDataStore, name, stores)
	})
	r.regions.Go(func() {
		rules := l.rules.answer()
		r.put(name, func(region *posture.Region) { region.Rules = rules })
		r.listed(ctx, trail.Rule, name, rules)
	})
	r.rest.Go(func() {
		recorder, detector, hub := l.recorder.answer(), l.detector.answer(), l.hub.answer()
		r.put(name, func(region *posture.Region) { region.Recorder, region.Detector, region.Hub = recorder, detector, hub })
	})
}

// named are the ARNs of the trails that a region shows.
func named(trails told[[]trail.Config]) trail.Facet[[]string] {
	arns := []string{}
	for _, c := range trails.value {
		arns = append(arns, c.ARN)
	}
	return facet(arns, trails.err)
}

// listed reads the account's own resources that a region's list has.
func (r *reader) listed(ctx context.Context, kind trail.ResourceType, region string, list trail.Facet[[]string]) {
	arns, _ := list.Get()
	for _, arn := range arns {
		r.visit(ctx, trail.Resource{Type: kind, ARN: arn, Region: region, Account: r.account.ID})
	}
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
