package baselinefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// document is the file as Write writes it and Hash hashes it. Pointers are facets: nil is not guarded.
type document struct {
	APIVersion string         `json:"apiVersion" yaml:"apiVersion"`
	Kind       string         `json:"kind" yaml:"kind"`
	Account    string         `json:"account" yaml:"account"`
	Policy     policyDocument `json:"policy" yaml:"policy"`
	Trails     []trailEntry   `json:"trails" yaml:"trails"`

	// What older files do not have is left out where it is empty, so that their hashes stay what they were.
	Resources []resourceEntry `json:"resources,omitempty" yaml:"resources,omitempty"`
	Guard     []resourceEntry `json:"guard,omitempty" yaml:"guard,omitempty"`
}

type resourceEntry struct {
	Type     trail.ResourceType `json:"type" yaml:"type"`
	ARN      string             `json:"arn" yaml:"arn"`
	Region   string             `json:"region" yaml:"region"`
	Account  string             `json:"account" yaml:"account"`
	Settings documents          `json:"settings" yaml:"settings"`
}

type policyDocument struct {
	Impostors trail.Impostors   `json:"impostors" yaml:"impostors"`
	Contest   trail.Contest     `json:"contest,omitempty" yaml:"contest,omitempty"` // left out where it is the default, which older files hash without
	Alert     severity.Severity `json:"alert" yaml:"alert"`
}

type trailEntry struct {
	trail.Config       `yaml:",inline"`
	Logging            bool                           `json:"logging" yaml:"logging"`
	Basic              *[]trail.EventSelector         `json:"eventSelectors,omitempty" yaml:"eventSelectors,omitempty"`
	Advanced           *[]trail.AdvancedEventSelector `json:"advancedEventSelectors,omitempty" yaml:"advancedEventSelectors,omitempty"`
	Insights           *[]trail.InsightSelector       `json:"insightSelectors,omitempty" yaml:"insightSelectors,omitempty"`
	EventConfiguration *trail.EventConfiguration      `json:"eventConfiguration,omitempty" yaml:"eventConfiguration,omitempty"`
	Tags               *map[string]string             `json:"tags,omitempty" yaml:"tags,omitempty"`
	Regions            []string                       `json:"regions,omitempty" yaml:"regions,omitempty"`
	Restore            trail.Restore                  `json:"restore" yaml:"restore"`
	AlertOnly          []string                       `json:"alertOnly,omitempty" yaml:"alertOnly,omitempty"`
	Dependents         []resourceEntry                `json:"dependents,omitempty" yaml:"dependents,omitempty"`
}

// Hash identifies the content of a baseline: "sha256:" and the hex digest of its canonical JSON. Order without meaning
// and duplicates do not change it. The Hash field itself does not count.
func Hash(b trail.Baseline) string {
	data, err := json.Marshal(documentOf(b.Canonical()))
	if err != nil { // only an impossible severity fails to encode; it must not pass for another baseline
		data = fmt.Appendf(nil, "%+v", b)
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func documentOf(b trail.Baseline) document {
	doc := document{APIVersion: trail.APIVersion, Kind: "Baseline", Account: b.Account, Policy: policyDocument(b.Policy), Trails: []trailEntry{}}
	if doc.Policy.Impostors == "" {
		doc.Policy.Impostors = trail.ImpostorsAlert
	}
	if doc.Policy.Contest == trail.DefaultPolicy().Contest {
		doc.Policy.Contest = ""
	}
	if doc.Policy.Alert == severity.None {
		doc.Policy.Alert = trail.DefaultPolicy().Alert
	}
	for _, g := range b.Trails {
		doc.Trails = append(doc.Trails, entryOf(g))
	}
	doc.Resources, doc.Guard = resourceEntries(b.Resources), resourceEntries(b.Guard)
	return doc
}

func resourceEntries(resources []trail.Resource) []resourceEntry {
	var entries []resourceEntry
	for _, r := range resources {
		settings := documents{}
		for name, document := range r.Settings {
			if name != trail.Identity { // which goes without saying
				settings[name] = document
			}
		}
		entries = append(entries, resourceEntry{r.Type, r.ARN, r.Region, r.Account, settings})
	}
	return entries
}

func entryOf(g trail.Guarded) trailEntry {
	e := trailEntry{
		Config: g.Config, Logging: g.Logging, Insights: notNil(g.Insights), EventConfiguration: g.EventConfiguration,
		Tags: g.Tags, Regions: g.Regions, Restore: g.Restore, AlertOnly: g.AlertOnly,
		Dependents: resourceEntries(g.Dependents),
	}
	if e.Tags != nil && *e.Tags == nil {
		e.Tags = &map[string]string{}
	}
	if e.Restore == "" {
		e.Restore = trail.RestoreAll
	}
	if s := g.Selectors; s != nil {
		if len(s.Basic) > 0 || len(s.Advanced) == 0 {
			e.Basic = notNil(&s.Basic)
		}
		if len(s.Advanced) > 0 {
			e.Advanced = &s.Advanced
		}
	}
	return e
}

// notNil makes an empty list [] instead of null.
func notNil[T any](list *[]T) *[]T {
	if list != nil && *list == nil {
		return &[]T{}
	}
	return list
}

// intro explains the file to whoever opens it.
const intro = `# Trailhold baseline: what the guarded trails of this account, and what they rest on, should be.
#
# Trailhold compares each trail with what this file declares. What narrows the recording it writes back; what widens it,
# it only tells. To change a trail on purpose, change this file first, then the trail.
#
# - Leave out eventSelectors, insightSelectors, eventConfiguration or tags, and they are not guarded. Given as empty
#   ([] or {}), they must be empty.
# - restore says how far Trailhold may go for a trail: all, logging (start it again, nothing else) or none (alert only).
# - alertOnly lists fields that are told but never written back, such as [tags, kmsKeyId]. The field "trail" is the
#   trail's existence.
# - policy.impostors says whether an unlisted trail that stands in the way of a guarded one may be deleted: alert or delete.
# - policy.contest says whether to go on against a pipeline that undoes each restoration: fight (default) or leave.
# - policy.alert is the least severity that is told: info, low, medium, high or critical.
# - dependents are what the delivery of a trail rests on: bucket, key, topic, log group, roles, alarms. guard is what Trailhold
#   itself runs on, resources is what is guarded besides. Of each, the settings that are listed are guarded, with AWS's own
#   names inside; {} says that a setting must not be configured. That a resource exists is always guarded.
# - Check the file with: trailhold baseline validate FILE
`

// Write writes a baseline file with comments that explain it. Notes become comments at its head, such as what could
// not be read. Parsing the result gives a baseline with the same Hash; the error says why that is not possible.
func Write(b trail.Baseline, notes ...string) ([]byte, error) {
	var node yaml.Node
	if err := node.Encode(documentOf(b)); err != nil {
		return nil, fmt.Errorf("encode the baseline: %w", err)
	}
	comment(&node, b)
	body, err := yaml.Dump(&node, yaml.WithCompactSeqIndent(false), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("encode the baseline: %w", err)
	}
	file := []byte(intro + noteLines(notes) + "\n")
	file = append(file, body...)
	back, err := Parse("baseline", file)
	if err != nil {
		return nil, fmt.Errorf("the baseline cannot be written as a valid file:\n%w", err)
	}
	if back.Hash != Hash(b) {
		return nil, fmt.Errorf("the baseline does not survive being written: it reads back as %s instead of %s", back.Hash, Hash(b))
	}
	return file, nil
}

// comment puts a heading over each trail and each resource.
func comment(document *yaml.Node, b trail.Baseline) {
	root := document
	if root.Kind == yaml.DocumentNode {
		root = root.Content[0]
	}
	list := member(root, "trails").Content
	for i, n := range list {
		arn, err := trail.ParseARN(b.Trails[i].ARN)
		if err == nil {
			n.HeadComment = fmt.Sprintf("# %d of %d: %s in %s", i+1, len(list), arn.Name, arn.Region)
		}
		commentResources(member(n, "dependents"), b.Trails[i].Dependents)
	}
	commentResources(member(root, "resources"), b.Resources)
	commentResources(member(root, "guard"), b.Guard)
}

// commentResources puts a heading over each resource of a list.
func commentResources(list *yaml.Node, resources []trail.Resource) {
	for i, n := range list.Content {
		n.HeadComment = "# " + oneLine(strings.ReplaceAll(string(resources[i].Type), "-", " ")+" "+resources[i].Name())
	}
}

// member is the value of a mapping's key; an empty node if it has none.
func member(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return &yaml.Node{}
}

// noteLines are the notes as comments.
func noteLines(notes []string) string {
	var text strings.Builder
	if len(notes) > 0 {
		text.WriteString("#\n")
	}
	for _, note := range notes {
		text.WriteString("# Note: " + oneLine(note) + "\n")
	}
	return text.String()
}

// oneLine takes out what would end a comment or confuse a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
