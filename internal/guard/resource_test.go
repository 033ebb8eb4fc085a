package guard_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/tamper"
	"github.com/trailhold/trailhold/internal/trail"
)

// guardBucket lets the guarded trail's baseline list its bucket, too.
func (w *world) guardBucket() {
	w.baseline.Trails[0].Dependents = []trail.Resource{{
		Type: trail.Bucket, ARN: "arn:aws:s3:::audit-logs", Region: home, Account: lab.DefaultAccount,
	}}
	w.want = w.baseline.Trails[0]
	w.guard = guard.New(w.baseline, guard.Ports{Observer: sound{w.cloud}, Actuator: w.cloud, Journal: w.journal, Teller: w.teller}, guard.Options{})
}

// sound finds all that a trail rests on to be there.
type sound struct{ guard.Observer }

func (s sound) Observe(ctx context.Context, want trail.Guarded) trail.State {
	state := s.Observer.Observe(ctx, want)
	state.Dependents = map[string]trail.ResourceState{}
	for _, r := range want.Dependents {
		state.Dependents[r.ARN] = trail.ResourceState{trail.Identity: trail.Known(trail.EmptyDocument)}
	}
	return state
}

// made is a record of a call that somebody has just made.
func made(source, name, parameters string) record.Record {
	r := record.Record{
		EventID: source + name + parameters, EventSource: source, EventName: name, EventTime: time.Now().UTC().Truncate(time.Second),
		Region: home, RecipientAccountID: lab.DefaultAccount, Identity: record.Identity{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/mallory"},
		Raw: []byte(`{"eventName":"` + name + `"}`),
	}
	if parameters != "" {
		r.RequestParameters = []byte(parameters)
	}
	return r
}

func TestRecordsOfResources(t *testing.T) {
	denied := func(bucket string) record.Record {
		r := made("s3.amazonaws.com", "DeleteBucket", "")
		r.ErrorCode = "AccessDenied"
		r.ErrorMessage = `User: arn:aws:iam::111122223333:user/mallory is not authorized to perform: s3:DeleteBucket on resource: "arn:aws:s3:::` + bucket + `" because no identity-based policy allows it`
		return r
	}
	oversized := func() record.Record {
		r := made("s3.amazonaws.com", "PutBucketLifecycle", `{"reason":"requestParameters too large","omitted":true}`)
		r.ParametersOmitted = true
		return r
	}
	const log = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/x.json.gz"
	for _, c := range []struct {
		name       string
		record     func() record.Record
		techniques []string // none: nobody hears of it
		about      string
		unguarded  bool
	}{
		{"a bucket that nobody guards", func() record.Record { return made("s3.amazonaws.com", "DeleteBucketPolicy", `{"bucketName":"other"}`) }, nil, "", false},
		{"an attempt on a bucket that nobody guards", func() record.Record { return denied("other") }, nil, "", false},
		{"an attempt on nobody knows which bucket", func() record.Record { return denied("*") }, nil, "", false},
		{"logs deleted", func() record.Record {
			return made("s3.amazonaws.com", "DeleteObject", `{"bucketName":"audit-logs","key":"`+log+`"}`)
		}, []string{tamper.LogDelete}, "trail", false},
		{"an attempt on the bucket", func() record.Record { return denied("audit-logs") }, []string{tamper.DeniedAttempt, tamper.BucketDelete}, "trail", false},
		{"a kind that nobody guards", func() record.Record {
			return made("sqs.amazonaws.com", "PurgeQueue", `{"queueUrl":"https://sqs.us-east-1.amazonaws.com/111122223333/x"}`)
		}, nil, "", false},
		{"hidden parameters", oversized, []string{tamper.BucketLifecycle, tamper.ParamPadding}, "bucket", false},
		{"an organization that nobody guards", func() record.Record { return made("organizations.amazonaws.com", "LeaveOrganization", "") },
			[]string{tamper.OrgLeave}, "organization", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, lab.Options{})
				w.guardBucket()
				found, err := w.guard.Handle(w.ctx(), []record.Record{c.record()})
				w.must(err)
				if c.techniques == nil {
					if len(found) > 0 {
						t.Errorf("%+v", found)
					}
					w.assertAlerts()
					return
				}
				w.assertAlerts(incident.KindAlert)
				about := map[string]string{"trail": w.want.ARN}[c.about]
				if about == "" {
					about = c.about
				}
				if len(found) != 1 || !slices.Equal(found[0].Techniques, c.techniques) || found[0].Stage != incident.Observed ||
					found[0].TrailARN != about || found[0].Unguarded() != c.unguarded || found[0].Unlisted() {
					t.Errorf("want %v about %s, got %+v", c.techniques, about, found)
				}
				if trails := slices.ContainsFunc(found[0].Notes, func(n string) bool { return strings.Contains(n, "which trail") }); trails {
					t.Errorf("%q", found[0].Notes)
				}
			})
		})
	}
}

// No read shows that files were deleted: there is nothing to wait for.
func TestWhatNoStateShowsIsNotDoubted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.Options{})
		w.guardBucket()
		start := time.Now()
		_, err := w.guard.Handle(w.ctx(), []record.Record{made("s3.amazonaws.com", "DeleteObjects", `{"bucketName":"audit-logs","delete":""}`)})
		w.must(err)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		w.assertAlerts(incident.KindAlert)
	})
}
