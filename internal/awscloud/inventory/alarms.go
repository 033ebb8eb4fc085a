package inventory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// alarmsOfGroup reads the alarms on a trail's log group by the region's list of metric filters, which is there before the group's own.
// Where it can't be had, the group's own leads to them.
func (r *reader) alarmsOfGroup(ctx context.Context, group trail.Resource) {
	if group.Account != r.account.ID {
		return
	}
	if filters := r.listsOf(ctx, group.Region).filters.answer(); filters.err == nil {
		r.alarmsOn(ctx, group.Region, filters.value[group.Name()])
	}
}

// alarmsOn reads the alarms on the metrics that metric filters make, and the topics that they lead to.
func (r *reader) alarmsOn(ctx context.Context, region string, filters trail.Document) {
	alarms := r.listsOf(ctx, region).alarms.answer()
	var arns []string
	for _, a := range alarms.value {
		if a.Watches(filters) {
			arns = append(arns, a.ARN())
			r.alarm(ctx, region, a)
		}
	}
	r.put(region, func(region *posture.Region) {
		had, _ := region.Alarms.Get()
		region.Alarms = facet(slices.Compact(slices.Sorted(slices.Values(append(arns, had...)))), alarms.err)
	})
}

func (r *reader) alarm(ctx context.Context, region string, a awscloud.MetricAlarm) {
	if !r.first(a.ARN()) {
		return
	}
	for _, arn := range a.Actions() {
		if one, ok := known(arn); ok && one.Type == trail.Topic {
			r.visit(ctx, one)
		}
	}
	r.rest.Go(func() {
		r.keep(posture.Resource{Type: trail.Alarm, ARN: a.ARN(), Region: region, Account: r.account.ID, State: r.cloud.ObserveAlarm(ctx, region, a)})
	})
}

// topicKey reads the key of a topic, which the topic names by ARN, id or alias.
func (r *reader) topicKey(ctx context.Context, topic posture.Resource) {
	document, _ := topic.Setting("encryption").Get()
	id := document.Text("KmsMasterKeyId")
	if id == "" || strings.HasSuffix(id, "alias/aws/sns") {
		return
	}
	arn := r.keyNamed(ctx, id, topic)
	if arn == "" {
		return // the check says that it was not read
	}
	if id != arn {
		r.mu.Lock()
		r.aliases[arn] = append(r.aliases[arn], id)
		r.mu.Unlock()
	}
	r.visit(ctx, trail.Resource{Type: trail.Key, ARN: arn, Region: arnPart(arn, 3), Account: arnPart(arn, 4)})
}

// keyNamed is the ARN of the key that a topic names. An alias stands in the account's list of them, which was asked for with the topic;
// of a key that is found by neither, KMS is asked.
func (r *reader) keyNamed(ctx context.Context, id string, topic posture.Resource) string {
	region, account := cmp.Or(arnPart(id, 3), topic.Region), cmp.Or(arnPart(id, 4), topic.Account)
	_, alias, aliased := strings.Cut(id, "alias/")
	key := ""
	switch {
	case strings.Contains(id, ":key/"):
		return id
	case !aliased:
		key = id
	case account == r.account.ID:
		key = r.listsOf(ctx, region).keys.answer().value["alias/"+alias]
	}
	if key != "" {
		return "arn:" + r.account.Partition + ":kms:" + region + ":" + account + ":key/" + key
	}
	client := kms.NewFromConfig(r.config, func(o *kms.Options) { o.Region = region })
	out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
	if err != nil || out.KeyMetadata == nil {
		return ""
	}
	return aws.ToString(out.KeyMetadata.Arn)
}

// maxAliasPages bounds the pages of a region's aliases, each of 100. Where there are more, KMS is asked for the one.
const maxAliasPages = 2

// keysByAlias lists the ids of a region's keys, by their aliases.
func (r *reader) keysByAlias(ctx context.Context, region string) (map[string]string, error) {
	client := kms.NewFromConfig(r.config, func(o *kms.Options) { o.Region = region })
	list, err := awscloud.Listed("ListAliases", maxAliasPages, func(token *string) ([]kmstypes.AliasListEntry, *string, error) {
		out, err := client.ListAliases(ctx, &kms.ListAliasesInput{Limit: aws.Int32(100), Marker: token})
		if err != nil {
			return nil, nil, awscloud.Failure(ctx, "ListAliases", err)
		}
		return out.Aliases, out.NextMarker, nil
	})
	keys := map[string]string{}
	for _, a := range list {
		keys[aws.ToString(a.AliasName)] = aws.ToString(a.TargetKeyId)
	}
	return keys, err
}
