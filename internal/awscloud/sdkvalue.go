package awscloud

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithy "github.com/aws/smithy-go/middleware"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// described turns a value of the SDK into one that encoding/json writes with the names of AWS's API. What the SDK adds is
// left out: the metadata of answers, and the empty strings by which it says that an enumeration has no value.
func described(value any) any { return describe(reflect.ValueOf(value)) }

func describe(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Pointer:
		return describe(v.Elem())
	case reflect.Interface:
		return describeUnion(v.Elem())
	case reflect.Slice:
		if _, text := v.Interface().(json.RawMessage); text || v.IsNil() {
			return v.Interface()
		}
		list := []any{}
		for n := range v.Len() {
			list = append(list, describe(v.Index(n)))
		}
		return list
	case reflect.Map:
		object := map[string]any{}
		for key, member := range v.Seq2() {
			object[key.String()] = describe(member)
		}
		return object
	case reflect.Struct:
		return describeStruct(v)
	}
	return v.Interface()
}

func describeStruct(v reflect.Value) any {
	if _, text := v.Interface().(json.Marshaler); text { // a time
		return v.Interface()
	}
	object := map[string]any{}
	for n := range v.NumField() {
		field := v.Type().Field(n)
		if !field.IsExported() || field.Name == "ResultMetadata" || v.Field(n).Kind() == reflect.String && v.Field(n).Len() == 0 {
			continue
		}
		object[field.Name] = describe(v.Field(n))
	}
	return object
}

// describeUnion names the member that a union has, as the API does. The SDK has a type for each, such as
// EvaluationWindowMemberSlidingWindow, whose one field is Value.
func describeUnion(v reflect.Value) any {
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		if _, member, ok := strings.Cut(v.Elem().Type().Name(), "Member"); ok {
			return map[string]any{member: describe(v.Elem().FieldByName("Value"))}
		}
	}
	return describe(v)
}

// stripped is an object without some members: those that change by themselves, or name what the document is about.
func stripped(object any, names ...string) any {
	members, _ := object.(map[string]any)
	for _, name := range names {
		delete(members, name)
	}
	return object
}

// metadataOf is the metadata of an answer; each of the SDK's answers has it under this name.
func metadataOf(answer any) smithy.Metadata {
	field := reflect.Indirect(reflect.ValueOf(answer)).FieldByName("ResultMetadata")
	if !field.IsValid() {
		return smithy.Metadata{}
	}
	metadata, _ := field.Interface().(smithy.Metadata)
	return metadata
}

// bounded is text of AWS's as it may be shown.
func bounded(text *string, limit int) string { return plain.Text(aws.ToString(text), limit) }

// textMember takes a member out of a document that AWS takes as a text of JSON: the text, nil if there is none, and the
// document without it.
func textMember(document trail.Document, name string) (*string, trail.Document, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(document), &members); err != nil {
		return nil, "", strange("baseline", err.Error())
	}
	member, there := members[name]
	delete(members, name)
	rest, err := trail.NewDocument(members)
	if err != nil || !there {
		return nil, rest, err
	}
	return aws.String(string(member)), rest, nil
}
