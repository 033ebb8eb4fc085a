package lab

import (
	"slices"
	"strconv"
	"strings"
)

// selects says whether the trail's selection covers a record.
func (t *trail) selects(r *eventRecord) bool {
	if r.global && !t.global {
		return false
	}
	for _, s := range t.advanced {
		if s.matches(r) {
			return true
		}
	}
	for _, s := range t.basic {
		if s.matches(r) {
			return true
		}
	}
	return false
}

// matches of a data event asks whether one of the data resources is the object, or a prefix of its ARN.
func (s eventSelector) matches(r *eventRecord) bool {
	if r.object != "" {
		return slices.ContainsFunc(s.DataResources, func(d dataResource) bool {
			return d.Type == s3Objects && anyOf(d.Values, r.object, strings.HasPrefix)
		}) && (s.ReadWriteType == "All" || (s.ReadWriteType == "ReadOnly") == r.ReadOnly)
	}
	if !*s.IncludeManagementEvents || slices.Contains(s.ExcludeManagementEventSources, r.EventSource) {
		return false
	}
	return s.ReadWriteType == "All" || (s.ReadWriteType == "ReadOnly") == r.ReadOnly
}

// s3Objects is the one kind of data resource whose events the lab records, and of them the deletions.
const s3Objects = "AWS::S3::Object"

// matches holds if every field selector holds.
func (s advancedSelector) matches(r *eventRecord) bool {
	for _, f := range s.FieldSelectors {
		if !f.matches(r.field(f.Field)) {
			return false
		}
	}
	return true
}

// field is the text of a record's field that advanced selectors can name.
func (r *eventRecord) field(name string) string {
	switch name {
	case "eventCategory":
		return r.EventCategory
	case "readOnly":
		return strconv.FormatBool(r.ReadOnly)
	case "eventSource":
		return r.EventSource
	case "eventName":
		return r.EventName
	case "eventType":
		return r.EventType
	case "resources.ARN":
		return r.object
	case "resources.type":
		if r.object != "" {
			return s3Objects
		}
	case "userIdentity.arn":
		return r.UserIdentity.ARN
	case "sessionCredentialFromConsole":
		return "false"
	}
	return ""
}

// matches holds if some value of the positive operators matches (or there are none) and no value of the negative ones does.
func (f fieldSelector) matches(value string) bool {
	equal := func(a, b string) bool { return a == b }
	if f.Equals != nil || f.StartsWith != nil || f.EndsWith != nil {
		if !anyOf(f.Equals, value, equal) && !anyOf(f.StartsWith, value, strings.HasPrefix) && !anyOf(f.EndsWith, value, strings.HasSuffix) {
			return false
		}
	}
	return !anyOf(f.NotEquals, value, equal) && !anyOf(f.NotStartsWith, value, strings.HasPrefix) && !anyOf(f.NotEndsWith, value, strings.HasSuffix)
}

func anyOf(wanted []string, value string, holds func(value, wanted string) bool) bool {
	return slices.ContainsFunc(wanted, func(w string) bool { return holds(value, w) })
}

// logsWrites says whether the trail records write management events at all, which is what makes EventBridge carry them.
func (t *trail) logsWrites() bool { return t.logsManagement("ReadOnly", "true") }

// logsReads says whether the trail records read management events at all.
func (t *trail) logsReads() bool { return t.logsManagement("WriteOnly", "false") }

// logsManagement says whether some selector for management events is not confined to the other kind, as basic and
// advanced selectors write it.
func (t *trail) logsManagement(otherBasic, otherReadOnly string) bool {
	for _, s := range t.basic {
		if *s.IncludeManagementEvents && s.ReadWriteType != otherBasic {
			return true
		}
	}
	for _, s := range t.advanced {
		confined := slices.ContainsFunc(s.FieldSelectors, func(f fieldSelector) bool {
			return f.Field == "readOnly" && slices.Contains(f.Equals, otherReadOnly)
		})
		if s.category() == "Management" && !confined {
			return true
		}
	}
	return false
}

// logsData says whether the trail records data events of anything.
func (t *trail) logsData() bool {
	for _, s := range t.basic {
		if slices.ContainsFunc(s.DataResources, func(r dataResource) bool { return len(r.Values) > 0 }) {
			return true
		}
	}
	return slices.ContainsFunc(t.advanced, func(s advancedSelector) bool { return s.category() == "Data" })
}
