package posturereport

import (
	"encoding/xml"
	"io"
	"math"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
)

// writeJUnit writes a test for each finding. What could not be read is an error, which no reader takes for passed.
func writeJUnit(w io.Writer, r posture.Report, s Subject) error {
	all := junitSuites{Name: "CloudTrail audit"}
	stamp := r.At.UTC().Format("2006-01-02T15:04:05")
	for _, a := range byCheck(r) {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != string(a.Group) {
			all.Suites = append(all.Suites, junitSuite{Name: string(a.Group), Timestamp: stamp, Time: "0"})
		}
		suite := &all.Suites[len(all.Suites)-1]
		for _, f := range a.Findings {
			suite.add(junitOf(a.Check, f))
		}
	}
	for _, suite := range all.Suites {
		all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Errors+suite.Errors, all.Skipped+suite.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	Time    string      `xml:"time,attr"`
	Failure *junitWords `xml:"failure,omitempty"`
	Error   *junitWords `xml:"error,omitempty"`
	Skipped *junitWords `xml:"skipped,omitempty"`
}

type junitWords struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func junitOf(c posture.Check, f posture.Finding) junitCase {
	made := junitCase{Class: "trailhold." + string(c.Group) + "." + c.ID, Name: literal(c.Title+": "+place(f), maxShown), Time: "0"}
	words := junitWords{Message: literal(f.Detail, maxShown)}
	switch f.Status {
	case posture.Fail:
		words.Type, words.Text = f.Severity.String(), junitText(f)
		made.Failure = &words
	case posture.Unknown:
		words.Type, words.Text = "unknown", junitText(f)
		made.Error = &words
	case posture.Muted:
		words.Message = literal("muted: "+muteOf(f)+": "+f.Detail, maxShown)
		made.Skipped = &words
	case posture.NotApplicable:
		words.Message = literal("not applicable: "+f.Detail, maxShown)
		made.Skipped = &words
	}
	return made
}

func muteOf(f posture.Finding) string {
	if f.Mute == nil {
		return "nobody says why"
	}
	return muteText(*f.Mute)
}

// junitText is what a finding rests on, and what mends it. XML cannot hold control characters; literal writes them out.
func junitText(f posture.Finding) string {
	var lines []string
	for _, e := range f.Evidence {
		lines = append(lines, literal(e.Name+": "+e.Value, math.MaxInt32))
	}
	if f.Remedy != "" {
		lines = append(lines, command(f.Remedy))
	}
	return strings.Join(lines, "\n")
}
