package privilege

import (
	"maps"
	"slices"
)

// here limits an action that takes no resource to the regions of the baseline.
var here = Limit{"`aws:RequestedRegion` is one of the baseline's", func(s subject) Condition { return equals("aws:RequestedRegion", s.scope.regions...) }}

// owned limits a write to buckets, whose names anybody can take, to those of their account.
var owned = Limit{"`aws:ResourceAccount` is the bucket's account", func(s subject) Condition {
	if s.everywhere { // an audit reads buckets of other accounts too, and each call names the owner that it expects
		return nil
	}
	return equals("aws:ResourceAccount", s.account)
}}

// passedTo limits a role to the service that it is for.
func passedTo(services ...string) Limit {
	return Limit{"`iam:PassedToService` is " + services[0], func(subject) Condition { return equals("iam:PassedToService", services...) }}
}

// via limits the use of keys to what a service does for the caller, in the keys' own regions.
func via(service string, keys Form) Limit {
	return Limit{"`kms:ViaService` is " + service, func(s subject) Condition {
		if s.blank {
			return nil
		}
		var hosts []string
		for _, arn := range keys.arns(s) {
			host := service + "." + arnPart(arn, 3) + ".amazonaws.com"
			if s.partition == "aws-cn" {
				host += ".cn"
			}
			hosts = append(hosts, host)
		}
		return equals("kms:ViaService", hosts...)
	}}
}

// withBoundary limits the making and limiting of a role to the boundary that the baseline has.
var withBoundary = Limit{"`iam:PermissionsBoundary` is the baseline's", func(s subject) Condition {
	if boundary := s.document("boundary").Text("PermissionsBoundary"); boundary != "" {
		return equals("iam:PermissionsBoundary", boundary)
	}
	return nil
}}

// wantedPolicies limits the attaching of policies to those that the baseline has.
var wantedPolicies = Limit{"`iam:PolicyARN` is one of the baseline's", func(s subject) Condition {
	if s.blank {
		return nil
	}
	return Condition{"ArnEquals": {"iam:PolicyARN": slices.Sorted(maps.Keys(s.document("attachedPolicies").Members()))}}
}}

// wantedServices limits trusted access to the services that the baseline has.
var wantedServices = Limit{"`organizations:ServicePrincipal` is one of the baseline's", func(s subject) Condition {
	return equals("organizations:ServicePrincipal", slices.Sorted(maps.Keys(s.document("trustedAccess").Members()))...)
}}

// delegatedServices limits delegation to the services that the baseline has.
var delegatedServices = Limit{"`organizations:ServicePrincipal` is one of the baseline's", func(s subject) Condition {
	services := map[string]bool{}
	for name := range s.document("delegatedAdministrators").Members() {
		_, service := delegation(name)
		services[service] = true
	}
	return equals("organizations:ServicePrincipal", slices.Sorted(maps.Keys(services))...)
}}

// grantees limits grants of a key to the principals that the baseline has.
var grantees = Limit{"`kms:GranteePrincipal` is one of the baseline's", func(s subject) Condition {
	if len(valuesIn(s.document("grants"), "GranteeServicePrincipal")) > 0 { // which the key does not name
		return nil
	}
	return equals("kms:GranteePrincipal", valuesIn(s.document("grants"), "GranteePrincipal")...)
}}

// forCloudTrail limits what concerns the organization's services to CloudTrail.
func forCloudTrail(key string) Limit {
	return Limit{"`" + key + "` is cloudtrail.amazonaws.com", func(subject) Condition { return equals(key, "cloudtrail.amazonaws.com") }}
}

// equals is no condition if there are no values: nothing is known of a template's.
func equals(key string, values ...string) Condition {
	if len(values) == 0 {
		return nil
	}
	return Condition{"StringEquals": {key: values}}
}
