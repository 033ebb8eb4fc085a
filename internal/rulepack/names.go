package rulepack

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/trailhold/trailhold/internal/sigma"
)

// eventNames has a line for each service that the pack has rules for, with its operations. The command below eventnames writes it.
//
//go:embed eventnames.txt
var eventNames string

// recordedOtherwise are operations whose records have another name than the operation.
var recordedOtherwise = map[string]string{
	"s3 PutBucketLifecycleConfiguration": "PutBucketLifecycle", "s3 GetBucketLifecycleConfiguration": "GetBucketLifecycle",
	"s3 PutBucketNotificationConfiguration": "PutBucketNotification", "s3 GetBucketNotificationConfiguration": "GetBucketNotification",
	"s3 PutObjectLockConfiguration": "PutBucketObjectLockConfiguration", "s3 GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
	"s3 PutPublicAccessBlock": "PutBucketPublicAccessBlock", "s3 GetPublicAccessBlock": "GetBucketPublicAccessBlock",
	"s3 DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
}

// noOperations are event names that records have although no operation is called so: what services record by themselves, and
// settings of whole accounts.
var noOperations = map[string][]string{
	"account":       {"CloseAccount"},
	"cloudtrail":    {"UpdateServiceLinkedChannel"},
	"kms":           {"DeleteExpiredKeyMaterial", "DeleteKey", "RotateKey", "SynchronizeMultiRegionKey"},
	"organizations": {"AccountDepartedOrganization", "AccountJoinedOrganization", "CloseAccountResult", "CreateAccountResult"},
	"s3": {
		"DeleteAccountPublicAccessBlock", "GetAccountPublicAccessBlock", "JobCreated", "JobStatusChanged", "PutAccountPublicAccessBlock",
	},
}

// known are the event names of each service, in lower case.
var known = sync.OnceValue(func() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for line := range strings.Lines(eventNames) {
		service, names, _ := strings.Cut(strings.TrimSpace(line), ": ")
		of := map[string]bool{}
		for _, name := range slices.Concat(strings.Fields(names), noOperations[service]) {
			if other := recordedOtherwise[service+" "+name]; other != "" {
				name = other
			}
			of[strings.ToLower(name)] = true
		}
		all[service+".amazonaws.com"] = of
	}
	return all
})

// Lint adds to [sigma.Lint] what is known of event names. A name is only doubted if all services that the rule names are
// among those whose operations are known here: AWS adds services and operations every week.
func Lint(r *sigma.Rule) []sigma.Warning {
	return sigma.Lint(r, namesFor(r))
}

func namesFor(r *sigma.Rule) sigma.Names {
	sources := r.Values("eventSource")
	for i, source := range sources {
		sources[i] = strings.ToLower(source)
		if known()[sources[i]] == nil {
			return sigma.Names{}
		}
	}
	if len(sources) == 0 {
		return sigma.Names{}
	}
	return sigma.Names{Event: func(name string) bool {
		return slices.ContainsFunc(sources, func(source string) bool {
			return known()[source][name] || source == "lambda.amazonaws.com" && known()[source][withoutVersion(name)]
		})
	}}
}

// withoutVersion cuts off the version of the API that Lambda puts behind some of its names: a date, and perhaps a v and a
// number.
func withoutVersion(name string) string {
	const digits = "0123456789"
	base := strings.TrimRight(name, digits)
	if strings.HasSuffix(base, "v") && len(base) < len(name) {
		base = strings.TrimRight(strings.TrimSuffix(base, "v"), digits)
	}
	return base
}
