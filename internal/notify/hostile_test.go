package notify

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/trail"
)

const poison = "x\r\nSubject: all is well\n\n\x1b[2J\u202e\u2028\u200b\x00\xff https://evil.example www.evil.example ; rm -rf $(id)"

// strand is one string inside an incident that a test can replace.
type strand struct {
	path string
	set  func(string)
}

// strands finds every string of an incident, whatever its type is called.
func strands(path string, v reflect.Value) []strand {
	var out []strand
	switch v.Kind() {
	case reflect.String:
		out = append(out, strand{path, v.SetString})
	case reflect.Pointer:
		if !v.IsNil() {
			return strands(path, v.Elem())
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			return []strand{{path, func(s string) {
				quoted, _ := json.Marshal(s)
				v.SetBytes(fmt.Appendf(nil, `{"eventName":%s,"errorCode":%s,"errorMessage":%s,"awsRegion":%s}`, quoted, quoted, quoted, quoted))
			}}, {path + " as text", func(s string) {
				quoted, _ := json.Marshal(s)
				v.SetBytes(quoted)
			}}}
		}
		for n := range v.Len() {
			out = append(out, strands(fmt.Sprintf("%s[%d]", path, n), v.Index(n))...)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for n := range v.NumField() {
			out = append(out, strands(path+"."+v.Type().Field(n).Name, v.Field(n))...)
		}
	case reflect.Interface:
		out = append(out, strand{path, func(s string) { v.Set(reflect.ValueOf(s)) }},
			strand{path + "{}", func(s string) { v.Set(reflect.ValueOf(map[string]any{s: []string{s}})) }})
	}
	return out
}

// everything has at least one entry in each list.
func everything() incident.Incident {
	i := failed()
	i.Unknown = []trail.UnknownFacet{{}}
	i.Notes, i.Told = []string{""}, []incident.Telling{{}}
	i.Actor.InvokedBy = "x"
	i.Steps[0].After, i.Steps[0].RequestIDs = []string{""}, []string{""}
	i.Drifts = append(i.Drifts, redirected().Drifts...)
	return i
}

func TestHostileTextInEveryField(t *testing.T) {
	for _, base := range []func() incident.Incident{everything, message, shadowSwept, keyDisabled, ruleFailed, bucketTaken, window, windowOver, contestLeft, nobody} {
		testHostileText(t, base)
	}
}

func testHostileText(t *testing.T, base func() incident.Incident) {
	t.Helper()
	probe := base()
	count := len(strands("incident", reflect.ValueOf(&probe).Elem()))
	stages := []incident.Stage{incident.Failed, incident.Observed, incident.Planned, incident.Restored, incident.ChangeWindow, incident.Permitted, incident.AlertOnly}
	kinds := []incident.Kind{incident.KindAlert, incident.KindEscalate, incident.KindIdentified}
	for n := range count {
		for k, text := range []string{poison, strings.Repeat(poison, 20), strings.Repeat("<\"\\\u0300監", 600)} {
			i := base()
			i.Stage = stages[(n+k)%len(stages)]
			target := strands("incident", reflect.ValueOf(&i).Elem())[n]
			target.set(text)
			m := Compose(i, kinds[n%len(kinds)])
			checkForm(t, m)
			checkPlain(t, target.path, m)
		}
	}
}

func checkPlain(t *testing.T, path string, m Message) {
	t.Helper()
	for form, text := range map[string]string{"subject": m.Subject, "line": m.Line, "text": m.Text, "JSON": string(m.JSON)} {
		for _, r := range text {
			if r != '\n' && !unicode.IsPrint(r) || r == '\n' && form != "text" {
				t.Fatalf("%s: %U reaches the %s", path, r, form)
			}
		}
		if form != "JSON" && strings.Contains(text, "://") {
			t.Errorf("%s: a link reaches the %s", path, form)
		}
	}
	for _, text := range laidOut(m) {
		if strings.Contains(text, "://") || strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
			t.Errorf("%s: reaches the sections: %.300q", path, text)
		}
	}
	for line := range strings.Lines(m.Text) {
		if strings.HasPrefix(line, "Subject:") {
			t.Errorf("%s: begins a line of its own in the text: %q", path, line)
		}
		if (strings.HasPrefix(line, "       aws") || strings.HasPrefix(line, "       trailhold")) && strings.ContainsAny(line, ";$&|`<>()\"'") {
			t.Errorf("%s: reaches a command: %q", path, line)
		}
	}
	if !json.Valid(m.JSON) {
		t.Errorf("%s: the JSON is none: %s", path, m.JSON)
	}
}

// laidOut are all texts of a message's sections and brief.
func laidOut(m Message) []string {
	b := m.Brief
	all := []string{m.Headline, b.What, b.Who, b.From, b.Changed, b.Done, b.Proof, b.Lost, b.Next}
	for _, s := range m.Sections {
		all = append(all, s.Title)
		for _, r := range s.Rows {
			all = append(all, r.Mark, r.Name, r.Text)
		}
	}
	return all
}

func TestNoCommandFromHostileText(t *testing.T) {
	for _, key := range []string{"AKIA$(id)", "AKIA;id", "AKIA x", "AKIA\nid", "AKIA'", "AKIA*"} {
		i := deleted()
		i.Actor.AccessKeyID = key
		if text := Compose(i, incident.KindAlert).Text; strings.Contains(text, "aws iam") || strings.Contains(text, "AccessKeyId,") {
			t.Errorf("%q was put into a command:\n%s", key, text)
		}
	}
	i := deleted()
	i.Actor.ARN = "arn:aws:iam::111122223333:user/--profile"
	if text := Compose(i, incident.KindAlert).Text; strings.Contains(text, "user-name") {
		t.Error("a name was passed that the program would take for an option")
	}
}

func TestEmptyIncidentHasAMessage(t *testing.T) {
	m := Compose(incident.Incident{}, "")
	checkForm(t, m)
	checkPlain(t, "empty", m)
}

func TestDriftValueThatJSONRefuses(t *testing.T) {
	i := restored()
	i.Drifts[0].Before = make(chan int)
	if m := Compose(i, incident.KindAlert); !strings.Contains(string(m.JSON), i.ID) {
		t.Errorf("the JSON is lost: %s", m.JSON)
	}
}

func TestJSONMeansTheIncident(t *testing.T) {
	i := restored()
	i.Actor.UserAgent = "\u202e\u009b\U000e0041 <b>\x7f"
	var back incident.Incident
	if err := json.Unmarshal(Compose(i, incident.KindAlert).JSON, &back); err != nil {
		t.Fatal(err)
	}
	if back.Actor.UserAgent != i.Actor.UserAgent || string(back.Records[0]) != string(i.Records[0]) {
		t.Errorf("the JSON tells something else: %q %s", back.Actor.UserAgent, back.Records[0])
	}
}
