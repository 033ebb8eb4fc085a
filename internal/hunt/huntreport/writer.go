// Package huntreport writes down what a hunt finds: as it goes along where the form allows, so that nothing has to be
// kept, else at the end, of which then only so much is kept as somebody would read.
//
// Whatever comes out of logs may have been chosen by an intruder. Each writer makes it harmless for its own readers.
package huntreport

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"time"

	"github.com/trailhold/trailhold/internal/hunt"
	"github.com/trailhold/trailhold/internal/report"
)

//go:embed hunt.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of the JSON form. Each call returns a copy.
func Schema() []byte { return bytes.Clone(schema) }

// Writer takes what a hunt finds.
type Writer interface {
	// Finding takes one finding. The finding's record may not be kept.
	Finding(hunt.Finding) error
	// End takes the rest, once.
	End(hunt.Result) error
}

// Subject is what was hunted in, and with what.
type Subject struct {
	Tool     report.Tool
	Sources  []string // paths and addresses
	From, To time.Time
	Rules    int
	Ended    func() time.Time
	Stats    bool // tell how much was read and how fast, in text
	Colour   bool
	All      bool // list every finding that is kept
}

// Forms are the names of the forms, the first of which is the usual one.
func Forms() []string {
	return []string{"text", "json", "jsonl", "csv", "html", "sarif", "ocsf"}
}

// New makes a writer of a form.
func New(form string, w io.Writer, s Subject) (Writer, error) {
	switch form {
	case "text":
		return &collector{w: w, subject: s, most: mostText, write: writeText}, nil
	case "html":
		return &collector{w: w, subject: s, most: mostPage, write: writePage}, nil
	case "sarif":
		return &collector{w: w, subject: s, most: mostSARIF, total: mostSARIF, write: writeSARIF}, nil
	case "json":
		return &document{w: w, subject: s}, nil
	case "jsonl":
		return lines{w}, nil
	case "csv":
		return newTable(w)
	case "ocsf":
		return &ocsf{w: w, subject: s}, nil
	}
	return nil, fmt.Errorf("there is no form of output %q", form)
}
