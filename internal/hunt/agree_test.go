package hunt

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/hunt/hunttest"
	"github.com/trailhold/trailhold/internal/rulepack"
	"github.com/trailhold/trailhold/internal/sigma"
)

// TestAgreesWithPlainEvaluation hunts in generated logs, and decodes every record to try every rule on it.
func TestAgreesWithPlainEvaluation(t *testing.T) {
	sets := map[string]*sigma.Set{"pack": packRules(t), "test": rulesOf(t, testRules)}
	if !testing.Short() {
		t.Run("public", func(t *testing.T) { agree(t, publicRules(t)) })
	}
	for name, set := range sets {
		t.Run(name, func(t *testing.T) { agree(t, set) })
	}
}

func agree(t *testing.T, set *sigma.Set) {
	plan, err := sigma.Compile(set.Rules, rulepack.Placeholders())
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 7))
	files, want, records := map[string]string{}, []string{}, 0
	for i := range 40 {
		content := string(hunttest.File(r, "eu-west-1", time.Date(2026, 3, 1, 0, 5*i, 0, 0, time.UTC), 50))
		for _, word := range []string{"DescribeAlarms", "GetRole", "PutObject"} { // so that there is more to find
			if r.IntN(4) == 0 {
				content = strings.Replace(content, `"eventName":"`+word, `"eventName":"StopLogging`, 1)
			}
		}
		if r.IntN(8) == 0 {
			content = strings.Replace(content, `"type":"IAMUser"`, `"type":"\u0052oot"`, 1)
		}
		files[string(rune('a'+i/26))+string(rune('a'+i%26))] = gzipped(content)
		var log struct{ Records []json.RawMessage }
		if err := json.Unmarshal([]byte(content), &log); err != nil {
			t.Fatal(err)
		}
		records += len(log.Records)
		for _, raw := range log.Records {
			e, err := sigma.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range plan.Matchers() {
				if sigma.Applies(m.Rule().LogSource) && !m.Rule().Hidden && m.Match(e) {
					want = append(want, m.Rule().ID+" "+e.Field("eventID").Text())
				}
			}
		}
	}
	for _, o := range []Options{{}, {Workers: 1}, {Workers: 7}, {whole: 100, chunk: 333}} {
		o.Rules, o.Placeholders = set, rulepack.Placeholders()
		f := hunt(t, o, Path(write(t, files)))
		got := f.ids[:min(len(f.ids), len(want))] // correlations follow
		if len(want) == 0 || !reflect.DeepEqual(got, want) || f.Stats.Records != int64(records) || f.problems != nil {
			t.Errorf("%d findings, want %d; %d records, want %d; %v", len(f.ids), len(want), f.Stats.Records, records, f.problems)
		}
	}
}

// FuzzHunt reads anything, in one piece and in small ones: it must end, find the same, and give only JSON.
func FuzzHunt(f *testing.F) {
	one, other := stop("1"), list("2")
	for _, seed := range []string{
		logFile(one, other), gzipped(logFile(one, other)), one + "\n" + other, `{"Events":[{"CloudTrailEvent":` + quoted(one) + `}]}`, `[[],{"a":[{}]}`, `{"Records":[{"a":}]}`,
		`{"detail":` + one + `}`, logFile(other[:90], one), "\xff\xfe{", byteOrderMark + "[" + one, strings.Repeat(`{"Records":[`, 50), `{"message":"{\"message\":\"{}\"}"}`,
	} {
		f.Add([]byte(seed))
	}
	set := rulesOf(f, testRules)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		whole := hunt(t, Options{Rules: set, Workers: 1}, Stdin{strings.NewReader(string(data))})
		small := hunt(t, Options{Rules: set, Workers: 1, whole: 8, chunk: 16}, Stdin{strings.NewReader(string(data))})
		if strings.HasPrefix(string(data), "\x1f\x8b") || strings.HasPrefix(string(data), "\xff\xfe") || strings.HasPrefix(string(data), "\xfe\xff") {
			return // compress/gzip keeps less of what is damaged, and UTF-16 is not streamed
		}
		if !reflect.DeepEqual(whole.ids, small.ids) || whole.Stats.Records != small.Stats.Records {
			t.Errorf("in one piece %v (%d records, %v), in pieces %v (%d records, %v)", whole.ids, whole.Stats.Records, whole.problems, small.ids, small.Stats.Records, small.problems)
		}
	})
}

// FuzzSkip finds the end of valid JSON.
func FuzzSkip(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"]",{"b":"\\\""}]}`, `"\\"`, `-1.5e3`, `[[[]]]`, `null`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := skip([]byte(text+" "), 0)
		if text = strings.TrimSpace(text); json.Valid([]byte(text)) && skip([]byte(text+" "), 0) != len(text) {
			t.Errorf("%q ends at %d", text, end)
		}
		eachMember([]byte(text), 0, func(string, int) bool { return true })
	})
}

// FuzzPlaceOf must not panic, whatever a bucket holds.
func FuzzPlaceOf(f *testing.F) {
	f.Add("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/x.json.gz")
	f.Fuzz(func(t *testing.T, path string) {
		if p := placeOf(path); !p.from.IsZero() && !p.to.After(p.from) {
			t.Errorf("%q ends before it begins", path)
		}
	})
}
