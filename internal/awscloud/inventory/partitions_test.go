package inventory

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPartitions compares the table with the SDK's own: a region that AWS opens should not cost an answer for long.
func TestPartitions(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal", "endpoints", "awsrulesfn", "partitions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var theirs struct {
		Partitions []struct {
			ID      string
			Regions map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &theirs); err != nil || len(theirs.Partitions) == 0 {
		t.Fatalf("%d partitions, %v", len(theirs.Partitions), err)
	}
	for _, p := range theirs.Partitions {
		var want []string
		for region := range p.Regions {
			if !strings.HasSuffix(region, "-global") { // which stands for services that belong to no region
				want = append(want, region)
			}
		}
		slices.Sort(want)
		at := slices.IndexFunc(partitions, func(have partition) bool { return have.name == p.ID })
		if at < 0 || !slices.Equal(partitions[at].regions, want) {
			t.Errorf("partition %s has the regions %q", p.ID, want)
		}
		for _, region := range want {
			if have := partitionOf(region).name; have != p.ID {
				t.Errorf("%s is of the partition %s, not %s", region, p.ID, have)
			}
		}
	}
}
