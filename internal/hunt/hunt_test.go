package hunt

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/sigma"
)

const testRules = `
title: Trail stopped
id: stop
name: stop
level: high
author: A. Author
logsource: {product: aws, service: cloudtrail}
detection: {it: {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging}, condition: it}
---
title: Root used
id: root
level: low
logsource: {product: aws, service: cloudtrail}
detection: {it: {eventName: ConsoleLogin, userIdentity.type: Root}, condition: it}
---
title: Stopped twice
id: twice
level: critical
correlation: {type: event_count, rules: stop, group-by: userIdentity.arn, timespan: 1h, condition: {gte: 2}}
generate: true
`

func rulesOf(t testing.TB, text string) *sigma.Set {
	t.Helper()
	f, err := sigma.Parse("test.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	set, err := sigma.Link(f)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// event makes a record as CloudTrail writes it.
func event(id, when, source, name, more string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/mallory","accountId":"111122223333","accessKeyId":"AKIA1"},`+
		`"eventTime":"%s","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli",`+
		`"requestParameters":{"name":"main"}%s,"requestID":"r","eventID":"%s","eventType":"AwsApiCall","recipientAccountId":"111122223333"}`, when, source, name, more, id)
}

func stop(id string) string {
	return event(id, "2026-03-01T10:00:00Z", "cloudtrail", "StopLogging", "")
}
func list(id string) string { return event(id, "2026-03-01T10:01:00Z", "s3", "ListBuckets", "") }

func logFile(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

func gzipped(text string) string {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return out.String()
}

func quoted(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}

// found is what a hunt found, as tests compare it.
type found struct {
	ids      []string // of the findings, with their rules
	problems []string // kind, offset and text
	Result
}

func hunt(t testing.TB, o Options, sources ...Source) found {
	t.Helper()
	if o.Rules == nil {
		o.Rules = rulesOf(t, testRules)
	}
	var f found
	result, err := Run(t.Context(), o, sources, func(one Finding) error {
		name := one.Rule.ID + " " + one.Event.ID
		if one.Correlation != nil {
			name = one.Rule.ID + " " + strings.Join(one.Correlation.Events, "+")
		} else if !json.Valid(one.Record) {
			t.Errorf("the record is no JSON: %s", one.Record)
		}
		f.ids = append(f.ids, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range result.Problems {
		f.problems = append(f.problems, fmt.Sprintf("%s %d %s", p.Kind, p.Offset, p.What))
	}
	f.Result = result
	return f
}

// write makes a directory of files.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func utf16Of(text string, little bool) string {
	out := []byte("\xfe\xff")
	if little {
		out = []byte("\xff\xfe")
	}
	for _, u := range utf16.Encode([]rune(text)) {
		a, b := byte(u>>8), byte(u)
		if little {
			a, b = b, a
		}
		out = append(out, a, b)
	}
	return string(out)
}

func zipped(t *testing.T, files ...string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i, content := range files {
		w, err := z.Create(fmt.Sprintf("dir/%d.json", i))
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestLayouts reads one stop among other records out of everything that may hold it.
func TestLayouts(t *testing.T) {
	one, other := stop("1"), list("2")
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(logFile(other, one, other)), "", "  "); err != nil {
		t.Fatal(err)
	}
	envelope := func(record string) string {
		return `{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","source":"aws.cloudtrail","account":"111122223333","detail":` + record + `}`
	}
	escaped := strings.NewReplacer("StopLogging", `\u0053topLogging`, `"eventName"`, `"event\u004eame"`).Replace(one)
	tests := map[string]string{
		"log file":              logFile(other, one, other),
		"gzip":                  gzipped(logFile(other, one, other)),
		"two members":           gzipped(logFile(other)+"\n") + gzipped(logFile(one)),
		"record across members": gzipped(logFile(other, one)[:900]) + gzipped(logFile(other, one)[900:]),
		"trailing zeros":        gzipped(logFile(one)) + strings.Repeat("\x00", 512),
		"pretty":                pretty.String(),
		"pretty gzip":           gzipped(pretty.String()),
		"other key first":       `{"x":[1,{"Records":3}],"Records":[` + one + `]}`,
		"other keys after":      `{"Records":[` + one + `],"y":{"a":[]}, "z" : 1 }`,
		"one to a line":         other + "\n" + one + "\r\n\n" + other + "\n",
		"bare":                  one,
		"array":                 "[" + other + ",\n" + one + "]",
		"files one to a line":   logFile(other) + "\n" + logFile(one) + "\n",
		"array of files":        "[" + logFile(other) + "," + logFile(one) + "]",
		"no break between":      other + one + other,
		"byte order mark":       byteOrderMark + logFile(one),
		"UTF-16 little":         utf16Of(logFile(one), true),
		"UTF-16 big":            utf16Of(logFile(one), false),
		"EventBridge":           envelope(other) + "\n" + envelope(one),
		"EventBridge archive":   `{"Events":[` + envelope(one) + `]}`,
		"LookupEvents":          `{"Events":[{"EventId":"1","EventName":"StopLogging","Resources":[],"CloudTrailEvent":` + quoted(one) + `}],"NextToken":"n"}`,
		"queue":                 `{"Messages":[{"MessageId":"m","Body":` + quoted(`{"Type":"Notification","Message":`+quoted(envelope(one))+`}`) + `}]}`,
		"strings":               "[" + quoted(one) + "]",
		"escaped":               logFile(other, escaped),
		"escaped gzip":          gzipped(logFile(other, escaped)),
		"zip":                   zipped(t, logFile(other), gzipped(logFile(one))),
		"empty records between": gzipped(`{"Records":[]}`) + gzipped(logFile(one)),
	}
	for name, content := range tests {
		for _, how := range []string{"file", "stdin"} {
			t.Run(name+" "+how, func(t *testing.T) {
				var source Source = Stdin{strings.NewReader(content)}
				if how == "file" {
					ext := ".json.gz" // whatever it is
					if name == "zip" {
						ext = ".zip"
					}
					source = Path(write(t, map[string]string{"log" + ext: content}))
				}
				f := hunt(t, Options{}, source)
				if !reflect.DeepEqual(f.ids, []string{"stop 1"}) || f.problems != nil || f.Stats.Malformed != 0 || f.Stats.Damaged != 0 || f.Stats.Foreign != 0 {
					t.Errorf("%v, problems %v, %+v", f.ids, f.problems, f.Stats)
				}
				want := int64(strings.Count(name, "zip")) // just to be sure that something was counted
				if f.Stats.Records < max(want, 1) {
					t.Errorf("%d records", f.Stats.Records)
				}
			})
		}
	}
}

func TestCorrelationAndLevel(t *testing.T) {
	dir := write(t, map[string]string{"a.json": logFile(stop("1"), stop("2")), "b.json": logFile(stop("1"), list("3"), list("3"))})
	f := hunt(t, Options{}, Path(dir))
	if want := []string{"stop 1", "stop 2", "twice 1+2"}; !reflect.DeepEqual(f.ids, want) || f.Stats.Duplicates != 1 || f.Stats.Records != 5 {
		t.Errorf("found %v, %+v", f.ids, f.Stats)
	}
	f = hunt(t, Options{Level: severity.Critical}, Path(dir))
	if want := []string{"twice 1+2"}; !reflect.DeepEqual(f.ids, want) {
		t.Errorf("found %v", f.ids)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	files := map[string]string{}
	for i := range 200 {
		files[fmt.Sprintf("%03d.json", i)] = logFile(stop(fmt.Sprint(i)))
	}
	n := 0
	result, err := Run(ctx, Options{Rules: rulesOf(t, testRules), Workers: 2}, []Source{Path(write(t, files))}, func(Finding) error {
		if n++; n == 3 {
			cancel()
		}
		return nil
	})
	if err != nil || !result.Interrupted || n < 3 || n >= 200 {
		t.Errorf("%d found, %v, interrupted %v", n, err, result.Interrupted)
	}
	boom := errors.New("boom")
	if _, err := Run(t.Context(), Options{Rules: rulesOf(t, testRules)}, []Source{Path(write(t, files))}, func(Finding) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("the error is %v", err)
	}
}

// TestOffsets are those in the content, however it was read.
func TestOffsets(t *testing.T) {
	content := logFile(list("1"), stop("2"), list("3"), stop("4"))
	for _, o := range []Options{{}, {whole: 10, chunk: 32}} {
		o.Rules = rulesOf(t, testRules)
		_, err := Run(t.Context(), o, []Source{Stdin{strings.NewReader(content)}}, func(f Finding) error {
			if f.Correlation == nil && !strings.HasPrefix(content[f.Offset:], string(f.Record)) {
				t.Errorf("at %d there is %.40s", f.Offset, content[f.Offset:])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFold(t *testing.T) {
	var f fold
	id := func(n int) identity { return identity{byte(n), byte(n >> 8), byte(n >> 16)} }
	for n := range folded + 10 {
		if f.seen(id(n)) {
			t.Fatalf("%d was never seen", n)
		}
	}
	for _, n := range []int{0, folded - 1, folded, folded + 9} {
		if !f.seen(id(n)) {
			t.Errorf("%d was seen", n)
		}
	}
	if len(f.now)+len(f.before) > 2*folded {
		t.Errorf("it holds %d and %d", len(f.now), len(f.before))
	}
}

// TestArchiveLeavesNothing behind: neither a spooled archive nor, if the hunt is called off, an open one.
func TestArchiveLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var contents []string
	for i := range 100 {
		contents = append(contents, logFile(stop(fmt.Sprint(i))))
	}
	archive := zipped(t, contents...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, calledOff := range []bool{false, true} {
		n := 0
		_, err := Run(ctx, Options{Rules: rulesOf(t, testRules), Workers: 2}, []Source{Stdin{strings.NewReader(archive)}}, func(f Finding) error {
			if n++; calledOff {
				cancel()
			}
			return nil
		})
		left, readErr := os.ReadDir(os.TempDir())
		if err != nil || readErr != nil || len(left) > 0 || n == 0 {
			t.Errorf("%v, %v, %d files are left, %d findings", err, readErr, len(left), n)
		}
	}
}
