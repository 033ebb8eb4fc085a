package trail

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Document is a configuration document of AWS's as canonical JSON, with the names that the API has: keys sorted, members
// that are null or empty left out, and lists sorted. So documents that mean the same are equal strings.
//
// Some things are kept, because they mean something: the members that verbatim names, as they are, and empty lists in the
// "Condition" of a policy's statement, which no request can fulfil.
type Document string

// verbatim names members that have a grammar of their own: in the patterns of EventBridge and SNS null is a value and numeric
// comparisons have an order, the data protection policies of CloudWatch Logs demand objects that are empty, and of a function's
// layers and its image's words the order matters.
var verbatim = []string{"EventPattern", "FilterPolicy", "ImageConfig", "Layers", "PolicyDocument"}

// EmptyDocument is the document of a setting that is not configured: a bucket without lifecycle rules, say.
const EmptyDocument Document = "{}"

// NewDocument makes the document of a value, as encoding/json writes it. It fails where that fails, and if the result is
// not a JSON object.
func NewDocument(value any) (Document, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	return ParseDocument(data)
}

// ParseDocument reads a JSON object.
func ParseDocument(data []byte) (Document, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // a number keeps all its digits
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "", fmt.Errorf("a document must be JSON: %w", err)
	}
	if _, ok := value.(map[string]any); !ok && value != nil {
		return "", fmt.Errorf("a document must be a JSON object, not %s", show(string(data)))
	}
	if decoder.More() {
		return "", fmt.Errorf("a document must be one JSON object; something follows it")
	}
	return documentOf(value), nil
}

// documentOf encodes a decoded JSON value.
func documentOf(value any) Document {
	value, _ = prune(value, false)
	if value == nil {
		return EmptyDocument
	}
	return Document(encode(value))
}

// encode is a decoded JSON value as JSON, which cannot fail.
func encode(value any) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(value)
	return strings.TrimSuffix(out.String(), "\n")
}

// prune drops what is null or empty, and sorts lists; ok says whether anything is left. In a condition, empty lists stay.
func prune(value any, condition bool) (pruned any, ok bool) {
	switch v := value.(type) {
	case nil:
		return nil, false
	case map[string]any:
		kept := map[string]any{}
		for key, member := range v {
			if slices.Contains(verbatim, key) && member != nil { // null is in their grammar, and not in their place
				kept[key] = member
			} else if m, ok := prune(member, condition || key == "Condition"); ok {
				kept[key] = m
			}
		}
		return kept, len(kept) > 0
	case []any:
		kept := []any{}
		for _, member := range v {
			if m, ok := prune(member, condition); ok {
				kept = append(kept, m)
			}
		}
		slices.SortFunc(kept, func(a, b any) int { return cmp.Compare(encode(a), encode(b)) })
		return kept, len(kept) > 0 || condition
	}
	return value, true
}

// Empty says whether the document says nothing.
func (d Document) Empty() bool { return d == "" || d == EmptyDocument }

// Members returns the document's members as documents of their own. A member that is no object is wrapped into one, under
// the key "Value".
func (d Document) Members() map[string]Document {
	members := map[string]Document{}
	for key, value := range d.object() {
		if _, ok := value.(map[string]any); !ok {
			value = map[string]any{"Value": value}
		}
		members[key] = documentOf(value)
	}
	return members
}

// Text returns a member that is a string; empty if there is none.
func (d Document) Text(key string) string {
	text, _ := d.object()[key].(string)
	return text
}

// Flag returns a member that is a boolean; false if there is none.
func (d Document) Flag(key string) bool {
	flag, _ := d.object()[key].(bool)
	return flag
}

// Number returns a member that is a whole number; false if there is none.
func (d Document) Number(key string) (int64, bool) {
	number, _ := d.object()[key].(json.Number)
	n, err := number.Int64()
	return n, err == nil
}

// Value returns the decoded document; numbers are json.Number.
func (d Document) Value() any { return any(d.object()) }

func (d Document) object() map[string]any {
	decoder := json.NewDecoder(strings.NewReader(string(d)))
	decoder.UseNumber()
	object := map[string]any{}
	_ = decoder.Decode(&object) // a Document is valid JSON, or empty
	return object
}

// MarshalJSON writes the document itself.
func (d Document) MarshalJSON() ([]byte, error) { return []byte(d.orEmpty()), nil }

// UnmarshalJSON reads a JSON object.
func (d *Document) UnmarshalJSON(data []byte) (err error) {
	*d, err = ParseDocument(data)
	return err
}

func (d Document) orEmpty() Document {
	if d == "" {
		return EmptyDocument
	}
	return d
}
