package privilege

import (
	"encoding/json"
	"strings"
)

// CloudFormation is a template that makes the policies, and puts their ARNs out. IAM wants CAPABILITY_NAMED_IAM for it.
func CloudFormation(list []Named) ([]byte, error) {
	resources, outputs := map[string]any{}, map[string]any{}
	for _, p := range list {
		id := identifier(p.Name, "")
		resources[id] = map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{
			"ManagedPolicyName": p.Name, "Description": description, "PolicyDocument": p.Document,
		}}
		outputs[id+"Arn"] = map[string]any{"Value": map[string]string{"Ref": id}}
	}
	return indented(map[string]any{
		"AWSTemplateFormatVersion": "2010-09-09", "Description": description, "Resources": resources, "Outputs": outputs,
	})
}

// Terraform is a configuration in Terraform's JSON syntax that makes the policies, and puts their ARNs out. Its file is to
// be called something.tf.json.
// https://developer.hashicorp.com/terraform/language/syntax/json
func Terraform(list []Named) ([]byte, error) {
	policies, outputs := map[string]any{}, map[string]any{}
	for _, p := range list {
		id := identifier(p.Name, "_")
		policies[id] = map[string]any{"name": p.Name, "description": description, "policy": untemplated.Replace(p.Document.String())}
		outputs[id+"_arn"] = map[string]any{"value": "${aws_iam_policy." + id + ".arn}"}
	}
	return indented(map[string]any{"resource": map[string]any{"aws_iam_policy": policies}, "output": outputs})
}

const description = "What Trailhold needs, generated from its baseline"

// untemplated keeps Terraform from reading policy variables as expressions of its own.
var untemplated = strings.NewReplacer("${", "$${", "%{", "%%{")

// identifier makes a name of resources of a policy's: TrailholdRead1 or trailhold_read_1.
func identifier(name, between string) string {
	parts := strings.Split(name, "-")
	if between == "" {
		for n, part := range parts {
			parts[n] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return strings.Join(parts, between)
}

func indented(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}
