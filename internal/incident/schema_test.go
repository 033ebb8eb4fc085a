package incident_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(incident.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("incident.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("incident.json")
}

func validate(t *testing.T, schema *jsonschema.Schema, i incident.Incident) error {
	t.Helper()
	data, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(doc)
}

// valid is the least that an incident must have.
func valid() incident.Incident {
	return incident.Incident{
		ID: "i-1", Stage: incident.Restored, Severity: severity.High, Cause: incident.CauseSweep,
		Seen: time.Date(2026, 3, 1, 4, 5, 6, 7, time.FixedZone("", 3600)),
	}
}

// full has a value in every field that reflection can reach.
func full() incident.Incident {
	var i incident.Incident
	fill(reflect.ValueOf(&i).Elem())
	return i
}

// words are values of the string types that the schema lists one by one.
var words = map[reflect.Type]string{
	reflect.TypeFor[incident.Stage]():       string(incident.Open),
	reflect.TypeFor[incident.Cause]():       string(incident.CauseEvent),
	reflect.TypeFor[incident.StepOutcome](): string(incident.StepDone),
	reflect.TypeFor[incident.ProofState]():  string(incident.ProofFresh),
	reflect.TypeFor[incident.Kind]():        string(incident.KindAlert),
	reflect.TypeFor[incident.Category]():    string(incident.CategoryData),
	reflect.TypeFor[incident.Fate]():        string(incident.Lost),
	reflect.TypeFor[incident.Copy]():        string(incident.CopyLogFiles),
	reflect.TypeFor[incident.Recovery]():    string(incident.FromRetry),
	reflect.TypeFor[trail.Direction]():      string(trail.Narrowing),
	reflect.TypeFor[trail.Op]():             string(trail.OpUpdateTrail),
	reflect.TypeFor[trail.Field]():          string(trail.FieldTags),
	reflect.TypeFor[trail.ResourceType]():   string(trail.Bucket),
	reflect.TypeFor[trail.Document]():       `{"x":"y"}`,
}

func fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 4, 5, 6, 123456789, time.UTC)))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"b":1,"a":"<x> & y"}`))
		return
	case severity.Severity:
		v.SetUint(uint64(severity.High))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for n := range v.NumField() {
			fill(v.Field(n))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), reflect.ValueOf("value"))
	case reflect.String:
		v.SetString(words[v.Type()])
		if v.String() == "" {
			v.SetString("x")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Interface:
		v.Set(reflect.ValueOf(trail.Config{Name: "audit"}))
	}
}

func TestIncidentsSatisfyTheSchema(t *testing.T) {
	schema := compile(t)
	odd := valid()
	odd.Records = []json.RawMessage{json.RawMessage("not JSON"), nil, json.RawMessage(`{"eventID":"1"}`)}
	odd.Attack = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	odd.Steps = []incident.StepResult{{Step: trail.Step{ID: "s", Op: trail.OpStartLogging,
		Selectors: &trail.Selectors{Advanced: []trail.AdvancedEventSelector{{}}}}, Outcome: incident.StepDone}}
	for name, i := range map[string]incident.Incident{"least": valid(), "full": full(), "odd": odd} {
		if err := validate(t, schema, i); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatIsNoIncident(t *testing.T) {
	schema := compile(t)
	for name, spoil := range map[string]func(*incident.Incident){
		"no id":            func(i *incident.Incident) { i.ID = "" },
		"unknown stage":    func(i *incident.Incident) { i.Stage = "done" },
		"unknown cause":    func(i *incident.Incident) { i.Cause = "" },
		"unknown outcome":  func(i *incident.Incident) { i.Steps = []incident.StepResult{{Step: trail.Step{Op: "StartLogging"}}} },
		"negative version": func(i *incident.Incident) { i.Version = -1 },
	} {
		i := valid()
		spoil(&i)
		if validate(t, schema, i) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestSchemaNamesEveryField keeps the Go types and the schema from drifting apart, in both directions.
func TestSchemaNamesEveryField(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(incident.Schema, &root); err != nil {
		t.Fatal(err)
	}
	s := schemaWalk{t: t, root: root}
	s.compare("incident", reflect.TypeFor[incident.Incident](), root)
}

type schemaWalk struct {
	t    *testing.T
	root map[string]any
}

func (s schemaWalk) compare(path string, typ reflect.Type, node map[string]any) {
	s.t.Helper()
	node = s.resolve(path, node)
	switch {
	case typ == reflect.TypeFor[time.Time]():
		if node["format"] != "date-time" {
			s.t.Errorf("%s is a time; the schema says %v", path, node)
		}
	case typ.Kind() == reflect.Pointer:
		s.compare(path, typ.Elem(), node)
	case typ == reflect.TypeFor[json.RawMessage](), typ.Kind() == reflect.Interface, typ.Kind() == reflect.Map:
	case typ.Kind() == reflect.Slice:
		items, _ := node["items"].(map[string]any)
		if items == nil {
			s.t.Errorf("%s is a list; the schema has no items", path)
			return
		}
		s.compare(path+"[]", typ.Elem(), items)
	case typ.Kind() == reflect.Struct:
		s.compareStruct(path, typ, node)
	}
}

func (s schemaWalk) compareStruct(path string, typ reflect.Type, node map[string]any) {
	s.t.Helper()
	properties, _ := node["properties"].(map[string]any)
	required, _ := node["required"].([]any)
	fields := jsonFields(typ)
	for name, f := range fields {
		property, ok := properties[name].(map[string]any)
		if !ok {
			s.t.Errorf("%s.%s is not in the schema", path, name)
			continue
		}
		if optional := strings.Contains(f.Tag.Get("json"), ",omit"); optional == slices.Contains(required, any(name)) {
			s.t.Errorf("%s.%s: optional in Go: %v; the schema must say the same", path, name, optional)
		}
		s.compare(path+"."+name, f.Type, property)
	}
	for name := range properties {
		if _, ok := fields[name]; !ok {
			s.t.Errorf("%s.%s is in the schema but not in %v", path, name, typ)
		}
	}
}

func (s schemaWalk) resolve(path string, node map[string]any) map[string]any {
	s.t.Helper()
	name, ok := node["$ref"].(string)
	if !ok {
		return node
	}
	target, ok := s.root["$defs"].(map[string]any)[strings.TrimPrefix(name, "#/$defs/")].(map[string]any)
	if !ok {
		s.t.Fatalf("%s refers to %s, which is not there", path, name)
	}
	return target
}

// jsonFields are the fields of a struct by JSON name, those of embedded structs included.
func jsonFields(typ reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(typ) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = f
		}
	}
	return fields
}

// TestSchemaListsEveryWord compares the schema's enumerations with the constants in the source.
func TestSchemaListsEveryWord(t *testing.T) {
	var root struct {
		Defs map[string]struct {
			Enum       []string
			Properties map[string]struct{ Enum []string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(incident.Schema, &root); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir, typ string
		enum     []string
	}{
		{".", "Stage", root.Defs["stage"].Enum},
		{".", "Cause", root.Defs["cause"].Enum},
		{".", "StepOutcome", root.Defs["step"].Properties["outcome"].Enum},
		{".", "ProofState", root.Defs["regionProof"].Properties["state"].Enum},
		{".", "Kind", root.Defs["telling"].Properties["kind"].Enum},
		{".", "Category", root.Defs["blindWindow"].Properties["category"].Enum},
		{".", "Fate", root.Defs["blindWindow"].Properties["fate"].Enum},
		{".", "Copy", root.Defs["blindWindow"].Properties["copy"].Enum},
		{".", "Recovery", root.Defs["blindWindow"].Properties["recovery"].Enum},
		{"../trail", "Direction", root.Defs["drift"].Properties["direction"].Enum},
		{"../trail", "Op", root.Defs["step"].Properties["op"].Enum},
		{"../trail", "ResourceType", root.Defs["step"].Properties["resource"].Enum},
	} {
		want := constants(t, c.dir, c.typ)
		slices.Sort(c.enum)
		if len(want) == 0 || !slices.Equal(c.enum, want) {
			t.Errorf("%s: the schema lists %q, the source %q", c.typ, c.enum, want)
		}
	}
	for _, f := range trail.Fields() { // those of resources come from a table
		if !slices.Contains(root.Defs["field"].Enum, string(f)) {
			t.Errorf("the schema lacks the field %s", f)
		}
	}
	if n := len(trail.Fields()); n != len(root.Defs["field"].Enum) {
		t.Errorf("the schema lists %d fields, the source %d", len(root.Defs["field"].Enum), n)
	}
	var names []string
	for s := severity.None; s <= severity.Critical; s++ {
		names = append(names, s.String())
	}
	if !slices.Equal(root.Defs["severity"].Enum, names) {
		t.Errorf("severity: the schema lists %q", root.Defs["severity"].Enum)
	}
}

// constants returns the sorted values of the string constants of a type that a package declares.
func constants(t *testing.T, dir, typ string) []string {
	t.Helper()
	var values []string
	for _, file := range parseDir(t, dir) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != typ {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					values = append(values, text)
				}
			}
			return true
		})
	}
	slices.Sort(values)
	return values
}
