package alerts

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/channel"
)

func nopHub(string) channel.FindingImporter { return nil }

func nopBus(string, string) channel.EventPutter { return nil }

func compile(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("alerts.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("alerts.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON is YAML as a JSON Schema sees it.
func asJSON(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestSchemaKnowsEveryKey compares the schema with the tables that Parse uses.
func TestSchemaKnowsEveryKey(t *testing.T) {
	var schema struct {
		Defs map[string]struct {
			Required   []string                   `json:"required"`
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	for _, k := range types {
		def := schema.Defs[k.name]
		var names []string
		for name := range def.Properties {
			names = append(names, name)
		}
		slices.Sort(names)
		want := slices.Sorted(slices.Values(append([]string{"name", "type"}, k.keys...)))
		need := slices.Sorted(slices.Values(append([]string{"name", "type"}, k.needs...)))
		if !slices.Equal(names, want) || !slices.Equal(slices.Sorted(slices.Values(def.Required)), need) {
			t.Errorf("%s: the schema has %v and needs %v, Parse has %v and needs %v", k.name, names, def.Required, want, need)
		}
	}
	if err := compile(t).Validate(asJSON(t, everyType)); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{
		head + "channels: []", head + "channels: [{name: a, type: slack, url: 'https://hooks.slack.com/x'}]", head + "channels: [{name: a, type: slack}]",
		head + "channels: [{name: a, type: slack, url: 'env:X', x: y}]", head, head + "channels: [{name: a, type: pigeon}]",
	} {
		if compile(t).Validate(asJSON(t, wrong)) == nil {
			t.Errorf("the schema accepts %q", wrong)
		}
	}
}
