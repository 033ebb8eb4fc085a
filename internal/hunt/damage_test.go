package hunt

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// TestDamage damages files in every way, and looks whether what is whole is found, nothing else is, and all is reported.
func TestDamage(t *testing.T) {
	one, two, three, other := stop("1"), stop("2"), stop("3"), list("9")
	fake := `{"eventVersion":"1.11","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","eventID":"fake","eventTime":"2026-03-01T10:00:00Z","userIdentity":{}}`
	log := logFile(one, other, two)
	gz := gzipped(log)
	noise := gzipped(log)
	crc := []byte(gz)
	crc[len(crc)-6] ^= 1
	unseen := []byte(gzipped(logFile(other, other[:100]+other, list("8"))))
	unseen[len(unseen)-6] ^= 1
	envelope := func(record string) string {
		return `{"detail-type":"AWS API Call via CloudTrail","detail":` + record + `}`
	}
	long := logFile(one, event("9", "2026-03-01T10:00:00Z", "s3", "PutObject", `,"x":"`+strings.Repeat("a", 100<<20)+`"`), two)
	deep := event("9", "2026-03-01T10:00:00Z", "s3", "PutObject", `,"x":`+strings.Repeat(`{"a":`, 300)+"1"+strings.Repeat("}", 300))
	tests := map[string]struct {
		content   string
		ids       string // of what is found
		malformed int64
		problem   string
	}{
		"cut gzip":               {gz[:len(gz)-30], "1", 1, "damaged 3"},
		"cut in the trailer":     {gz[:len(gz)-3], "1 2", 0, "truncated"},
		"wrong checksum":         {string(crc), "1 2", 0, "checksum"},
		"second member cut":      {noise + gz[:15], "1 2", 0, "truncated"},
		"foreign bytes behind":   {gz + "hello", "1 2", 0, "foreign bytes"},
		"cut text":               {log[:len(log)-40], "1", 1, "breaks off"},
		"cut before the end":     {logFile(one, other, two)[:len(log)-2], "1 2", 1, "the array breaks off"},
		"cut beginning":          {log[30:], "2", 1, "damaged 0 here begins"},
		"hole":                   {logFile(one, other[:100]+two, three), "1 2 3", 1, "damaged"},
		"hole in gzip":           {gzipped(logFile(one, other[:100]+two, three)), "1 2 3", 1, "damaged"},
		"no closing brace":       {logFile(one, other[:len(other)-1], two), "1 2", 1, "damaged"},
		"control character":      {logFile(one, strings.Replace(other, "mallory", "mal\nlory", 1), two), "1 2", 1, "damaged"},
		"line of rubbish":        {one + "\nrubbish\n" + two, "1 2", 1, "here begins neither"},
		"half a line":            {one + "\n" + other[:200] + "\n" + two + "\n" + three, "1 2 3", 1, "damaged"},
		"half an event":          {envelope(one) + "\n" + envelope(other)[:200] + "\n" + envelope(two) + "\n", "1 2", 1, "damaged"},
		"nothing to find":        {string(unseen), "", 1, "checksum"},
		"no object":              {`{"Records":[` + one + `,null,17,"x",` + two + `]}`, "1 2", 3, "an element that is no object"},
		"deep":                   {logFile(one, deep, two), "1 2", 1, "nested deeper"},
		"deep brackets":          {logFile(one, strings.Repeat("[", 100_000), two), "1 2", 1, "breaks off"},
		"100 MB":                 {long, "1 2", 1, "an object of more than 16 MB"},
		"invalid UTF-8":          {logFile(strings.Replace(one, `"eventType"`, "\"x\":\"\xff\xfe\xc0\",\"eventType\"", 1), two), "1 2", 0, ""},
		"fake in a string":       {logFile(event("1", "2026-03-01T10:00:00Z", "s3", "PutObject", `,"x":`+quoted(fake)), two), "2", 0, ""},
		"fake in an object":      {logFile(event("1", "2026-03-01T10:00:00Z", "s3", "PutObject", `,"x":`+fake), two), "2", 0, ""},
		"fake in gzip":           {gzipped(logFile(event("1", "2026-03-01T10:00:00Z", "s3", "PutObject", `,"x":[`+fake+`]`), two)), "2", 0, ""},
		"fake behind damage":     {logFile(event("1", "2026-03-01T10:00:00Z", "s3", "PutObject", `,"x":[`+fake+`],"y":nul`), two), "2", 1, "damaged"},
		"malformed date":         {logFile(strings.Replace(one, "2026-03-01T", "2026-13-41T", 1)), "1", 0, ""},
		"same record in another": {log + log, "1 2", 0, ""},
		"key order":              {logFile(`{"eventID":"1","eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com"}`), "1", 0, ""},
		"id reused":              {logFile(one, strings.Replace(one, "mallory", "eve", 2)), "1 1", 0, ""},
	}
	for name, test := range tests {
		for _, small := range []int{0, 1 << 16} {
			if name == "100 MB" && small > 0 {
				continue
			}
			t.Run(fmt.Sprint(name, " ", small), func(t *testing.T) {
				o := Options{}
				if small > 0 {
					o.whole, o.chunk = 16, 64 // everything is streamed
				}
				f := hunt(t, o, Path(write(t, map[string]string{"x.json.gz": test.content})))
				var ids []string
				for _, id := range f.ids {
					if rule, id, _ := strings.Cut(id, " "); rule == "stop" {
						ids = append(ids, id)
					}
				}
				if got := strings.Join(ids, " "); got != test.ids {
					t.Errorf("found %q, want %q; problems %v", got, test.ids, f.problems)
				}
				if f.Stats.Malformed != test.malformed {
					t.Errorf("%d malformed, want %d; problems %v", f.Stats.Malformed, test.malformed, f.problems)
				}
				if small > 0 && strings.Contains(strings.Join(f.problems, "\n"), "gzip:") {
					return // compress/gzip says it in other words
				}
				if got := strings.Join(f.problems, "\n"); !strings.Contains(got, test.problem) || (test.problem == "") != (got == "") {
					t.Errorf("the problems are %q, want %q", got, test.problem)
				}
			})
		}
	}
}

// TestForeign leaves alone what is not CloudTrail's.
func TestForeign(t *testing.T) {
	f := hunt(t, Options{}, Path(write(t, map[string]string{
		"a.json": logFile(stop("1")),
		"b.log":  "2 111122223333 eni-1 10.0.0.1 10.0.0.2 443 49152 6 20 4000 1 2 ACCEPT OK\n",
		"c.json": `{"fileVersion":"1.0","configurationItems":[{"a":1}]}`,
		"d.json": `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2026-03-01T10:00:00Z"}]}`,
		"e.gz":   gzipped(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2026-03-01T10:00:00Z"}]}`),
		"f.json": `{"detail-type":"Scheduled Event","detail":{}}`,
		"g.png":  "\x89PNG\r\n",
		"h.json": ``,
		"i.json": `{"awsAccountId":"111122223333","digestStartTime":"2026-03-01T10:00:00Z","digestS3Object":"x","logFiles":[]}`,
		"AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/d.json.gz": "whatever",
		"j.zip": "no archive",
		"k.bin": "PK\x03\x04xxxx",
	})))
	want := Stats{Files: 10, Records: 1, Findings: 1, Digests: 2, Foreign: 6, Unreadable: 1}
	got := f.Stats
	got.Bytes, got.StoredBytes, got.Seconds = 0, 0, 0
	if got.Files--; got != want { // the empty file
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !reflect.DeepEqual(f.ids, []string{"stop 1"}) || len(f.Problems) != 2 {
		t.Errorf("%v, %v", f.ids, f.problems)
	}
}

// TestBomb ends where no log would go on.
func TestBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("it inflates a quarter of a gigabyte")
	}
	content := gzipped(`{"Records":[`+stop("1")+",") + strings.Repeat(gzipped(strings.Repeat(" ", 32<<20)), 20)
	f := hunt(t, Options{}, Stdin{strings.NewReader(content)})
	if !reflect.DeepEqual(f.ids, []string{"stop 1"}) || !strings.Contains(strings.Join(f.problems, ""), "a bomb") || f.Stats.Bytes > 300<<20 {
		t.Errorf("%v, %v, %d bytes", f.ids, f.problems, f.Stats.Bytes)
	}
}

// TestEncryptedArchive can't be read, which is said.
func TestEncryptedArchive(t *testing.T) {
	archive := []byte(zipped(t, logFile(stop("1"))))
	central := strings.Index(string(archive), "PK\x01\x02")
	archive[central+8] |= 1
	f := hunt(t, Options{}, Path(write(t, map[string]string{"a.zip": string(archive), "b.json": logFile(stop("2"))})))
	if !reflect.DeepEqual(f.ids, []string{"stop 2"}) || !strings.Contains(strings.Join(f.problems, ""), "encrypted") {
		t.Errorf("%v, %v", f.ids, f.problems)
	}
}
