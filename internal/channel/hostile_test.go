package channel

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/notify"
)

// poisons are what an intruder writes where a record lets him, for every medium.
var poisons = []string{
	"<!channel> <!here> <@U012AB3CD> <https://evil.example|click> @channel & *bold* ```",
	"[click](https://evil.example) **b** <at>x</at> {{DATE(2017-02-14T06:08:39Z,SHORT)}} <b>x</b><script>alert(1)</script> ![i](//evil.example/x)",
	"x\r\nBcc: victim@evil.example\r\nSubject: all is well\r\n\r\n.\r\nMAIL FROM:<x@evil.example>\r\n",
	"\"] [evil@1 a=\"b\"] \\\" \\] \n<0>1 2026-01-01T00:00:00Z evil evil - - - x\x00\x1b[2J\u202e\u2028\u200b",
	"\",\"event_action\":\"resolve\",\"x\":\"\\u0000\xff\xfe",
	strings.Repeat("<\"\\\u0300監&]", 900),
	strings.Repeat("{", 3000) + strings.Repeat("](", 3000),
}

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
		return []strand{{path, v.SetString}}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			return []strand{{path, func(s string) {
				q, _ := json.Marshal(s)
				v.SetBytes(fmt.Appendf(nil, `{"eventName":%s,"errorCode":%s,"errorMessage":%s,"awsRegion":%s}`, q, q, q, q))
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
		return []strand{{path, func(s string) { v.Set(reflect.ValueOf(s)) }}}
	}
	return out
}

// hostile calls f with messages in each of which one field of the event is poisoned, in two ways, and with those where all
// fields are, in every way.
func hostile(f func(path string, m notify.Message)) {
	probe := restored()
	count := len(strands("", reflect.ValueOf(&probe).Elem()))
	kinds := []incident.Kind{incident.KindAlert, incident.KindEscalate, incident.KindIdentified, incident.KindProved}
	for n := range count + 1 {
		for k, poison := range poisons {
			if n < count && k != n%len(poisons) && k != (n+3)%len(poisons) {
				continue
			}
			i := restored()
			for at, s := range strands("", reflect.ValueOf(&i).Elem()) {
				if at == n || n == count {
					s.set(poison)
				}
			}
			f(fmt.Sprintf("field %d, poison %d", n, k), notify.Compose(i, kinds[(n+k)%len(kinds)]))
		}
	}
}

func TestHostileTextInEveryFieldOfEveryPayload(t *testing.T) {
	r := receive(t, nil)
	for name, c := range httpChannels(r) {
		hostile(func(path string, m notify.Message) {
			if err := c.Send(t.Context(), m); err != nil {
				t.Fatalf("%s, %s: %v", name, path, err)
			}
			for _, call := range r.got() {
				if name == "opsgenie" && !strings.HasPrefix(call.path, "/v2/alerts") || strings.ContainsAny(call.path, "\r\n ") {
					t.Errorf("%s, %s: path %q", name, path, call.path)
				}
				checkPayload(t, name+", "+path, name, call.body)
			}
		})
	}
}

// checkPayload holds for every payload, whoever wrote the event.
func checkPayload(t *testing.T, where, name string, body []byte) {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil || !utf8.Valid(body) {
		t.Fatalf("%s: no JSON: %v", where, err)
	}
	delete(v, "incident") // the event itself, as JSON, for programs
	delete(v, "raw_data")
	eachText("", v, func(path, text string) {
		if isLink(path, text) {
			if !strings.HasPrefix(text, "https://wiki.example.com/trailhold?t=") && !strings.HasPrefix(text, "https://eu-central-1.console.aws.amazon.com/cloudtrailv2/") {
				t.Errorf("%s: %s leads to %q", where, path, text)
			}
			return
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%s: %s contains %q", where, path, text[i:min(i+8, len(text))])
		}
		if strings.Contains(text, "://") && !(name == "slack" && strings.HasPrefix(path, "blocks.elements")) && path != "attachments.content.$schema" {
			t.Errorf("%s: %s contains a link: %.100q", where, path, text)
		}
	})
	switch name {
	case "slack":
		checkSlack(t, where, v)
	case "teams":
		checkTeams(t, where, v, len(body))
	case "opsgenie":
		for _, field := range []string{"description", "note"} {
			if text, _ := v[field].(string); strings.ContainsAny(text, "<>") {
				t.Errorf("%s: HTML in the %s", where, field)
			}
		}
		if message, _ := v["message"].(string); utf8.RuneCountInString(message) > opsgenieMessage {
			t.Errorf("%s: the message has %d characters", where, len(message))
		}
	case "pagerduty":
		payload, _ := v["payload"].(map[string]any)
		if summary, _ := payload["summary"].(string); len(summary) > 1024 || v["routing_key"] != "routingsecret" || len(body) > 512<<10 {
			t.Errorf("%s: %d bytes, %v", where, len(body), v["routing_key"])
		}
	}
}

// isLink says whether a text is the address of a link, and not of something that happens to be called so.
func isLink(path, text string) bool {
	for _, end := range []string{"links.url", "links.href", "actions.url", "details.Runbook", "details.AWS console"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

func checkSlack(t *testing.T, where string, v map[string]any) {
	t.Helper()
	blocks, _ := v["blocks"].([]any)
	if len(blocks) > slackBlocks || v["parse"] != "none" || v["link_names"] != false {
		t.Errorf("%s: %d blocks, parse %v", where, len(blocks), v["parse"])
	}
	if text, _ := v["text"].(string); strings.ContainsAny(text, "<>") {
		t.Errorf("%s: markup in the text %q", where, text)
	}
	for _, b := range blocks {
		block := b.(map[string]any)
		if block["type"] == "context" {
			text := block["elements"].([]any)[0].(map[string]any)["text"].(string)
			for _, part := range strings.Split(text, " · ") {
				if strings.Count(part, "<") != 1 || strings.Count(part, "|") != 1 || !strings.HasPrefix(part, "<https://wiki.example.com/trailhold?") && !strings.HasPrefix(part, "<https://eu-central-1.console.aws.amazon.com/") {
					t.Errorf("%s: links %q", where, text)
				}
			}
			continue
		}
		words := block["text"].(map[string]any)
		text, limit := words["text"].(string), slackSection
		if block["type"] == "header" {
			limit = slackHeader
		}
		if words["type"] != "plain_text" || words["emoji"] != false || strings.ContainsAny(text, "<>") || utf8.RuneCountInString(text) > limit || text == "" {
			t.Errorf("%s: block %v", where, block)
		}
	}
}

func checkTeams(t *testing.T, where string, v map[string]any, size int) {
	t.Helper()
	if size > 28<<10 {
		t.Errorf("%s: %d bytes", where, size)
	}
	card := v["attachments"].([]any)[0].(map[string]any)["content"].(map[string]any)
	if card["msteams"].(map[string]any)["entities"] != nil {
		t.Errorf("%s: the card has mentions", where)
	}
	for _, b := range card["body"].([]any) {
		block := b.(map[string]any)
		run := block["inlines"].([]any)[0].(map[string]any)
		text := run["text"].(string)
		if block["type"] != "RichTextBlock" || run["type"] != "TextRun" || strings.Contains(text, "{{") || strings.Contains(text, "](") {
			t.Errorf("%s: block %.200v", where, block)
		}
	}
}

// TestHostileFinding holds for the finding, whoever wrote the event: what Security Hub refuses tells nobody.
func TestHostileFinding(t *testing.T) {
	hub := NewSecurityHub("h", fixedHub("eu-central-1"), links)
	hostile(func(path string, m notify.Message) {
		f := hub.finding(m, attack)
		for what, limit := range map[*string]int{&f.ID: asffID, &f.Title: asffTitle, &f.Description: asffDescription, &f.GeneratorID: asffID,
			&f.Remediation.Recommendation.Text: asffText, &f.Resources[0].ID: asffID} {
			if n := utf8.RuneCountInString(*what); n == 0 || n > limit {
				t.Errorf("%s: %d characters, at most %d: %.100q", path, n, limit, *what)
			}
		}
		data, err := json.Marshal(f)
		if err != nil || len(data) > 60<<10 || len(f.ProductFields) > 50 {
			t.Errorf("%s: %d bytes: %v", path, len(data), err)
		}
		checkPayload(t, path, "finding", withoutLinks(t, data))
	})
}

func withoutLinks(t *testing.T, data []byte) []byte {
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	delete(v, "SourceUrl")
	delete(v["Remediation"].(map[string]any)["Recommendation"].(map[string]any), "Url")
	data, _ = json.Marshal(v)
	return data
}

func TestSlackLinkCannotBeEnded(t *testing.T) {
	s := NewSlack("s", nil, Linker{Runbook: "https://wiki.example.com/a|b>c?i={incident}"})
	blocks := s.payload(alert()).Blocks
	text := blocks[len(blocks)-1].Elements[0].(slackWords).Text
	if want := "<https://wiki.example.com/a%7Cb&gt;c?i=event-0f3a9c1d2b4e5f60|Runbook> · <"; !strings.HasPrefix(text, want) {
		t.Errorf("%s, want %s", text, want)
	}
}

func TestRunbookLinkHoldsNoMoreThanIsMeant(t *testing.T) {
	i := restored()
	i.Techniques, i.ID = []string{"x&admin=1#<script>"}, "../../evil?y=\r\n"
	got := links.Links(notify.Compose(i, incident.KindAlert))[0].URL
	if want := "https://wiki.example.com/trailhold?t=x%26admin%3D1%23%3Cscript%3E&i=..%2F..%2Fevil%3Fy%3D%0D%0A&s=critical&k=alert"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
