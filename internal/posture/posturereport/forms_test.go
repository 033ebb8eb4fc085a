package posturereport_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/posture/posturereport"
)

var files = map[string]string{
	"csv": "audit.csv", "html": "audit.html", "sarif": "audit.sarif", "ocsf": "audit.ocsf.jsonl", "asff": "audit.asff.json", "junit": "audit.junit.xml", "markdown": "audit.md",
}

// TestForms writes hostile text in every form.
func TestForms(t *testing.T) {
	r, s := sample()
	for _, form := range posturereport.Forms() {
		t.Run(form, func(t *testing.T) {
			out := render(t, form, r, s)
			golden(t, files[form], out)
			if !utf8.Valid(out) || bytes.ContainsAny(out, "\x00\x1b\r\u202e\ufffe\uffff") {
				t.Error("hostile text got through")
			}
			if again := render(t, form, r, s); !bytes.Equal(out, again) {
				t.Error("it differs from one time to the next")
			}
		})
	}
	if err := posturereport.Write("toml", &bytes.Buffer{}, r, s); err == nil {
		t.Error("there is a form that there isn't")
	}
}

// TestFormsOfNothing writes a report in which there is nothing at all.
func TestFormsOfNothing(t *testing.T) {
	for _, form := range posturereport.Forms() {
		out := string(render(t, form, posture.Report{At: at}, posturereport.Subject{}))
		if strings.Contains(out, "NaN") || strings.Contains(out, "null") || strings.Contains(out, "%!") {
			t.Errorf("%s: %s", form, out)
		}
	}
}

// TestFormsAreBounded writes the report of a large organization where people read it.
func TestFormsAreBounded(t *testing.T) {
	r := many()
	for form, most := range map[string]int{"markdown": 65_536, "html": 3_000_000} {
		if out := render(t, form, r, posturereport.Subject{}); len(out) > most {
			t.Errorf("%s has %d bytes", form, len(out))
		}
	}
	if out := render(t, "html", r, posturereport.Subject{}); !bytes.Contains(out, []byte("300 more findings not listed")) || !bytes.Contains(out, []byte("470 more accounts not drawn")) {
		t.Error("the page does not say what it leaves out")
	}
}

func TestCSVHasNoFormula(t *testing.T) {
	r, s := sample()
	rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", r, s))).ReadAll()
	if err != nil || len(rows) != len(r.Findings)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if first := strings.TrimLeft(cell, " \ufffd"); first != "" && strings.ContainsAny(first[:1], "=+-@\t|%") || strings.ContainsAny(cell, "\r\n") {
				t.Errorf("%q is a formula", cell)
			}
		}
	}
}

func TestJUnit(t *testing.T) {
	r, s := sample()
	type suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Name    string    `xml:"name,attr"`
			Class   string    `xml:"classname,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	}
	var all struct {
		suite
		Suites []suite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(render(t, "junit", r, s), &all); err != nil {
		t.Fatal(err)
	}
	if all.Tests != 6 || all.Failures != 1 || all.Errors != 1 || all.Skipped != 2 || len(all.Suites) != 2 {
		t.Errorf("%+v", all)
	}
	sum := suite{}
	for _, s := range all.Suites {
		sum.Tests, sum.Failures, sum.Errors, sum.Skipped = sum.Tests+len(s.Cases), sum.Failures+s.Failures, sum.Errors+s.Errors, sum.Skipped+s.Skipped
		for _, c := range s.Cases {
			if c.Name == "" || c.Class == "" {
				t.Errorf("%+v", c)
			}
		}
	}
	if sum.Tests != all.Tests || sum.Failures != all.Failures || sum.Errors != all.Errors || sum.Skipped != all.Skipped {
		t.Errorf("the suites add up to %+v", sum)
	}
}

// TestOCSF checks what the class Compliance Finding of OCSF 1.3.0 requires.
func TestOCSF(t *testing.T) {
	r, s := sample()
	statuses := map[string]float64{"trail-logging-1": 3, "trail-logging-2": 2, "bucket-lock-3": 3, "bucket-lock-4": 99, "trail-tags-5": 1, "trail-logging-6": 1}
	n := 0
	for line := range bytes.Lines(render(t, "ocsf", r, s)) {
		n++
		var e map[string]any
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]any{"activity_id": 1.0, "category_uid": 2.0, "class_uid": 2003.0, "type_uid": 200301.0, "time": float64(at.UnixMilli())} {
			if e[name] != want {
				t.Errorf("%s is %v", name, e[name])
			}
		}
		info, compliance, metadata := e["finding_info"].(map[string]any), e["compliance"].(map[string]any), e["metadata"].(map[string]any)
		if info["uid"] == "" || info["title"] == "" || metadata["version"] != "1.3.0" || len(compliance["standards"].([]any)) == 0 || e["severity_id"] == nil || len(e["resources"].([]any)) != 1 {
			t.Errorf("%s", line)
		}
		id := info["uid"].(string)
		if compliance["status_id"] != statuses[id] {
			t.Errorf("%s has the status %v", id, compliance["status_id"])
		}
		if suppressed := e["status_id"] == 3.0; suppressed != (id == "bucket-lock-3") {
			t.Errorf("%s is suppressed: %t", id, suppressed)
		}
	}
	if n != len(r.Findings) {
		t.Errorf("%d events", n)
	}
}

// TestASFF checks the constraints that the API reference gives.
func TestASFF(t *testing.T) {
	r, s := sample()
	r.Findings[0].Remedy = strings.Repeat("x", 600)
	r.Findings[0].Detail = strings.Repeat("ü", 5000)
	r.Findings[1].Region = "" // and no resource
	for n := range 100 {
		r.Findings[0].Evidence = append(r.Findings[0].Evidence, posture.Evidence{Name: fmt.Sprintf("e%d", n), Value: strings.Repeat("y", 3000)})
	}
	var findings []struct {
		SchemaVersion, ID, ProductArn, GeneratorID, AwsAccountID, CreatedAt, UpdatedAt, Title, Description, RecordState string
		FindingProviderFields                                                                                           struct{ Severity struct{ Label string } }
		Compliance                                                                                                      struct{ Status string }
		Workflow                                                                                                        struct{ Status string }
		Resources                                                                                                       []struct{ Type, ID, Partition, Region string }
		Remediation                                                                                                     *struct{ Recommendation struct{ Text string } }
		ProductFields                                                                                                   map[string]string
	}
	s.Region = "eu-central-1"
	out := render(t, "asff", r, s)
	if err := json.Unmarshal(out, &findings); err != nil {
		t.Fatal(err)
	}
	visible := regexp.MustCompile(`.*\S.*`)
	between := func(what, text string, most int) {
		if n := utf8.RuneCountInString(text); n > most || !visible.MatchString(text) {
			t.Errorf("%s has %d characters: %.80q", what, n, text)
		}
	}
	labels := map[string]string{"PASSED": "INFORMATIONAL", "NOT_AVAILABLE": "INFORMATIONAL"}
	var statuses []string
	for _, f := range findings {
		between("title", f.Title, 256)
		between("description", f.Description, 1024)
		between("id", f.ID, 512)
		for _, resource := range f.Resources {
			between("resource", resource.ID, 512)
			between("type", resource.Type, 256)
			if len(resource.Region) > 16 {
				t.Errorf("region %q", resource.Region)
			}
		}
		if f.Remediation != nil {
			between("recommendation", f.Remediation.Recommendation.Text, 512)
		}
		for name, value := range f.ProductFields {
			between("name of a field", name, 128)
			between("field "+name, value, 2048)
		}
		if len(f.ProductFields) > 50 || f.SchemaVersion != "2018-10-08" || f.ProductArn != "arn:aws:securityhub:eu-central-1:"+account+":product/"+account+"/default" || f.AwsAccountID != account || f.CreatedAt == "" || f.RecordState != "ACTIVE" {
			t.Errorf("%+v", f)
		}
		if want := labels[f.Compliance.Status]; want != "" && f.FindingProviderFields.Severity.Label != want {
			t.Errorf("%s has severity %s", f.ID, f.FindingProviderFields.Severity.Label)
		}
		statuses = append(statuses, f.Compliance.Status+"/"+f.Workflow.Status)
	}
	want := "FAILED/NEW WARNING/NEW PASSED/NEW PASSED/NEW FAILED/SUPPRESSED NOT_AVAILABLE/NEW"
	if got := strings.Join(statuses, " "); got != want {
		t.Errorf("the statuses are %s", got)
	}
	if findings[0].ProductFields["trailhold/remedy"] != strings.Repeat("x", 600) {
		t.Error("the remedy was cut")
	}
	if len(out)/len(findings) > 240_000 {
		t.Error("too large")
	}
}

func TestSARIF(t *testing.T) {
	r, s := sample()
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID, Kind, Level string
				RuleIndex           int
				Locations           []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
				Suppressions []struct{ Justification string }
			}
			Invocations []struct{ ExecutionSuccessful bool }
		}
	}
	if err := json.Unmarshal(render(t, "sarif", r, s), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Tool.Driver.Rules) != len(r.Checks) || len(run.Results) != 3 || run.Invocations[0].ExecutionSuccessful {
		t.Fatalf("%+v", run)
	}
	for _, result := range run.Results {
		uri := result.Locations[0].PhysicalLocation.ArtifactLocation.URI
		if _, err := url.Parse(uri); err != nil || uri == "" || run.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID {
			t.Errorf("%+v %v", result, err)
		}
	}
	if run.Results[0].Level != "error" || run.Results[1].Kind != "open" || len(run.Results[2].Suppressions) != 1 {
		t.Errorf("%+v", run.Results)
	}
}

// TestMarkdownFormatsNothing looks for what hostile text could have become.
func TestMarkdownFormatsNothing(t *testing.T) {
	r, s := sample()
	out := string(render(t, "markdown", r, s))
	var prose strings.Builder // without fenced code, in which nothing means anything
	fence := ""
	for line := range strings.Lines(out) {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence == "" && strings.HasPrefix(trimmed, "```"):
			fence = strings.TrimSuffix(trimmed, "sh")
		case fence != "" && trimmed == fence:
			fence = ""
		case fence == "":
			prose.WriteString(spoken(t, line))
		}
	}
	if fence != "" {
		t.Error("a fence is open at the end")
	}
	for _, bad := range []string{"<script", "@everyone", "[x", "](", "://", "www.", "`"} {
		if strings.Contains(prose.String(), bad) {
			t.Errorf("Markdown has %q:\n%s", bad, prose.String())
		}
	}
	if !strings.Contains(out, "````sh") {
		t.Error("the fence is not longer than that of the text")
	}
}

// spoken is a line of Markdown with · for what is escaped, and without spans of code.
func spoken(t *testing.T, line string) string {
	var out strings.Builder
	for i := 0; i < len(line); {
		switch {
		case line[i] == '\\':
			out.WriteString("·")
			i += 2
		case line[i] == '`':
			rest := strings.TrimLeft(line[i:], "`")
			fence := line[i : len(line)-len(rest)]
			ends := regexp.MustCompile("(^|[^`])" + fence + "($|[^`])").FindStringIndex(rest)
			if ends == nil {
				t.Errorf("a span is open at the end of %s", line)
				return out.String()
			}
			i = len(line) - len(rest) + ends[0] + 1 + len(fence)
		default:
			out.WriteByte(line[i])
			i++
		}
	}
	return out.String()
}
