package hunt

import (
	"cmp"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/severity"
)

// Result is what a hunt found besides the findings that it handed on.
type Result struct {
	Trails       []Trail       `json:"trails"`
	BlindWindows []BlindWindow `json:"blindWindows"`
	Regions      []Region      `json:"regions"`
	Actors       []Suspect     `json:"actors"`
	Sessions     []Session     `json:"sessions"`
	Problems     []Problem     `json:"problems"`
	// OmittedProblems were counted and are not listed, since there were too many.
	OmittedProblems int    `json:"omittedProblems"`
	Levels          Levels `json:"levels"`
	Stats           Stats  `json:"stats"`
	Interrupted     bool   `json:"interrupted"` // not everything was read
}

// Complete says whether everything was read.
func (r *Result) Complete() bool {
	return !r.Interrupted && r.Stats.Damaged+r.Stats.Unreadable+r.Stats.NotCorrelated == 0 && len(r.Problems) == 0
}

// Nothing says whether there was no record at all of what was asked for.
func (r *Result) Nothing() bool {
	return r.Stats.Records == 0 || len(r.Regions) == 0 && r.Stats.Findings == 0
}

// Stats count what was read.
type Stats struct {
	Files         int64   `json:"files"`   // all that were looked at
	Records       int64   `json:"records"` // duplicates included
	Bytes         int64   `json:"bytes"`   // of content, uncompressed
	StoredBytes   int64   `json:"storedBytes"`
	Malformed     int64   `json:"malformed"` // places where a record should be and can't be read
	Findings      int64   `json:"findings"`
	Duplicates    int64   `json:"duplicates"`    // records with findings that were seen before
	Undated       int64   `json:"undated"`       // records with findings whose time is none
	NotCorrelated int64   `json:"notCorrelated"` // records that were too many for correlations
	NotCompared   int64   `json:"notCompared"`   // findings that were too many to be compared with the blind windows
	Digests       int64   `json:"digests"`       // files
	Foreign       int64   `json:"foreign"`       // files without any CloudTrail record
	Damaged       int64   `json:"damaged"`       // files
	Unreadable    int64   `json:"unreadable"`    // files
	Seconds       float64 `json:"seconds"`
}

// Levels count findings.
type Levels struct {
	Critical      int64 `json:"critical"`
	High          int64 `json:"high"`
	Medium        int64 `json:"medium"`
	Low           int64 `json:"low"`
	Informational int64 `json:"informational"`
}

func (l *Levels) add(s severity.Severity) {
	switch s {
	case severity.Critical:
		l.Critical++
	case severity.High:
		l.High++
	case severity.Medium:
		l.Medium++
	case severity.Low:
		l.Low++
	default:
		l.Informational++
	}
}

// From counts those of a severity or worse.
func (l Levels) From(s severity.Severity) (n int64) {
	for i, count := range [...]int64{l.Critical, l.High, l.Medium, l.Low, l.Informational} {
		if severity.Critical-severity.Severity(i) >= s {
			n += count
		}
	}
	return n
}

// ProblemKind is what is wrong with a file.
type ProblemKind string

// The kinds of problems.
const (
	Damaged    ProblemKind = "damaged"    // a part of it could not be read
	Unreadable ProblemKind = "unreadable" // it could not be opened, or read at all
)

// Problem is something that could not be read.
type Problem struct {
	Kind   ProblemKind `json:"kind"`
	File   string      `json:"file,omitempty"`
	Offset int64       `json:"offset"` // bytes: of the content, or of the file if it is about gzip
	What   string      `json:"what"`
}

// maxProblems is how many problems are listed.
const maxProblems = 1000

func (h *hunter) problem(p Problem) {
	if len(h.result.Problems) == maxProblems {
		h.result.OmittedProblems++
		return
	}
	h.result.Problems = append(h.result.Problems, p)
}

// verdict is what a file was.
type verdict uint8

const (
	unread verdict = iota
	wasLog
	wasDigest
	wasForeign
	damaged
	unreadable
)

// outcome is what became of a file.
type outcome struct {
	verdict            verdict
	records, malformed int
	omitted            int // problems
}

// Region is when there were records of a place.
type Region struct {
	Account string    `json:"account"`
	Region  string    `json:"region"`
	From    time.Time `json:"from"` // full hours
	To      time.Time `json:"to"`
	Hours   int       `json:"hours"` // with records
}

func (c *coverage) regions() []Region {
	list := []Region{}
	for p, hours := range c.hours {
		first, last := int32(lastHour), int32(0)
		for h := range hours {
			first, last = min(first, h), max(last, h)
		}
		list = append(list, Region{p.account, p.region, hourTime(first), hourTime(last + 1), len(hours)})
	}
	slices.SortFunc(list, func(a, b Region) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return list
}
