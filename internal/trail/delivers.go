package trail

import (
	"fmt"
	"slices"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/severity"
)

// judgePolicies asks the policies in force whether they let CloudTrail deliver the trail's files and notifications. Being
// equal to the baseline proves nothing if the baseline's own policy keeps CloudTrail out; and what a change of a policy
// means, only this question tells.
func judgePolicies(want Guarded, have State, result *Difference) {
	delivery := policy.Delivery{
		TrailARN: want.ARN, Organization: want.IsOrganizationTrail, Bucket: want.S3BucketName, Prefix: want.S3KeyPrefix,
		Validation: want.LogFileValidationEnabled, Insights: want.Insights != nil && len(*want.Insights) > 0,
		KeyARN: want.KMSKeyID, TopicARN: want.SnsTopicARN,
	}
	for _, r := range want.Dependents {
		inForce, known := have.Dependents[r.ARN]["policy"].Get()
		if !known {
			continue
		}
		text := ""
		if !inForce.Empty() {
			text = string(inForce)
		}
		switch {
		case r.Type == Bucket && r.Name() == want.S3BucketName:
			delivery.BucketAccount, delivery.BucketRegion = r.Account, r.Region
			result.judge(r, delivery.CheckBucket(text))
		case r.Type == Key && r.ARN == want.KMSKeyID:
			result.judge(r, delivery.CheckKey(text))
		case r.Type == Topic && r.ARN == want.SnsTopicARN:
			result.judge(r, delivery.CheckTopic(text))
		}
	}
}

// judge adds to the drift of a policy what it means for delivery; or, where the policy is the baseline's own and yet keeps
// CloudTrail out, a drift that nothing can mend but another baseline.
func (d *Difference) judge(r Resource, obstacles []policy.Obstacle) {
	obstacles = slices.DeleteFunc(obstacles, func(o policy.Obstacle) bool { return o.Kind == policy.Unclear })
	n := slices.IndexFunc(d.Drifts, func(drift Drift) bool { return drift.Resource == r.ARN && drift.Field == FieldOf(r.Type, "policy") })
	switch {
	case n >= 0 && len(obstacles) == 0:
		d.Drifts[n].Severity = min(d.Drifts[n].Severity, severity.Medium)
		d.Drifts[n].Detail += "; CloudTrail can still deliver"
	case n >= 0:
		d.Drifts[n].Detail += "; CloudTrail cannot deliver: " + inWords(obstacles)
	case len(obstacles) > 0:
		d.add(Drift{Field: FieldDelivery, Resource: r.ARN, After: inWords(obstacles), Direction: Narrowing, Severity: severity.High,
			Detail: "the policy is as the baseline says, but keeps CloudTrail from delivering: mend the policy and capture the baseline again"})
	}
}

// inWords is the first obstacle, and how many more there are.
func inWords(obstacles []policy.Obstacle) string {
	text := obstacles[0].String()
	if more := len(obstacles) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// samePolicy says whether two policies mean the same. AWS rewrites the policies that it stores: lists of one, account ids.
func samePolicy(a, b Document) bool { return policy.Equal(string(a), string(b)) }
