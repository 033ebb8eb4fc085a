package awscloud

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestCaptureIsWhatWasMade(t *testing.T) {
	w := newWorld(t)
	second := trail.Create{Config: trail.Config{Name: "local", S3BucketName: logBucket}}
	if _, err := w.cloud.Apply(w.context, trail.Step{Op: trail.OpCreateTrail, Region: "us-west-2", ARN: "-", Create: &second}); err != nil {
		t.Fatal(err)
	}
	var progress []string
	base, notes, err := w.cloud.Capture(w.context, CaptureOptions{Progress: func(done, total int, what string) {
		progress = append(progress, fmt.Sprintf("%d/%d", done, total))
	}})
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "trail/local: its bucket audit-logs is guarded with "+guardedARN) {
		t.Fatalf("notes %q, error %v", notes, err)
	}
	if base.Account != lab.DefaultAccount || len(base.Trails) != 2 {
		t.Fatalf("account %s with %d trails", base.Account, len(base.Trails))
	}
	if got, want := show(base.Trails[0]), show(w.want); got != want {
		t.Errorf("captured %s\nwant     %s", got, want)
	}
	local := base.Trails[1]
	if local.Name != "local" || local.HomeRegion != "us-west-2" || local.Logging || len(local.Regions) != 0 || local.Restore != trail.RestoreAll {
		t.Errorf("the second trail is %s", show(local))
	}
	if local.Selectors == nil || len(local.Selectors.Basic) != 1 || local.Insights == nil || len(*local.Insights) != 0 || local.Tags == nil {
		t.Errorf("facets that hold nothing are guarded too: %s", show(local))
	}
	if want := "1/3 2/3 3/3 1/2 2/2"; strings.Join(progress, " ") != want {
		t.Errorf("progress was %q, want %q", progress, want)
	}
}

// show is a guarded trail with what its pointers point to.
func show(g trail.Guarded) string {
	return fmt.Sprintf("%+v %v %+v %+v %+v %v %v %v", g.Config, g.Logging, *g.Selectors, *g.Insights, *g.EventConfiguration, *g.Tags, g.Regions, g.Restore)
}

func TestCaptureNotesWhatItCannotRead(t *testing.T) {
	inBubble(t, "faults", func(t *testing.T) {
		w := newWorld(t)
		w.Inject(lab.Fault{Operation: "ListTags", Kind: lab.AccessDenied})
		w.Inject(lab.Fault{Operation: "GetTrailStatus", Kind: lab.Throttle})
		w.Inject(lab.Fault{Operation: "DescribeTrails", Region: "eu-west-1", Kind: lab.AccessDenied})
		base, notes, err := w.cloud.Capture(w.context, CaptureOptions{Regions: []string{"us-west-2", "us-east-1", "eu-west-1", "af-south-1", "us-west-2"}})
		if err != nil || len(base.Trails) != 1 {
			t.Fatalf("%d trails, error %v", len(base.Trails), err)
		}
		g := base.Trails[0]
		if g.Tags != nil || g.Selectors == nil || !g.Logging {
			t.Errorf("tags %v, selectors %v, logging %v", g.Tags, g.Selectors, g.Logging)
		}
		if want := []string{"eu-west-1", "us-west-2"}; !slices.Equal(g.Regions, want) {
			t.Errorf("delivery is to be proved in %v, want %v: all but the one that is not enabled", g.Regions, want)
		}
		all := strings.Join(notes, "\n")
		for _, want := range []string{"region af-south-1 could not be read", "region eu-west-1 could not be read", ": tags could not be read", "whether it is logging could not be read"} {
			if !strings.Contains(all, want) {
				t.Errorf("no note says %q:\n%s", want, all)
			}
		}
		if len(notes) != 4 {
			t.Errorf("%d notes:\n%s", len(notes), all)
		}
	})
}

func TestCaptureFailsWhereNothingCanBeRead(t *testing.T) {
	w := newWorld(t)
	w.Inject(lab.Fault{Operation: "DescribeTrails", Kind: lab.AccessDenied})
	if _, _, err := w.cloud.Capture(w.context, CaptureOptions{}); guard.ClassOf(err) != guard.ClassDenied {
		t.Errorf("got %v", err)
	}
	w.Inject(lab.Fault{Operation: "ListRegions", Kind: lab.AccessDenied})
	_, _, err := w.cloud.Capture(w.context, CaptureOptions{})
	if err == nil || !strings.Contains(err.Error(), "account:ListRegions") || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("got %v", err)
	}
}

func TestCaptureOnlyWatchesAnotherAccountsOrganizationTrail(t *testing.T) {
	const arn = "arn:aws:cloudtrail:us-east-1:999988887777:trail/org"
	body := `"TrailARN":"` + arn + `","Name":"org","HomeRegion":"us-east-1","S3BucketName":"theirs","IsOrganizationTrail":true,"KmsKeyId":"alias/logs"`
	w := &wire{answer: func(r *http.Request, operation string) (*http.Response, error) {
		switch {
		case strings.HasPrefix(r.URL.Host, "sts."):
			return answer(200, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case operation == "DescribeTrails":
			return answer(200, `{"trailList":[{`+body+`}]}`)
		case operation == "GetTrail":
			return answer(200, `{"Trail":{`+body+`}}`)
		case operation == "GetTrailStatus":
			return answer(200, `{"IsLogging":true}`)
		}
		return refusal(400, "AccessDeniedException", "not yours")
	}}
	base, notes, err := connect(t, w).Capture(t.Context(), CaptureOptions{Regions: []string{"us-east-1", "us-west-2"}})
	if err != nil || len(base.Trails) != 1 {
		t.Fatalf("%d trails, error %v", len(base.Trails), err)
	}
	g := base.Trails[0]
	if len(g.Dependents) != 0 || strings.Contains(strings.Join(notes, ""), "theirs") {
		t.Errorf("what it rests on is theirs too: %v %v", g.Dependents, notes)
	}
	if g.Restore != trail.RestoreNone || g.Selectors != nil || g.ARN != arn || !g.Logging {
		t.Errorf("captured %+v", g)
	}
	all := strings.Join(notes, "\n")
	if !strings.Contains(all, "belongs to another account") || !strings.Contains(all, "its key alias/logs") {
		t.Errorf("notes are %s", all)
	}
}

func TestRegionsAndAccount(t *testing.T) {
	w := newWorld(t)
	regions, err := w.cloud.Regions(w.context)
	if err != nil || strings.Join(regions, " ") != "eu-west-1 us-east-1 us-west-2" {
		t.Errorf("regions are %v (%v)", regions, err)
	}
	if account, err := w.cloud.Account(w.context); err != nil || account != lab.DefaultAccount {
		t.Errorf("the account is %q (%v)", account, err)
	}
}
