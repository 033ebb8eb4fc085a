package lab

import (
	"slices"
	"unicode/utf8"
)

// Limits of tags.
const (
	maxTags        = 50
	maxTagKey      = 128
	maxTagValue    = 256
	maxResourceIDs = 20
)

type tag struct {
	Key   string
	Value *string `json:",omitempty"` // nil: the key has no value
}

func checkTag(t tag) error {
	if t.Key == "" || utf8.RuneCountInString(t.Key) > maxTagKey {
		return errorf("InvalidTagParameterException", "A tag key must have 1 to %d characters.", maxTagKey)
	}
	if t.Value != nil && utf8.RuneCountInString(*t.Value) > maxTagValue {
		return errorf("InvalidTagParameterException", "A tag value must have at most %d characters.", maxTagValue)
	}
	return nil
}

// mergeTags adds tags to a copy of have. A key may be given once; one that is there already gets the new value.
func mergeTags(have, add []tag) ([]tag, error) {
	all := slices.Clone(have)
	given := map[string]bool{}
	for _, t := range add {
		if err := checkTag(t); err != nil {
			return nil, err
		}
		if given[t.Key] {
			return nil, errorf("InvalidTagParameterException", "Duplicate tag key: %s", t.Key)
		}
		given[t.Key] = true
		if i := slices.IndexFunc(all, func(old tag) bool { return old.Key == t.Key }); i >= 0 {
			all[i] = t
			continue
		}
		if len(all) >= maxTags {
			return nil, errorf("TagsLimitExceededException", "A trail can have at most %d tags.", maxTags)
		}
		all = append(all, t)
	}
	return all, nil
}

type tagsInput struct {
	ResourceID string `json:"ResourceId"`
	TagsList   []tag
}

func (c *call) addTags() (any, error) {
	return nil, c.changeTags(mergeTags)
}

// removeTags removes by key; a value is not looked at.
func (c *call) removeTags() (any, error) {
	return nil, c.changeTags(func(have, remove []tag) ([]tag, error) {
		return slices.DeleteFunc(slices.Clone(have), func(t tag) bool {
			return slices.ContainsFunc(remove, func(r tag) bool { return r.Key == t.Key })
		}), nil
	})
}

func (c *call) changeTags(change func(have, given []tag) ([]tag, error)) error {
	var in tagsInput
	if err := c.decode(&in); err != nil {
		return err
	}
	if err := c.checkResourceID(in.ResourceID); err != nil {
		return err
	}
	e, err := c.writableTrail(in.ResourceID)
	if err != nil {
		return asResource(err)
	}
	t := *e.newest()
	if t.tags, err = change(t.tags, in.TagsList); err != nil {
		return err
	}
	e.publish(c, &t)
	return nil
}

// checkResourceID refuses what is not the ARN of a trail: the tag operations take no names.
func (c *call) checkResourceID(id string) error {
	r, err := c.parseTrailRef(id)
	if err != nil || !r.byARN {
		return errorf("CloudTrailARNInvalidException", "The specified resource ARN %.300q is not valid.", id)
	}
	return nil
}

// asResource puts "no such trail" in the tag operations' terms, which know neither TrailNotFoundException nor
// InvalidHomeRegionException.
func asResource(err error) error {
	api, ok := err.(*apiError)
	if ok && (api.Code == "TrailNotFoundException" || api.Code == "InvalidHomeRegionException") {
		return &apiError{Code: "ResourceNotFoundException", Message: api.Message}
	}
	return err
}

func (c *call) listTags() (any, error) {
	var in struct {
		ResourceIDList []string `json:"ResourceIdList"`
		NextToken      string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.NextToken != "" {
		return nil, errorf("InvalidTokenException", "The token is reserved for future use.")
	}
	if len(in.ResourceIDList) == 0 || len(in.ResourceIDList) > maxResourceIDs {
		return nil, errorf("CloudTrailARNInvalidException", "The list must have 1 to %d resource ARNs.", maxResourceIDs)
	}
	type resourceTag struct {
		ResourceID string `json:"ResourceId"`
		TagsList   []tag
	}
	list := []resourceTag{}
	for _, id := range in.ResourceIDList {
		if err := c.checkResourceID(id); err != nil {
			return nil, err
		}
		t, err := c.readTrail(id)
		if err != nil {
			return nil, asResource(err)
		}
		list = append(list, resourceTag{id, append([]tag{}, t.tags...)})
	}
	return map[string]any{"ResourceTagList": list}, nil
}
