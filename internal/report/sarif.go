package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/severity"
)

// maxSARIF is how many results a SARIF log has at most: GitHub's code scanning takes no more of one run.
// https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
const maxSARIF = 25_000

// SARIF writes a report as a SARIF 2.1.0 log: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
func SARIF(w io.Writer, r Report) error {
	rules, index := sarifRules(r)
	results := []sarifResult{}
	for _, f := range r.Findings[:min(len(r.Findings), maxSARIF)] {
		results = append(results, sarifOf(f, index[f.Rule]))
	}
	left := r.Omitted + len(r.Findings) - len(results)
	return JSON(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs: []sarifRun{{
			Tool: sarifTool{sarifDriver{r.Tool.Name, r.Tool.Version, r.Tool.Address, rules}},
			Invocations: []sarifInvocation{{
				// A run that could not read everything did not do what it was asked to.
				Successful: r.Verdict.State != Unknown, Ended: r.Ended.UTC().Format(time.RFC3339),
			}},
			ColumnKind: "unicodeCodePoints",
			Results:    results,
			Properties: sarifRunProperties{r.Verdict.Text, left},
		}},
	})
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool          `json:"tool"`
	Invocations []sarifInvocation  `json:"invocations"`
	ColumnKind  string             `json:"columnKind"`
	Results     []sarifResult      `json:"results"`
	Properties  sarifRunProperties `json:"properties"`
}

type sarifRunProperties struct {
	Verdict string `json:"verdict"`
	Omitted int    `json:"omittedResults"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Address string      `json:"informationUri,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID         string              `json:"id"`
	Short      *sarifText          `json:"shortDescription,omitempty"`
	Help       *sarifText          `json:"help,omitempty"`
	Default    sarifDefault        `json:"defaultConfiguration"`
	Properties sarifRuleProperties `json:"properties"`
}

type sarifDefault struct {
	Level string `json:"level"`
}

type sarifRuleProperties struct {
	// Score is what GitHub sorts alerts by: https://docs.github.com/en/code-security (security-severity, 0.0 to 10.0).
	Score string   `json:"security-severity"`
	Tags  []string `json:"tags"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	Successful bool   `json:"executionSuccessful"`
	Ended      string `json:"endTimeUtc"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Kind         string            `json:"kind,omitempty"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Suppressions []sarifAccepted   `json:"suppressions,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Properties   map[string]string `json:"properties,omitempty"`
}

type sarifAccepted struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind"`
}

func sarifRules(r Report) (rules []sarifRule, index map[string]int) {
	rules, index = []sarifRule{}, map[string]int{}
	add := func(rule Rule) {
		if _, ok := index[rule.ID]; ok {
			return
		}
		index[rule.ID] = len(rules)
		made := sarifRule{ID: rule.ID, Default: sarifDefault{sarifLevel(rule.Severity)}}
		made.Properties = sarifRuleProperties{sarifScore(rule.Severity), []string{"security"}}
		if rule.Title != "" {
			made.Short = &sarifText{rule.Title}
		}
		if rule.Help != "" {
			made.Help = &sarifText{rule.Help}
		}
		rules = append(rules, made)
	}
	for _, rule := range r.Rules {
		add(rule)
	}
	for _, g := range r.Groups() {
		g.Rule.Severity = max(g.Rule.Severity, g.Severity)
		add(g.Rule)
	}
	return rules, index
}

func sarifOf(f Finding, rule int) sarifResult {
	made := sarifResult{
		RuleID: f.Rule, RuleIndex: rule, Level: sarifLevel(f.Severity), Message: sarifText{valid(f.Text)},
		Locations: []sarifLocation{sarifPlace(f.Object)}, Fingerprints: map[string]string{"trailhold/v1": fingerprint(f)},
	}
	if f.Open {
		made.Kind, made.Level = "open", "none" // whatever is no failure has no level
	}
	if f.Accepted != "" {
		made.Suppressions = []sarifAccepted{{"external", valid(f.Accepted)}}
	}
	for _, d := range f.Details {
		if made.Properties == nil {
			made.Properties = map[string]string{}
		}
		made.Properties[d.Name] = valid(d.Value)
	}
	return made
}

// sarifPlace is where a finding is. GitHub refuses a whole log if a single result has no physical location, so an ARN, which
// is a logical one, becomes a path as well, and what is about no single thing gets a path of its own.
func sarifPlace(object string) sarifLocation {
	rest, isARN := strings.CutPrefix(object, "arn:")
	if !isARN {
		return sarifLocation{Physical: sarifPhysical{sarifArtifact{reference(cmp.Or(object, "account"))}}}
	}
	path := strings.Join(strings.FieldsFunc(rest, func(r rune) bool { return r == ':' }), "/")
	return sarifLocation{Physical: sarifPhysical{sarifArtifact{reference(path)}}, Logical: []sarifLogical{{valid(object), "resource"}}}
}

// reference makes a URI reference of an address, escaping what a URI must not hold.
func reference(object string) string {
	if rest, ok := strings.CutPrefix(object, "s3://"); ok {
		bucket, key, _ := strings.Cut(rest, "/")
		return (&url.URL{Scheme: "s3", Host: bucket, Path: "/" + key}).String()
	}
	return (&url.URL{Path: object}).String()
}

// fingerprint tells readers of several runs that a finding is the same.
func fingerprint(f Finding) string {
	sum := sha256.Sum256([]byte(f.Rule + "\x00" + f.Object))
	if f.Object == "" {
		sum = sha256.Sum256([]byte(f.Rule + "\x00\x00" + f.Text))
	}
	return hex.EncodeToString(sum[:16])
}

func sarifLevel(s severity.Severity) string {
	switch {
	case s >= severity.High:
		return "error"
	case s >= severity.Medium:
		return "warning"
	}
	return "note"
}

func sarifScore(s severity.Severity) string {
	switch s {
	case severity.Critical:
		return "9.5"
	case severity.High:
		return "8.0"
	case severity.Medium:
		return "5.5"
	case severity.Low:
		return "2.5"
	}
	return "0.0"
}

func valid(text string) string { return strings.ToValidUTF8(text, string(utf8.RuneError)) }
