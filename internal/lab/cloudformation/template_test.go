package cloudformation

import (
	"encoding/json"
	"strings"
	"testing"
)

// evaluated parses a template and evaluates the one property of its one resource.
func evaluated(t *testing.T, expression string, parameters map[string]string) (any, error) {
	t.Helper()
	tmpl, err := parse(`
Parameters:
  Name: {Type: String, Default: "x"}
  List: {Type: CommaDelimitedList, Default: "a, b,c"}
Mappings:
  Sizes: {eu: {small: "1"}}
Conditions:
  Yes: !Equals [!Ref Name, x]
  No: !Not [{Condition: Yes}]
  Both: !And [!Condition Yes, !Condition No]
  Either: !Or [!Condition Yes, !Condition No]
Resources:
  Other: {Type: AWS::SQS::Queue}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: ` + expression)
	if err != nil {
		return nil, err
	}
	values, err := tmpl.fill(parameters)
	if err != nil {
		return nil, err
	}
	st := &stack{name: "s", place: place{"111122223333", "eu-west-1"}}
	scope := st.scope(design{template: tmpl, parameters: values}, func(id, name string) (any, error) { return "(" + id + "." + name + ")", nil })
	m, err := scope.resolveObject(tmpl.resources["Queue"].properties)
	if err != nil {
		return nil, err
	}
	return m["RedrivePolicy"], nil
}

func TestFunctions(t *testing.T) {
	for expression, want := range map[string]string{
		`!Ref Name`:                    `"x"`,
		`{Ref: Name}`:                  `"x"`,
		`{"Ref": "List"}`:              `["a","b","c"]`,
		`!Ref Other`:                   `"(Other.)"`,
		`!GetAtt Other.Arn`:            `"(Other.Arn)"`,
		`{"Fn::GetAtt": [Other, Arn]}`: `"(Other.Arn)"`,
		`!Sub "${AWS::Region} ${Name} ${Other} ${Other.Arn} ${!Kept}"`:     `"eu-west-1 x (Other.) (Other.Arn) ${Kept}"`,
		`!Sub ["${A}-${Name}", {A: !Join ["+", !Ref List]}]`:               `"a+b+c-x"`,
		`!Select [1, !Split [",", "p,q"]]`:                                 `"q"`,
		`!FindInMap [Sizes, eu, small]`:                                    `"1"`,
		`!If [Yes, 1, 2]`:                                                  `1`,
		`!If [No, 1, 2]`:                                                   `2`,
		`!If [Both, 1, !If [Either, 3, 4]]`:                                `3`,
		`[1, !If [No, 2, !Ref "AWS::NoValue"], 3]`:                         `[1,3]`,
		`{a: !Ref "AWS::NoValue", b: {Condition: {StringEquals: {x: y}}}}`: `{"b":{"Condition":{"StringEquals":{"x":"y"}}}}`,
		`{Version: 2012-10-17, n: 1, t: true, f: 1.5, z: null}`:            `{"Version":"2012-10-17","f":1.5,"n":1,"t":true,"z":null}`,
	} {
		got, err := evaluated(t, expression, nil)
		if text, _ := json.Marshal(got); err != nil || string(text) != want {
			t.Errorf("%s = %s, %v; want %s", expression, text, err, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for expression, want := range map[string]string{
		`!Ref Nobody`:                   "unresolved resource dependencies [Nobody]",
		`!Ref "AWS::Nothing"`:           "does not know the pseudo parameter AWS::Nothing",
		`!Cidr [a, b, c]`:               "does not know the function Fn::Cidr",
		`!ImportValue x`:                "does not know the function Fn::ImportValue",
		`!If [Maybe, 1, 2]`:             "unresolved condition dependency Maybe",
		`!Select [7, [a]]`:              "nonexistent",
		`!FindInMap [Sizes, us, small]`: "unable to get mapping",
		`!Sub "${List}"`:                "is no text",
		`&a [*a]`:                       "aliases",
		`{"Fn::Sub": "x", b: c}`:        "stands beside other keys",
		strings.Repeat("[", 100) + strings.Repeat("]", 100): "nested too deeply",
	} {
		if got, err := evaluated(t, expression, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s = %v, %v; want an error with %q", expression, got, err, want)
		}
	}
}

func TestTemplateRefusals(t *testing.T) {
	const queue = "\nResources: {Q: {Type: AWS::SQS::Queue}}"
	for text, want := range map[string]string{
		"":                     "neither YAML nor JSON",
		"[]":                   "not a mapping",
		"Resources: {}":        "at least one Resources member",
		"Transform: x" + queue: "Transform",
		"Resources: {Q-1: {}}": "non alphanumeric",
		"Resources: {Q: {Type: AWS::EC2::Instance}}":                                                      "AWS::EC2::Instance",
		"Resources: {Q: {Type: AWS::SQS::Queue, CreationPolicy: {}}}":                                     "CreationPolicy",
		"Resources: {Q: {Type: AWS::SQS::Queue, DeletionPolicy: Snapshot}}":                               "DeletionPolicy",
		"Resources: {Q: {Type: AWS::SQS::Queue, DependsOn: R}}":                                           "[R]",
		"Resources: {Q: {Type: AWS::SQS::Queue, Condition: C}}":                                           "condition C",
		"Resources: {Q: {Type: AWS::SQS::Queue, DependsOn: R}, R: {Type: AWS::SQS::Queue, DependsOn: Q}}": "circular dependency",
		"Parameters: {P: {Type: AWS::EC2::VPC::Id}}" + queue:                                              "AWS::EC2::VPC::Id",
		"Parameters: {P: {Type: String, Other: 1}}" + queue:                                               "Other",
		"Outputs: {O: {Value: !Ref X}}" + queue:                                                           "[X]",
		"Resources: {Q: {Type: AWS::SQS::Queue}, Q: {Type: AWS::SQS::Queue}}":                             "twice",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

func TestParameters(t *testing.T) {
	tmpl, err := parse(`
Parameters:
  Must: {Type: String, AllowedPattern: "[a-z]+"}
  Few: {Type: Number, Default: 3, MinValue: 2, MaxValue: 5}
  One: {Type: String, Default: a, AllowedValues: [a, b]}
  Long: {Type: String, Default: abc, MinLength: 2, MaxLength: 4, ConstraintDescription: be short}
Resources: {Q: {Type: AWS::SQS::Queue}}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		given map[string]string
		want  string // empty: they are right
	}{
		{map[string]string{"Must": "x"}, ""},
		{map[string]string{}, "[Must] must have values"},
		{map[string]string{"Must": "X1"}, "must match pattern"},
		{map[string]string{"Must": "x", "Few": "6"}, "not greater than 5"},
		{map[string]string{"Must": "x", "Few": "1"}, "not less than 2"},
		{map[string]string{"Must": "x", "Few": "many"}, "must be a number"},
		{map[string]string{"Must": "x", "One": "c"}, "AllowedValues"},
		{map[string]string{"Must": "x", "Long": "abcde"}, "failed to satisfy constraint: be short"},
		{map[string]string{"Must": "x", "Long": "a"}, "be short"},
		{map[string]string{"Must": "x", "Extra": "1"}, "[Extra] do not exist"},
	} {
		values, err := tmpl.fill(test.given)
		if test.want == "" && (err != nil || values["Few"] != "3") || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%v: %v, %v; want %q", test.given, values, err, test.want)
		}
	}
}

// FuzzParse: whatever comes, a template or an error, and a template's resources can be ordered and compared.
func FuzzParse(f *testing.F) {
	f.Add("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub \"${AWS::Region}\"}}}")
	f.Add(`{"Resources":{"T":{"Type":"AWS::SNS::Topic","Properties":{"TopicName":{"Fn::Join":["",["a",{"Ref":"AWS::StackName"}]]}}}}}`)
	f.Add("Conditions: {A: !Equals [a, b]}\nResources: {Q: {Type: AWS::SQS::Queue, Condition: A}}")
	f.Fuzz(func(t *testing.T, text string) {
		tmpl, err := parse(text)
		if err != nil {
			return
		}
		values, err := tmpl.fill(nil)
		if err != nil {
			return
		}
		st := &stack{name: "s", members: map[string]*member{}}
		_, _ = st.compare(design{template: tmpl, parameters: values})
	})
}
