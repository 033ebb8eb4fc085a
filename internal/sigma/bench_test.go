package sigma

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// trailRules are rules as a guard of trails has them: an event name or two, and sometimes a closer look.
func trailRules(t testing.TB) *Plan {
	t.Helper()
	var text strings.Builder
	for i, call := range append(rareCalls, "cloudtrail DeleteEventDataStore", "organizations LeaveOrganization", "securityhub DisableSecurityHub") {
		service, name, _ := strings.Cut(call, " ")
		fmt.Fprintf(&text, "---\ntitle: rule %d\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n"+
			"    eventSource: %s.amazonaws.com\n    eventName: [%s, %sV2]\n", i, service, name, name)
		switch i % 3 {
		case 0:
			fmt.Fprint(&text, "  denied:\n    errorCode|startswith: Access\n  condition: selection and not denied\n")
		case 1:
			fmt.Fprint(&text, "  root:\n    userIdentity.type: Root\n  condition: selection and not root\n")
		default:
			fmt.Fprint(&text, "  condition: selection\n")
		}
	}
	return planOf(t, text.String())
}

func planOf(t testing.TB, text string) *Plan {
	t.Helper()
	f, err := Parse("test.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Link(f)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(set.Rules, testPlaceholders)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// BenchmarkMatch reads and matches every record of a log file.
func BenchmarkMatch(b *testing.B) {
	b.Run("rules=trail", func(b *testing.B) { benchmarkMatch(b, trailRules(b)) })
	b.Run("rules=public", func(b *testing.B) { benchmarkMatch(b, publicRules(b)) })
}

func benchmarkMatch(b *testing.B, p *Plan) {
	const count = 2000
	data := bytes.Join(randomRecords(2, count), nil)
	var r Record
	hits, rounds := 0, 0
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for rest := data; len(rest) > 0; {
			n, err := r.Read(rest)
			if err != nil {
				b.Fatal(err)
			}
			p.Match(&r, func(*Matcher) { hits++ })
			rest = rest[n:]
		}
		rounds++
	}
	b.ReportMetric(float64(count*rounds)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(hits)/float64(count*rounds), "hits/record")
}

// BenchmarkRecorded matches records of real attacks, if somebody has them at hand.
func BenchmarkRecorded(b *testing.B) {
	all := recordedRecords(b)
	p := publicRules(b)
	var r Record
	size, hits, rounds := 0, 0, 0
	for b.Loop() {
		for _, raw := range all {
			if _, err := r.Read(raw); err != nil {
				b.Fatal(err)
			}
			size += len(raw)
			p.Match(&r, func(*Matcher) { hits++ })
		}
		rounds++
	}
	b.ReportMetric(float64(size)/1e6/b.Elapsed().Seconds(), "MB/s")
	b.ReportMetric(float64(len(all)*rounds)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(hits)/float64(len(all)*rounds), "hits/record")
}

// BenchmarkSearch goes through a log file and reads only what may match.
func BenchmarkSearch(b *testing.B) {
	const count = 2000
	data := bytes.Join(randomRecords(2, count), nil)
	p := trailRules(b)
	found, rounds := 0, 0
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s := p.Search(data)
		for at := s.Next(0); at < len(data); at = s.Next(at + 1) {
			found++
		}
		rounds++
	}
	b.ReportMetric(float64(count*rounds)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(found)/float64(count*rounds), "places/record")
}

// BenchmarkPlain is what it would take to decode every record and to try every rule.
func BenchmarkPlain(b *testing.B) {
	const count = 200
	records := randomRecords(2, count)
	p := trailRules(b)
	rounds := 0
	b.SetBytes(int64(len(bytes.Join(records, nil))))
	for b.Loop() {
		for _, record := range records {
			e, err := Decode(record)
			if err != nil {
				b.Fatal(err)
			}
			for _, m := range p.matchers {
				m.Match(e)
			}
		}
		rounds++
	}
	b.ReportMetric(float64(count*rounds)/b.Elapsed().Seconds(), "records/s")
}
