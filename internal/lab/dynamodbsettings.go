package lab

import (
	"maps"
	"time"
)

// updateTimeToLive names the attribute by which items expire. The lab never deletes them: on AWS that takes days, and reads
// until then still return them.
func updateTimeToLive(c *call) (any, error) {
	var in struct {
		TableName               string
		TimeToLiveSpecification struct {
			AttributeName string
			Enabled       bool
		}
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.table(in.TableName)
	if err != nil {
		return nil, err
	}
	want := in.TimeToLiveSpecification
	switch {
	case want.AttributeName == "":
		return nil, invalidRequest("TimeToLiveSpecification.AttributeName is required")
	case want.Enabled && t.expiry != "":
		return nil, invalidRequest("TimeToLive is already enabled")
	case !want.Enabled && t.expiry == "":
		return nil, invalidRequest("TimeToLive is already disabled")
	case !want.Enabled && t.expiry != want.AttributeName:
		return nil, invalidRequest("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.expiry)
	}
	t.expiry = ""
	if want.Enabled {
		t.expiry = want.AttributeName
	}
	return c.answered(map[string]any{"TimeToLiveSpecification": map[string]any{"AttributeName": want.AttributeName, "Enabled": want.Enabled}}), nil
}

func describeTimeToLive(c *call) (any, error) {
	t, err := c.namedTable()
	if err != nil {
		return nil, err
	}
	description := map[string]string{"TimeToLiveStatus": "DISABLED"}
	if t.expiry != "" {
		description = map[string]string{"TimeToLiveStatus": "ENABLED", "AttributeName": t.expiry}
	}
	return map[string]any{"TimeToLiveDescription": description}, nil
}

// updateContinuousBackups turns point-in-time recovery on or off. Nothing can be restored from it in the lab.
func updateContinuousBackups(c *call) (any, error) {
	var in struct {
		TableName                        string
		PointInTimeRecoverySpecification *struct {
			PointInTimeRecoveryEnabled bool
			RecoveryPeriodInDays       *int
		}
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.table(in.TableName)
	if err != nil {
		return nil, err
	}
	want := in.PointInTimeRecoverySpecification
	if want == nil {
		return nil, invalidRequest("PointInTimeRecoverySpecification is required")
	}
	days := 35
	setIfGiven(&days, want.RecoveryPeriodInDays)
	if days < 1 || days > 35 {
		return nil, invalidRequest("RecoveryPeriodInDays must be from 1 to 35")
	}
	if want.PointInTimeRecoveryEnabled && !t.recovery {
		t.recoverySince = c.now
	}
	t.recovery, t.recoveryDays = want.PointInTimeRecoveryEnabled, days
	return c.answered(map[string]any{"ContinuousBackupsDescription": t.showBackups(c.now)}), nil
}

func describeContinuousBackups(c *call) (any, error) {
	t, err := c.namedTable()
	if err != nil {
		return nil, errorf("TableNotFoundException", "Table not found")
	}
	return map[string]any{"ContinuousBackupsDescription": t.showBackups(c.now)}, nil
}

func (t *table) showBackups(now time.Time) map[string]any {
	recovery := map[string]any{"PointInTimeRecoveryStatus": "DISABLED"}
	if t.recovery {
		earliest := now.AddDate(0, 0, -t.recoveryDays)
		if earliest.Before(t.recoverySince) {
			earliest = t.recoverySince
		}
		recovery = map[string]any{
			"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": t.recoveryDays,
			"EarliestRestorableDateTime": epoch{earliest}, "LatestRestorableDateTime": epoch{now},
		}
	}
	return map[string]any{"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
}

func (t *table) tag(tags []eventTag) error {
	together := maps.Clone(t.tags)
	for _, tag := range tags {
		together[tag.Key] = tag.Value
	}
	if len(together) > maxTags {
		return invalidRequest("A table has at most %d tags.", maxTags)
	}
	t.tags = together
	return nil
}

func tagTable(c *call) (any, error) {
	var in struct {
		ResourceArn string
		Tags        []eventTag
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.table(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, t.tag(in.Tags)
}

func untagTable(c *call) (any, error) {
	var in struct {
		ResourceArn string
		TagKeys     []string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.table(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(t.tags, key)
	}
	return nil, nil
}

func listTableTags(c *call) (any, error) {
	var in struct{ ResourceArn string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.table(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Tags": tagList(t.tags)}, nil
}
