package lab

import (
	"slices"
	"strings"
	"time"
)

type kmsTag struct{ TagKey, TagValue string }

// tag adds tags to the key; one whose key is there already replaces it.
func (k *kmsKey) tag(tags []kmsTag) error {
	all := slices.Clone(k.tags)
	for _, t := range tags {
		if t.TagKey == "" || len(t.TagKey) > maxTagKey || len(t.TagValue) > maxTagValue || strings.HasPrefix(t.TagKey, "aws:") {
			return errorf("TagException", "%.150q is not a valid tag", t.TagKey)
		}
		all = slices.DeleteFunc(all, func(have kmsTag) bool { return have.TagKey == t.TagKey })
		all = append(all, t)
	}
	if len(all) > maxKeyTags {
		return errorf("LimitExceededException", "A key can have at most %d tags.", maxKeyTags)
	}
	k.tags = all
	return nil
}

func tagKey(c *call, k *kmsKey) (any, error) {
	var in struct{ Tags []kmsTag }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return nil, k.tag(in.Tags)
}

func untagKey(c *call, k *kmsKey) (any, error) {
	var in struct{ TagKeys []string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	k.tags = slices.DeleteFunc(slices.Clone(k.tags), func(t kmsTag) bool { return slices.Contains(in.TagKeys, t.TagKey) })
	return nil, nil
}

// listKeyTags gives all tags at once, which are no more than a page.
func listKeyTags(_ *call, k *kmsKey) (any, error) {
	return map[string]any{"Tags": append([]kmsTag{}, k.tags...), "Truncated": false}, nil
}

// usualRotation is the rotation period where none is given, in days.
const usualRotation = 365

func enableKeyRotation(c *call, k *kmsKey) (any, error) {
	var in struct{ RotationPeriodInDays *int }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	period := usualRotation
	setIfGiven(&period, in.RotationPeriodInDays)
	if period < 90 || period > 2560 {
		return nil, errorf("ValidationException", "Value '%d' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value between 90 and 2560", period)
	}
	k.rotation, k.rotating = period, c.now
	return nil, nil
}

func disableKeyRotation(_ *call, k *kmsKey) (any, error) {
	k.rotation = 0
	return nil, nil
}

// getKeyRotationStatus says that a key that is to be deleted does not rotate, whatever is set.
func getKeyRotationStatus(c *call, k *kmsKey) (any, error) {
	answer := map[string]any{"KeyId": k.arn, "KeyRotationEnabled": false}
	if k.rotation == 0 || k.state == keyPending {
		return answer, nil
	}
	period := time.Duration(k.rotation) * 24 * time.Hour
	next := k.rotating.Add(period)
	for !next.After(c.now) {
		next = next.Add(period)
	}
	answer["KeyRotationEnabled"], answer["RotationPeriodInDays"], answer["NextRotationDate"] = true, k.rotation, epoch{next}
	return answer, nil
}
