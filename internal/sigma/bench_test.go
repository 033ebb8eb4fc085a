package sigma

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// publicRules are all rules for CloudTrail of a folder that is not part of the project.
func publicRules(b *testing.B) *Plan {
	b.Helper()
	folder := os.Getenv("TRAILHOLD_TEST_SIGMA")
	if folder == "" {
		b.Skip("TRAILHOLD_TEST_SIGMA names no folder with Sigma rules")
	}
	var rules []*Rule
	err := filepath.WalkDir(filepath.Join(folder, "rules"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := Parse(path, data)
		if err != nil {
			return err
		}
		for _, r := range f.Rules {
			if Applies(r.LogSource) {
				rules = append(rules, r)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	p, err := Compile(rules, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d rules", len(p.matchers))
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
