package rulepack

import (
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/sigma"
)

// Entry is what a list of rules says about one of them.
type Entry struct {
	ID             string   `json:"id"`
	Title          string   `json:"title"`
	Level          string   `json:"level"` // "" if the rule has none
	Tier           Tier     `json:"tier,omitempty"`
	Techniques     []string `json:"techniques"`
	Scope          Scope    `json:"scope,omitempty"`
	ATTCK          []string `json:"attck"` // ids of MITRE ATT&CK, such as T1562.008
	Correlation    bool     `json:"correlation"`
	Author         string   `json:"author"`
	License        string   `json:"license,omitempty"`
	Description    string   `json:"description"`
	FalsePositives []string `json:"falsePositives"`
	References     []string `json:"references"`
	EventNames     []string `json:"eventNames"` // that the rule compares with as a whole
	File           string   `json:"file"`
	Line           int      `json:"line"`
}

// List describes the rules and correlations of some files that are for CloudTrail, in the files' order.
func List(files []*File) []Entry {
	entries := []Entry{}
	for _, f := range files {
		for _, r := range f.Rules {
			if sigma.Applies(r.LogSource) {
				e := f.entry(r.Meta)
				e.EventNames = present(r.Values("eventName"))
				entries = append(entries, e)
			}
		}
		for _, c := range f.Correlations {
			e := f.entry(c.Meta)
			e.Correlation = true
			entries = append(entries, e)
		}
	}
	return entries
}

func (f *File) entry(m sigma.Meta) Entry {
	e := Entry{
		ID: m.ID, Title: title(m), Level: m.Level, Author: m.Author, License: m.License, Description: m.Description,
		FalsePositives: present(m.FalsePositives), References: present(m.References), File: m.File, Line: m.Line,
		Techniques: []string{}, ATTCK: []string{}, EventNames: []string{},
	}
	if a := f.Of(m); a != nil {
		e.Tier, e.Scope, e.Techniques = a.Tier, a.Scope, present(a.Techniques)
	}
	for _, tag := range m.Tags {
		if id, ok := strings.CutPrefix(strings.ToLower(tag), "attack.t"); ok && id != "" && id[0] >= '0' && id[0] <= '9' {
			e.ATTCK = append(e.ATTCK, "T"+strings.ToUpper(id))
		}
	}
	return e
}

// present makes a nil list an empty one, which JSON writes as [].
func present(list []string) []string {
	return append([]string{}, slices.Clip(list)...)
}
