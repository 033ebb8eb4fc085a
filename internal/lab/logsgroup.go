package lab

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// retentions are the periods that a group can have, in days.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func createLogGroup(c *call) (any, error) {
	var in struct {
		LogGroupName, KmsKeyID, LogGroupClass string
		DeletionProtectionEnabled             bool
		Tags                                  map[string]string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !logGroupName.MatchString(in.LogGroupName) || strings.HasPrefix(in.LogGroupName, "aws/") {
		return nil, invalidLog("%.600q is not the name of a log group", in.LogGroupName)
	}
	if in.LogGroupClass == "" {
		in.LogGroupClass = "STANDARD"
	}
	if !slices.Contains([]string{"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"}, in.LogGroupClass) {
		return nil, invalidLog("%.50q is not a log group class", in.LogGroupClass)
	}
	s := &c.account.regions[c.region].logs
	if s.groups[in.LogGroupName] != nil {
		return nil, errorf("ResourceAlreadyExistsException", "The specified log group already exists")
	}
	if len(s.groups) >= maxLogGroups {
		return nil, errorf("LimitExceededException", "the lab keeps at most %d log groups per account and region", maxLogGroups)
	}
	g := &logGroup{
		name: in.LogGroupName, arn: "arn:aws:logs:" + c.region + ":" + c.account.id + ":log-group:" + in.LogGroupName,
		class: in.LogGroupClass, protected: in.DeletionProtectionEnabled, created: c.now, tags: map[string]string{},
		metricFilters: map[string]*metricFilter{}, subscribers: map[string]*subscriptionFilter{}, streams: map[string]*logStream{},
	}
	if err := g.tag(in.Tags); err != nil {
		return nil, err
	}
	if in.KmsKeyID != "" {
		if err := c.mayKeep(g, in.KmsKeyID); err != nil {
			return nil, err
		}
		g.key = in.KmsKeyID
	}
	if s.groups == nil {
		s.groups = map[string]*logGroup{}
	}
	s.groups[g.name] = g
	return nil, nil
}

// logGroupAnswer is a log group as DescribeLogGroups shows it.
type logGroupAnswer struct {
	Arn                       string `json:"arn"`
	LogGroupArn               string `json:"logGroupArn"`
	LogGroupName              string `json:"logGroupName"`
	LogGroupClass             string `json:"logGroupClass"`
	CreationTime              int64  `json:"creationTime"` // milliseconds since 1970, like all times of this service
	KmsKeyID                  string `json:"kmsKeyId,omitempty"`
	RetentionInDays           int    `json:"retentionInDays,omitempty"`
	MetricFilterCount         int    `json:"metricFilterCount"`
	StoredBytes               int    `json:"storedBytes"`
	DataProtectionStatus      string `json:"dataProtectionStatus,omitempty"`
	DeletionProtectionEnabled bool   `json:"deletionProtectionEnabled"`
}

func (g *logGroup) answer() logGroupAnswer {
	a := logGroupAnswer{
		Arn: g.arn + ":*", LogGroupArn: g.arn, LogGroupName: g.name, LogGroupClass: g.class, CreationTime: g.created.UnixMilli(),
		KmsKeyID: g.key, RetentionInDays: g.retention, MetricFilterCount: len(g.metricFilters), StoredBytes: g.size,
		DeletionProtectionEnabled: g.protected,
	}
	switch {
	case g.protection != "":
		a.DataProtectionStatus = "ACTIVATED"
	case !g.protectionTime.IsZero():
		a.DataProtectionStatus = "DELETED"
	}
	return a
}

func describeLogGroups(c *call) (any, error) {
	var in struct {
		logPage
		LogGroupNamePrefix, LogGroupNamePattern, LogGroupClass string
		LogGroupIdentifiers                                    []string
		IncludeLinkedAccounts                                  bool
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "" || in.IncludeLinkedAccounts {
		return nil, invalidLog("a prefix and a pattern exclude each other, and the lab links no accounts")
	}
	groups := c.account.regions[c.region].logs.groups
	names := slices.DeleteFunc(sortedWith(groups, in.LogGroupNamePrefix), func(name string) bool {
		return !strings.Contains(name, in.LogGroupNamePattern) || in.LogGroupClass != "" && groups[name].class != in.LogGroupClass ||
			len(in.LogGroupIdentifiers) > 0 && !slices.Contains(in.LogGroupIdentifiers, name) && !slices.Contains(in.LogGroupIdentifiers, groups[name].arn)
	})
	page, answer, err := in.cut(names)
	if err != nil {
		return nil, err
	}
	list := []logGroupAnswer{}
	for _, name := range page {
		groups[name].expire(c.now)
		list = append(list, groups[name].answer())
	}
	answer["logGroups"] = list
	return answer, nil
}

func deleteLogGroup(c *call, g *logGroup) (any, error) {
	if err := g.deletable(); err != nil {
		return nil, err
	}
	delete(c.account.regions[c.region].logs.groups, g.name)
	return nil, nil
}

// deletable refuses while the group is protected. The documentation does not say with which error; ValidationException is
// the one that DeleteLogGroup got together with the protection (a guess).
func (g *logGroup) deletable() error {
	if g.protected {
		return errorf("ValidationException", "Log group %s cannot be deleted: deletion protection is enabled.", g.name)
	}
	return nil
}

func putRetentionPolicy(c *call, g *logGroup) (any, error) {
	var in struct{ RetentionInDays int }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !slices.Contains(retentions, in.RetentionInDays) {
		return nil, invalidLog("%d days is not a retention period that a log group can have", in.RetentionInDays)
	}
	g.retention = in.RetentionInDays
	return nil, nil
}

func deleteRetentionPolicy(_ *call, g *logGroup) (any, error) {
	g.retention = 0
	return nil, nil
}

func putLogGroupDeletionProtection(c *call, g *logGroup) (any, error) {
	var in struct{ DeletionProtectionEnabled *bool }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.DeletionProtectionEnabled == nil {
		return nil, invalidLog("deletionProtectionEnabled is required")
	}
	g.protected = *in.DeletionProtectionEnabled
	return nil, nil
}

func associateKmsKey(c *call, g *logGroup) (any, error) {
	var in struct{ KmsKeyID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.mayKeep(g, in.KmsKeyID); err != nil {
		return nil, err
	}
	g.key = in.KmsKeyID
	return nil, nil
}

func disassociateKmsKey(_ *call, g *logGroup) (any, error) {
	g.key = ""
	return nil, nil
}

func (g *logGroup) tag(tags map[string]string) error {
	all := maps.Clone(g.tags)
	for key, value := range tags {
		if key == "" || len(key) > maxTagKey || len(value) > maxTagValue || strings.HasPrefix(key, "aws:") {
			return invalidLog("%.150q is not a valid tag", key)
		}
		all[key] = value
	}
	if len(all) > maxLogTags {
		return errorf("TooManyTagsException", "A resource can have no more than %d tags.", maxLogTags)
	}
	g.tags = all
	return nil
}

func tagLogGroup(c *call, g *logGroup) (any, error) {
	var in struct{ Tags map[string]string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return nil, g.tag(in.Tags)
}

func untagLogGroup(c *call, g *logGroup) (any, error) {
	var in struct{ TagKeys []string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	all := maps.Clone(g.tags) // an answer may still be reading the old ones
	for _, key := range in.TagKeys {
		delete(all, key)
	}
	g.tags = all
	return nil, nil
}

func listLogTags(_ *call, g *logGroup) (any, error) { return map[string]any{"tags": g.tags}, nil }

// maxProtection bounds a data protection policy, in bytes.
const maxProtection = 30_720

func putDataProtectionPolicy(c *call, g *logGroup) (any, error) {
	var in struct{ PolicyDocument string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if g.class != "STANDARD" {
		return nil, notStandard(g)
	}
	if err := checkProtection(in.PolicyDocument); err != nil {
		return nil, err
	}
	g.protection, g.protectionTime = in.PolicyDocument, c.now
	return c.answered(g.protectionAnswer()), nil
}

// checkProtection checks the two statements of a data protection policy: one that audits and one that masks the same data.
func checkProtection(document string) error {
	var policy struct {
		Statement []struct {
			DataIdentifier []string
			Operation      struct {
				Audit, Deidentify *struct{ FindingsDestination, MaskConfig json.RawMessage }
			}
		}
	}
	if len(document) > maxProtection || json.Unmarshal([]byte(document), &policy) != nil || len(policy.Statement) != 2 {
		return invalidLog("a data protection policy is JSON of at most %d characters with two statements", maxProtection)
	}
	audit, mask := policy.Statement[0], policy.Statement[1]
	if audit.Operation.Audit == nil || audit.Operation.Audit.FindingsDestination == nil || mask.Operation.Deidentify == nil ||
		mask.Operation.Deidentify.MaskConfig == nil || len(audit.DataIdentifier) == 0 || !slices.Equal(audit.DataIdentifier, mask.DataIdentifier) {
		return invalidLog("a data protection policy audits (with a FindingsDestination) and de-identifies (with a MaskConfig) the same DataIdentifier")
	}
	return nil
}

type protectionAnswer struct {
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	PolicyDocument     string `json:"policyDocument,omitempty"`
	LastUpdatedTime    int64  `json:"lastUpdatedTime,omitempty"`
}

func (g *logGroup) protectionAnswer() protectionAnswer {
	a := protectionAnswer{LogGroupIdentifier: g.arn, PolicyDocument: g.protection}
	if g.protection != "" {
		a.LastUpdatedTime = g.protectionTime.UnixMilli()
	}
	return a
}

func getDataProtectionPolicy(_ *call, g *logGroup) (any, error) { return g.protectionAnswer(), nil }

func deleteDataProtectionPolicy(_ *call, g *logGroup) (any, error) {
	g.protection = ""
	return nil, nil
}

// expire deletes the events whose retention period ended long enough ago.
func (g *logGroup) expire(now time.Time) {
	if g.retention == 0 {
		return
	}
	oldest := now.Add(-deletionLag - time.Duration(g.retention)*24*time.Hour).UnixMilli()
	g.forget(func(e logEvent) bool { return e.timestamp < oldest })
}
