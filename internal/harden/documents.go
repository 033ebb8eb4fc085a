package harden

import (
	"encoding/json"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// whole gives rules of a lifecycle without a filter the empty one, which documents leave out and S3 demands.
func whole(lifecycle trail.Document) trail.Document {
	object := asMap(lifecycle.Value())
	rules, _ := object["Rules"].([]any)
	for _, r := range rules {
		rule := asMap(r)
		if rule["Filter"] == nil && rule["Prefix"] == nil {
			rule["Filter"] = map[string]any{}
		}
	}
	text, _ := json.Marshal(object) // of decoded JSON
	return trail.Document(text)
}

// raised is a value as JSON with the API's capital names, and lowered with small ones, as CloudWatch Logs has them.
func raised(value any) string { return renamed(value, strings.ToUpper) }

func lowered(value any) string { return renamed(value, strings.ToLower) }

func renamed(value any, first func(string) string) string {
	text, _ := json.Marshal(value) // of our own types
	var decoded any
	_ = json.Unmarshal(text, &decoded)
	text, _ = json.Marshal(renamedKeys(decoded, first))
	return string(text)
}

func renamedKeys(value any, first func(string) string) any {
	switch v := value.(type) {
	case map[string]any:
		renamed := map[string]any{}
		for key, member := range v {
			renamed[first(key[:min(1, len(key))])+key[min(1, len(key)):]] = renamedKeys(member, first)
		}
		return renamed
	case []any:
		for n := range v {
			v[n] = renamedKeys(v[n], first)
		}
	}
	return value
}
