package trail

import (
	"slices"
	"strings"
)

// Without returns what of a document is not in another one: whole members, of objects that both have the members in which
// they differ, and of lists the members that the other list lacks.
func (d Document) Without(other Document) Document {
	rest, _ := without(d.Value(), other.Value())
	return documentOf(rest)
}

func without(value, other any) (rest any, differs bool) {
	switch v := value.(type) {
	case map[string]any:
		o, ok := other.(map[string]any)
		if !ok {
			break
		}
		kept := map[string]any{}
		for key, member := range v {
			if _, there := o[key]; !there {
				kept[key] = member
			} else if rest, differs := without(member, o[key]); differs {
				kept[key] = rest
			}
		}
		return kept, len(kept) > 0
	case []any:
		o, ok := other.([]any)
		if !ok {
			break
		}
		left := map[string]int{}
		for _, member := range o {
			left[encode(member)]++
		}
		kept := slices.DeleteFunc(slices.Clone(v), func(member any) bool {
			text := encode(member)
			left[text]--
			return left[text] >= 0
		})
		return kept, len(kept) > 0
	}
	return value, encode(value) != encode(other)
}

// Apart returns what separates Before and After, for people: where both are documents of a resource, which may be long,
// only the parts in which they differ, or words that say that nothing of one is missing in the other. It takes drifts that were just found and those that have been through JSON.
func (d Drift) Apart() (before, after any) {
	if d.Resource == "" || d.Before == nil || d.After == nil {
		return d.Before, d.After
	}
	want, err := NewDocument(d.Before)
	have, failed := NewDocument(d.After)
	if err != nil || failed != nil {
		return d.Before, d.After
	}
	return orWords(want, want.Without(have), "nothing is gone"), orWords(have, have.Without(want), "nothing was added")
}

func orWords(whole, rest Document, words string) any {
	if rest.Empty() && !whole.Empty() {
		return words
	}
	return rest
}

// ResourceLabel names a resource as people do: its kind and the last part of its ARN, such as "bucket audit-logs". It is
// empty for what is not the ARN of a resource that can be guarded, such as a trail's. The name may be hostile text.
func ResourceLabel(arn string) string {
	a, err := ParseResourceARN(arn)
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(a.Type), "-", " ") + " " + Resource{Type: a.Type, ARN: arn}.Name()
}
