package posture

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchema: reports of every kind follow the schema, and what is no report does not.
func TestSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaText))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("audit.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("audit.json")
	if err != nil {
		t.Fatal(err)
	}
	follows := func(r Report) error {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	compared := Audit(broken(), Options{Mutes: []MuteRule{{Check: "ct-kms-*", Reason: "x", Place: "m:1"}}})
	compared.Comparison = Compare(Audit(healthy(), Options{}), compared)
	well := Audit(healthy(), Options{})
	if grants, _ := can(well, own, "bucket-policy"); len(grants) == 0 || len(well.NotEvaluated) == 0 {
		t.Fatal("nobody can do anything to the healthy account, or that is certain")
	}
	for name, r := range map[string]Report{
		"healthy": well, "compared": compared,
		"nothing": Audit(Inventory{At: now}, Options{}), "unreachable": Audit(Inventory{At: now, Accounts: []Account{{ID: own, Failure: "x"}}}, Options{}),
	} {
		if err := follows(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if follows(Report{Schema: "something else"}) == nil {
		t.Error("what is no report follows the schema")
	}
}
