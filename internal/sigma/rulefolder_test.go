package sigma

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// anyPlaceholder has a value for every placeholder that a rule set uses.
func anyPlaceholder(f *File) Placeholders {
	values := Placeholders{}
	for _, r := range f.Rules {
		for _, s := range r.detection.searches {
			for _, c := range s.any {
				for _, it := range c {
					for _, v := range it.values {
						if parts := strings.Split(v.text, "%"); it.op.expand && len(parts) == 3 {
							values[parts[1]] = []string{"some-value", "other*"}
						}
					}
				}
			}
		}
	}
	return values
}

// prose are files of the public repository's folder "unsupported" whose conditions are no Sigma, but tell in English what
// Sigma of their time could not express. They have to be refused.
var prose = []string{
	"net_dns_high_subdomain_rate.yml", "sysmon_always_install_elevated_parent_child_correlated.yml",
	"win_dumping_ntdsdit_via_dcsync.yml", "win_dumping_ntdsdit_via_netsync.yml",
}

// TestRuleFolder runs every rule of a folder that is not part of the project, such as a copy of the public rules.
func TestRuleFolder(t *testing.T) {
	folder := os.Getenv("TRAILHOLD_TEST_SIGMA")
	if folder == "" {
		t.Skip("TRAILHOLD_TEST_SIGMA names no folder with Sigma rules")
	}
	var files []*File
	cloudTrail, warnings, prosaic := 0, 0, 0
	events := []JSON{record(t, stopLogging), record(t, `{}`)}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := Parse(path, data)
		switch isProse := slices.Contains(prose, d.Name()); {
		case isProse && err != nil:
			prosaic++
		case isProse:
			t.Errorf("%s is no Sigma, but was read", path)
		case err != nil:
			t.Error(err)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	set, err := Link(files...)
	if err != nil {
		t.Error(err)
	}
	correlator := NewCorrelator(set, 0)
	placeholders := Placeholders{}
	for _, f := range files {
		maps.Copy(placeholders, anyPlaceholder(f))
	}
	plan, err := Compile(set.Rules, placeholders)
	if err != nil {
		t.Error(err)
	}
	for _, m := range plan.Matchers() {
		if Applies(m.Rule().LogSource) {
			cloudTrail++
			warnings += len(Lint(m.Rule(), Names{}))
			for _, w := range Lint(m.Rule(), Names{}) {
				t.Log(strings.TrimPrefix(w.String(), folder))
			}
		}
		for _, e := range events {
			if m.Match(e) {
				correlator.Add(m.Rule(), e, time0, "1")
			}
		}
	}
	correlator.Hits()
	for _, raw := range sampleRecords {
		agree(t, plan, raw)
	}
	t.Logf("%d files, %d of them refused, %d rules (%d for CloudTrail), %d correlations, %d warnings for CloudTrail",
		len(files), prosaic, len(plan.matchers), cloudTrail, len(set.Correlations), warnings)
}
