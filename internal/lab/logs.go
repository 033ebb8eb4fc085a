package lab

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits of log groups, from the API documentation and quotas of CloudWatch Logs; where the lab keeps fewer, its memory is
// the reason.
const (
	maxLogGroups     = 1000 // per account and region; AWS: 1,000,000
	maxLogStreams    = 1000 // per group; AWS: none
	maxLogEvents     = 50_000
	maxLogBytes      = 128 << 20 // of all events of a group
	maxLogMessage    = 1 << 20
	maxLogTags       = 50
	maxMetricFilters = 100
	maxSubscribers   = 2 // subscription filters of a group
	logsPage         = 50
)

// deletionLag is how long events outlive their retention period. Whoever lengthens it meanwhile keeps them.
const deletionLag = 72 * time.Hour

var logGroupName = regexp.MustCompile(`^[a-zA-Z0-9._/#-]{1,512}$`)

// logsState is the log groups of one account in one region.
type logsState struct {
	groups map[string]*logGroup
}

// logGroup is one log group. Its filters are kept and shown, but they do not run: the lab has no streams, and only the metrics
// that lines in the embedded metric format are.
type logGroup struct {
	name, arn      string // the ARN without :* at its end
	class          string
	key            string // ARN of the KMS key
	retention      int    // days; 0: for ever
	protected      bool   // against deletion
	tags           map[string]string
	created        time.Time
	metricFilters  map[string]*metricFilter
	subscribers    map[string]*subscriptionFilter
	protection     string // data protection policy; empty: none
	protectionTime time.Time
	streams        map[string]*logStream
	events         []logEvent // in order of ingestion
	size, ingested int
}

// logsService is Amazon CloudWatch Logs without queries, destinations and account policies.
var logsService = service{protocol: awsJSON, operations: map[string]operation{
	"CreateLogGroup":                {run: createLogGroup},
	"DescribeLogGroups":             {run: describeLogGroups, readOnly: true},
	"DeleteLogGroup":                {run: inGroup(deleteLogGroup)},
	"PutRetentionPolicy":            {run: inGroup(putRetentionPolicy)},
	"DeleteRetentionPolicy":         {run: inGroup(deleteRetentionPolicy)},
	"PutLogGroupDeletionProtection": {run: inGroup(putLogGroupDeletionProtection)},
	"AssociateKmsKey":               {run: inGroup(associateKmsKey)},
	"DisassociateKmsKey":            {run: inGroup(disassociateKmsKey)},
	"PutMetricFilter":               {run: inGroup(putMetricFilter)},
	"DescribeMetricFilters":         {run: describeMetricFilters, readOnly: true},
	"DeleteMetricFilter":            {run: inGroup(deleteMetricFilter)},
	"PutSubscriptionFilter":         {run: inGroup(putSubscriptionFilter)},
	"DescribeSubscriptionFilters":   {run: inGroup(describeSubscriptionFilters), readOnly: true},
	"DeleteSubscriptionFilter":      {run: inGroup(deleteSubscriptionFilter)},
	"PutDataProtectionPolicy":       {run: inGroup(putDataProtectionPolicy)},
	"GetDataProtectionPolicy":       {run: inGroup(getDataProtectionPolicy), readOnly: true},
	"DeleteDataProtectionPolicy":    {run: inGroup(deleteDataProtectionPolicy)},
	"ListTagsForResource":           {run: inGroup(listLogTags), readOnly: true},
	"TagResource":                   {run: inGroup(tagLogGroup)},
	"UntagResource":                 {run: inGroup(untagLogGroup)},
	"CreateLogStream":               {run: inGroup(createLogStream)},
	"DescribeLogStreams":            {run: inGroup(describeLogStreams), readOnly: true},
	"DeleteLogStream":               {run: inGroup(deleteLogStream)},
	"PutLogEvents":                  {run: inGroup(putLogEvents), silent: true},
	"GetLogEvents":                  {run: inGroup(getLogEvents), readOnly: true, silent: true},
	"FilterLogEvents":               {run: inGroup(filterLogEvents), readOnly: true, silent: true},
}}

// inGroup finds the log group that a request names: by its name, or by name or ARN as an identifier.
func inGroup(run func(*call, *logGroup) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		var in struct{ LogGroupName, LogGroupIdentifier, ResourceIdentifier, ResourceARN string }
		if err := c.decode(&in); err != nil {
			return nil, err
		}
		var given []string
		for _, name := range []string{in.LogGroupName, in.LogGroupIdentifier, in.ResourceIdentifier, in.ResourceARN} {
			if name != "" {
				given = append(given, name)
			}
		}
		if len(given) != 1 {
			return nil, invalidLog("the log group has to be named in exactly one way")
		}
		g, err := c.logGroup(given[0], in.LogGroupName == "")
		if err != nil {
			return nil, err
		}
		g.expire(c.now)
		return run(c, g)
	}
}

// logGroup finds a group of this account and region by its name or, where that will do, ARN.
func (c *call) logGroup(given string, byARN bool) (*logGroup, error) {
	name := given
	if parts, ok := splitARN(given, "logs"); ok && byARN {
		if parts.account != c.account.id || parts.region != c.region {
			return nil, invalidLog("%.600q is not in this account and region", given)
		}
		name = strings.TrimSuffix(strings.TrimPrefix(parts.resource, "log-group:"), ":*")
	}
	if !logGroupName.MatchString(name) {
		return nil, invalidLog("%.600q is not the name of a log group", given)
	}
	g := c.account.regions[c.region].logs.groups[name]
	if g == nil {
		return nil, noLogResource("The specified log group does not exist.")
	}
	return g, nil
}

func invalidLog(format string, args ...any) error {
	return errorf("InvalidParameterException", format, args...)
}

func noLogResource(message string) error { return errorf("ResourceNotFoundException", "%s", message) }

// logGroupByARN finds a log group of any account and region by its ARN with or without :* at the end, or nil.
func (l *Lab) logGroupByARN(arn string) *logGroup {
	parts, ok := splitARN(arn, "logs")
	if !ok || l.accounts[parts.account] == nil || l.accounts[parts.account].regions[parts.region] == nil {
		return nil
	}
	name := strings.TrimSuffix(strings.TrimPrefix(parts.resource, "log-group:"), ":*")
	return l.accounts[parts.account].regions[parts.region].logs.groups[name]
}

// mayKeep says whether CloudWatch Logs could encrypt a group's events with a key.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func (c *call) mayKeep(g *logGroup, key string) error {
	a := serviceAccess("logs."+c.region+".amazonaws.com", g.arn, "kms:GenerateDataKey", key)
	a.context["kms:encryptioncontext:aws:logs:arn"] = g.arn
	k := c.lab.keyByARN(key)
	if k == nil || k.region != c.region || k.trouble(a) != "" {
		return invalidLog("The specified KMS key does not exist, is disabled or is not allowed to be used with %s", g.arn)
	}
	return nil
}

// logPage is the paging of CloudWatch Logs' lists.
type logPage struct {
	Limit     *int
	NextToken string
}

// cut selects a page out of sorted names. The token is the last name of the page before.
func (p logPage) cut(names []string) (page []string, answer map[string]any, err error) {
	limit := logsPage
	setIfGiven(&limit, p.Limit)
	if limit < 1 || limit > logsPage {
		return nil, nil, invalidLog("limit must be from 1 to %d", logsPage)
	}
	page, next := pageAfter(names, p.NextToken, limit)
	answer = map[string]any{}
	if next != "" {
		answer["nextToken"] = next
	}
	return page, answer, nil
}

// sortedWith returns the keys of a map that have a prefix, sorted.
func sortedWith[T any](m map[string]T, prefix string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m)), func(name string) bool { return !strings.HasPrefix(name, prefix) })
}
