// Package baselinefile reads and writes the file that declares which trails are guarded and what they should be.
//
// The file is YAML; its JSON Schema is Schema. A facet of a trail that the file leaves out is not guarded; one that it
// gives as empty must be empty.
package baselinefile

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// Bounds of a file. A file of the first size holds more than fifty trails with the largest policies that AWS accepts;
// AWS's own quotas are far below the second, and equal or are below the others.
const (
	MaxSize  = 4 << 20 // bytes
	maxDepth = 32

	maxTrails     = 500
	maxRegions    = 100
	maxTags       = 50
	maxBasic      = 5   // basic selectors of a trail
	maxResources  = 250 // data resources of a trail's basic selectors
	maxConditions = 500 // values and selectors of a trail's advanced selectors
	maxDependents = 200 // resources of a trail; resources of either kind beside the trails
	maxFields     = 200 // fields that only alert
	maxSmall      = 50  // any list that has few members by nature
)

// keys are the keys of each kind of mapping in the file, in the order in which Write writes them.
var keys = map[string][]string{
	"baseline": {"apiVersion", "kind", "account", "policy", "trails", "resources", "guard"},
	"policy":   {"impostors", "contest", "alert"},
	"trail": {
		"name", "arn", "homeRegion", "s3BucketName", "s3KeyPrefix", "snsTopicARN", "cloudWatchLogsLogGroupArn", "cloudWatchLogsRoleArn",
		"kmsKeyId", "logFileValidationEnabled", "isMultiRegionTrail", "includeGlobalServiceEvents", "isOrganizationTrail", "logging",
		"eventSelectors", "advancedEventSelectors", "insightSelectors", "eventConfiguration", "tags", "regions", "restore", "alertOnly",
		"dependents",
	},
	"resource":                 {"type", "arn", "region", "account", "settings"},
	"eventSelector":            {"readWriteType", "includeManagementEvents", "excludeManagementEventSources", "dataResources"},
	"dataResource":             {"type", "values"},
	"advancedEventSelector":    {"name", "fieldSelectors"},
	"fieldSelector":            {"field", "equals", "startsWith", "endsWith", "notEquals", "notStartsWith", "notEndsWith"},
	"insightSelector":          {"insightType", "eventCategories"},
	"eventConfiguration":       {"maxEventSize", "contextKeySelectors", "aggregationConfigurations"},
	"contextKeySelector":       {"type", "equals"},
	"aggregationConfiguration": {"eventCategory", "templates"},
}

// Parse reads a baseline file; name is what errors call it. The error is Errors: every mistake with line, column and
// how to mend it. A file is at most MaxSize bytes, holds one YAML document, and uses neither anchors nor aliases.
func Parse(name string, file []byte) (trail.Baseline, error) {
	d := &decoder{name: name}
	root := d.load(file)
	if root == nil {
		return trail.Baseline{}, d.errors
	}
	b := d.baseline(root)
	if len(d.errors) > 0 {
		return trail.Baseline{}, d.errors
	}
	b.Hash = Hash(b)
	return b, nil
}

// load reads the one document of a file; nil if that fails.
func (d *decoder) load(file []byte) *yaml.Node {
	start := &yaml.Node{Line: 1, Column: 1}
	switch {
	case len(file) > MaxSize:
		d.fail(start, "the file has %d bytes; at most %d are read", len(file), MaxSize)
		return nil
	case !utf8.Valid(file):
		d.fail(badByte(file), "the file is not UTF-8 text: save it as UTF-8")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	if err != nil { // only options can be wrong, and there are none
		d.fail(start, "%v", err)
		return nil
	}
	var document, second yaml.Node
	if err := loader.Load(&document); errors.Is(err, io.EOF) {
		d.fail(start, "the file is empty: write one with `trailhold baseline capture`")
		return nil
	} else if err != nil {
		d.syntax(err)
		return nil
	}
	if err := loader.Load(&second); err == nil {
		d.fail(&second, "the file holds more than one YAML document: put each baseline into a file of its own")
		return nil
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
		return nil
	}
	if len(document.Content) != 1 || !d.plain(document.Content[0], 0) {
		return nil
	}
	return document.Content[0]
}

// badByte is the place of the first byte that is not UTF-8.
func badByte(file []byte) *yaml.Node {
	place := &yaml.Node{Line: 1, Column: 1}
	for len(file) > 0 {
		r, size := utf8.DecodeRune(file)
		switch {
		case r == utf8.RuneError && size == 1:
			return place
		case r == '\n':
			place.Line, place.Column = place.Line+1, 1
		default:
			place.Column++
		}
		file = file[size:]
	}
	return place
}

// syntax notes an error of the YAML library where the library says it is.
func (d *decoder) syntax(err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		d.fail(&yaml.Node{}, "not readable as YAML: %s", clip(err.Error()))
		return
	}
	hint := ""
	if load.Message == "found character that cannot start any token" {
		hint = ": indent with spaces, not tabs, and put text that begins with @, ` or % in quotes"
	}
	d.fail(&yaml.Node{Line: load.Mark.Line, Column: load.Mark.Column}, "not valid YAML: %s%s", load.Message, hint)
}

// plain refuses what makes a file mean more than it shows: anchors, aliases, merge keys and tags of one's own. Without
// them the size of what is read is bounded by the size of the file.
func (d *decoder) plain(n *yaml.Node, depth int) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fail(n, "anchors and aliases are not accepted, so that everybody sees what is guarded: write the value out")
		return false
	case depth > maxDepth:
		d.fail(n, "nested deeper than %d levels", maxDepth)
		return false
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(n, "YAML tags such as %s are not accepted: remove it", clip(n.Tag))
		return false
	}
	for _, child := range n.Content {
		if !d.plain(child, depth+1) {
			return false
		}
	}
	return true
}

func (d *decoder) baseline(root *yaml.Node) trail.Baseline {
	o, ok := d.object(root, "baseline")
	if !ok {
		return trail.Baseline{}
	}
	o.need("apiVersion", "kind", "account", "trails")
	o.text("apiVersion", oneOf(trail.APIVersion))
	o.text("kind", oneOf("Baseline"))
	d.listed = map[string]int{}
	b := trail.Baseline{Account: o.text("account", account), Policy: d.policy(o)}
	nodes := o.items("trails", maxTrails)
	if n := o.values["trails"]; n != nil && n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		d.fail(n, "trails is empty, so nothing would be guarded: add a trail")
	}
	seen := map[string]int{}
	for _, n := range nodes {
		t, ok := d.object(n, "trail")
		if !ok {
			continue
		}
		g := d.trail(t, b.Account)
		if line, twice := seen[g.ARN]; twice && g.ARN != "" {
			d.fail(t.values["arn"], "the trail %s is listed at line %d already: remove one", g.ARN, line)
		}
		seen[g.ARN] = n.Line
		b.Trails = append(b.Trails, g)
	}
	b.Resources = d.resources(o, "resources", place{account: b.Account, beside: true})
	b.Guard = d.resources(o, "guard", place{account: b.Account, beside: true})
	return b
}

func (d *decoder) policy(o object) trail.Policy {
	policy := trail.DefaultPolicy()
	n := o.values["policy"]
	if n == nil {
		return policy
	}
	p, _ := d.object(n, "policy")
	if text := p.text("impostors", oneOf(string(trail.ImpostorsAlert), string(trail.ImpostorsDelete))); text != "" {
		policy.Impostors = trail.Impostors(text)
	}
	if text := p.text("contest", oneOf(string(trail.ContestFight), string(trail.ContestLeave))); text != "" {
		policy.Contest = trail.Contest(text)
	}
	if text := p.text("alert", oneOf("info", "low", "medium", "high", "critical")); text != "" {
		policy.Alert, _ = severity.Parse(text) // one of the words above
	}
	return policy
}
