package verifyjob

import (
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestFindingsTellWhatIsNew(t *testing.T) {
	guarded := trail.Guarded{Config: trail.Config{ARN: "arn", HomeRegion: home}}
	missing := digest.Problem{Kind: digest.LogMissing, Class: digest.Failure, Object: "s3://logs/a", Detail: "it is not there"}
	denied := digest.Problem{Kind: digest.LogUnknown, Class: digest.Unknown, Object: "s3://logs/b", Detail: "denied"}
	restart := digest.Problem{Kind: digest.ChainRestartExplained, Class: digest.Notice, Object: "s3://logs/c", Detail: "stopped"}
	at := func(day int) time.Time { return chainStart.Add(time.Duration(day) * 24 * time.Hour) }
	list := func(problems ...digest.Problem) []digest.Problem { return problems }
	first := map[string]bool{}
	found := findings(guarded, list(missing, denied, restart), at(0), nil, first)
	if len(found) != 2 || found[0].Severity != severity.High || found[1].Severity != severity.Medium {
		t.Fatalf("found %+v", found)
	}
	if f := found[0]; !f.Broken || f.Summary != "1 log missing" || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "s3://logs/a") {
		t.Errorf("noted %+v", f)
	}
	other := missing
	other.Object = "s3://logs/d"
	second := map[string]bool{}
	again := findings(guarded, list(missing, denied, other), at(0), first, second)
	if len(again) != 2 || len(again[0].Notes) != 1 || !strings.Contains(again[0].Notes[0], "s3://logs/d") || again[0].ID == found[0].ID || again[1].ID != found[1].ID {
		t.Errorf("found again %+v", again)
	}
	if tomorrow := findings(guarded, list(missing, denied), at(1), second, map[string]bool{}); len(tomorrow) != 1 || tomorrow[0].ID == found[1].ID {
		t.Errorf("the next day %+v", tomorrow)
	}
	if clean := findings(guarded, list(restart), at(2), nil, map[string]bool{}); clean != nil {
		t.Errorf("a clean chain led to %+v", clean)
	}
	var many []digest.Problem
	for n := range 1000 {
		p := missing
		p.Time = chainStart.Add(time.Duration(n) * time.Minute)
		many = append(many, p)
	}
	if flood := findings(guarded, list(many...), at(0), nil, map[string]bool{}); len(flood) != 1 || len(flood[0].Notes) != notedMost+1 {
		t.Errorf("a flood led to %d incidents", len(flood))
	}
}
