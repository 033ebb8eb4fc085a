package lab

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// jsonPath is the part of JSONPath that EventBridge takes: dots, and indexes of arrays.
var jsonPath = regexp.MustCompile(`^\$(\.[^.\[\]*$]+|\[\d{1,6}\])*$`)

var pathStep = regexp.MustCompile(`\.([^.\[\]]+)|\[(\d+)\]`)

// placeholder finds the variables of a template.
var placeholder = regexp.MustCompile(`^<([A-Za-z0-9_.-]+)>`)

func validPath(path string) bool { return jsonPath.MatchString(path) }

// follow finds the value at a path; nothing is found as missing{}.
func follow(document any, path string) any {
	for _, step := range pathStep.FindAllStringSubmatch(strings.TrimPrefix(path, "$"), -1) {
		switch value := document.(type) {
		case map[string]any:
			document = member(value, step[1])
		case []any:
			n, err := json.Number(step[2]).Int64()
			if err != nil || n >= int64(len(value)) {
				return missing{}
			}
			document = value[n]
		default:
			return missing{}
		}
	}
	return document
}

// input is what a target gets in place of the event.
func (t *target) input(r *rule, document any, event []byte) string {
	switch {
	case t.Input != "":
		return t.Input
	case t.InputPath != "":
		value := follow(document, t.InputPath)
		if value == (any)(missing{}) {
			return "null"
		}
		return toJSON(value)
	}
	return t.InputTransformer.fill(r, document, event)
}

// fill replaces the variables of the template. Inside a JSON string a variable's text is inserted, escaped; elsewhere its
// JSON. A variable whose path leads nowhere is empty, and between quotation marks where JSON needs a value.
func (in *inputTransformer) fill(r *rule, document any, event []byte) string {
	var out strings.Builder
	quoted := false
	template := in.InputTemplate
	for i := 0; i < len(template); i++ {
		char := template[i]
		if char == '\\' && i+1 < len(template) {
			out.WriteString(template[i : i+2])
			i++
			continue
		}
		if char == '"' {
			quoted = !quoted
		}
		found := placeholder.FindStringSubmatch(template[i:])
		if found == nil {
			out.WriteByte(char)
			continue
		}
		value, known := in.variable(found[1], r, document, event)
		if !known {
			out.WriteByte(char)
			continue
		}
		out.WriteString(inserted(value, quoted))
		i += len(found[0]) - 1
	}
	return out.String()
}

// variable is the value of a template's variable: one of EventBridge's own or of the paths map.
func (in *inputTransformer) variable(name string, r *rule, document any, event []byte) (value any, known bool) {
	switch name {
	case "aws.events.rule-arn":
		return r.arn, true
	case "aws.events.rule-name":
		return r.name, true
	case "aws.events.event.ingestion-time":
		return time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), true
	case "aws.events.event.json":
		return json.RawMessage(event), true
	case "aws.events.event":
		object, _ := document.(map[string]any)
		slim := map[string]any{}
		for key, value := range object {
			if key != "detail" {
				slim[key] = value
			}
		}
		return slim, true
	}
	path, known := in.InputPathsMap[name]
	if !known {
		return nil, false
	}
	return follow(document, path), true
}

// inserted is a variable's value as it stands in the filled template.
func inserted(value any, quoted bool) string {
	if _, gone := value.(missing); gone {
		value = ""
	}
	text, isText := value.(string)
	if !quoted {
		return toJSON(value)
	}
	if !isText {
		text = toJSON(value)
	}
	escaped := toJSON(text)
	return escaped[1 : len(escaped)-1]
}
