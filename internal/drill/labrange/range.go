// Package labrange is a drill's range with no AWS account: the lab in this process, with a disposable trail, and a guard
// that the lab's EventBridge wakes as AWS's would wake the function.
//
// Nothing here reads the user's AWS configuration, and nothing leaves the process.
package labrange

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/baselinefile"
	"github.com/trailhold/trailhold/internal/drill"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// The lab has no other clock and no other load than the drill's own, and its configuration is consistent at once: the
// guard need not wait as long as on AWS.
const (
	labDoubt    = 500 * time.Millisecond
	labPause    = 20 * time.Millisecond
	labDelivery = 50 * time.Millisecond // on AWS: minutes
)

// maxIncidents bounds the incidents that wait for Next and that the journal keeps; a whole drill causes fewer than 100.
const maxIncidents = 1000

// Options shape a range. The zero value is right.
type Options struct {
	// Actuate, if set, replaces the guard's actuator by what it makes of it.
	Actuate func(guard.Actuator) guard.Actuator

	// Limit, if set, is given the baseline and says which of the guard's calls are allowed from then on.
	Limit func(trail.Baseline) func(lab.Call) bool

	// Log receives what the guard does. Default: nothing.
	Log *slog.Logger
}

// Range is a lab set up for a drill. Make one with New, and close it.
type Range struct {
	lab      *lab.Lab
	guard    *guard.Guard
	journal  *journal.Memory
	owner    *intruder.Intruder // who has set it all up
	auditor  *awscloud.Cloud    // the drill's own eyes
	baseline trail.Baseline
	target   trail.Guarded

	elsewhere  *intruder.Intruder // the intruder in an account of his own
	foreignKey string             // ARN of the KMS key there

	limit atomic.Pointer[func(lab.Call) bool] // what the guard may do; nil: everything

	run   context.Context // of everything that the guard does when it is woken
	close context.CancelFunc

	gate  sync.RWMutex // held for writing while records are held back
	woken chan outcome

	mu     sync.Mutex     // guards what follows
	number int            // of intruders who entered
	opened []drill.Letter // the letters that were read so far
}

// outcome is what one invocation of the guard led to.
type outcome struct {
	incident incident.Incident
	err      error
}

var _ drill.Range = (*Range)(nil)

// New sets up a range: the trail with everything that a trail can have, its baseline, and the guard. Close it.
func New(ctx context.Context, options Options) (*Range, error) {
	r := &Range{
		journal: journal.NewMemory(maxIncidents),
		woken:   make(chan outcome, maxIncidents),
	}
	account := lab.Options{
		ManagementAccount: lab.DefaultAccount,
		Accounts:          map[string]string{foreignKeyID: foreignAccount, "AKIADELEGATE00000001": delegate, "AKIAWORKLOAD00000001": workload},
		DeliveryDelay:     labDelivery,
	}
	if options.Limit != nil {
		account.Authorize = r.authorize
	}
	r.lab = lab.New(account)
	r.run, r.close = context.WithCancel(context.WithoutCancel(ctx))
	r.owner = intruder.New(r.cloud(ownerKeyID, r.lab.Client()))
	r.auditor = r.cloud(auditorKeyID, r.lab.Client())
	if err := r.setUp(ctx, options); err != nil {
		r.Close()
		return nil, fmt.Errorf("setting up the lab: %w", err)
	}
	return r, nil
}

// Fresh makes ranges for a drill's Runner.
func Fresh(options Options) func(context.Context) (drill.Range, func(), error) {
	return func(ctx context.Context) (drill.Range, func(), error) {
		r, err := New(ctx, options)
		if err != nil {
			return nil, nil, err
		}
		return r, r.Close, nil
	}
}

func (r *Range) setUp(ctx context.Context, options Options) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	if err := r.capture(ctx); err != nil {
		return err
	}
	if options.Limit != nil {
		limit := options.Limit(r.baseline)
		r.limit.Store(&limit)
	}
	cloud := r.cloud(guardKeyID, r.lab.Client())
	ports := guard.Ports{
		Observer: cloud,
		Actuator: cloud,
		Journal:  r.journal,
		Teller:   notify.NewDispatcher(notify.NewSNS(cloud.Topic(r.alertTopic()))),

		Historian: cloud,
		Archivist: cloud,
	}
	if options.Actuate != nil {
		ports.Actuator = options.Actuate(ports.Actuator)
	}
	r.guard = guard.New(r.baseline, ports, guard.Options{Doubt: labDoubt, Pause: labPause, Log: options.Log})
	r.lab.RegisterFunction(guardFunction, r.wake)
	return nil
}

// capture deploys what the guard runs on and takes the baseline of everything. The baseline allows impostors to be deleted:
// on a range, every unlisted trail is one.
func (r *Range) capture(ctx context.Context) error {
	baseline, notes, err := r.auditor.Capture(ctx, awscloud.CaptureOptions{})
	if err != nil {
		return err
	}
	if len(notes) > 0 {
		return fmt.Errorf("the baseline is not whole: %v", notes)
	}
	b := &builder{ctx: ctx, owner: r.owner}
	b.alerts()
	baseline.Guard = r.captured(b, b.deploy())
	baseline.Resources = r.captured(b, append(b.organization(), b.lake()...))
	baseline.Guard = append(baseline.Guard, r.captured(b, b.listen(rulesFor(baseline)))...)
	if b.err != nil {
		return b.err
	}
	baseline.Policy.Impostors = trail.ImpostorsDelete
	baseline.Hash = baselinefile.Hash(baseline)
	r.baseline = baseline
	for _, t := range baseline.Trails {
		if t.Name == targetName {
			r.target = t
			return nil
		}
	}
	return fmt.Errorf("the baseline has no trail %s", targetName)
}

// captured reads all settings of resources.
func (r *Range) captured(b *builder, arns []string) (resources []trail.Resource) {
	b.do(func() error {
		var notes []string
		var err error
		if resources, notes, err = r.auditor.CaptureResources(b.ctx, arns); err == nil && len(notes) > 0 {
			err = fmt.Errorf("the baseline is not whole: %v", notes)
		}
		return err
	})
	return resources
}

// Close stops the guard and the lab, and waits for both.
func (r *Range) Close() {
	r.close()
	r.lab.Close()
}

// Target implements drill.Range.
func (r *Range) Target() trail.Guarded { return r.target }

// Baseline is what the guard restores to.
func (r *Range) Baseline() trail.Baseline { return r.baseline }

// Hold implements drill.Range.
func (r *Range) Hold() (release func()) {
	r.gate.Lock()
	return r.gate.Unlock
}

// wake is the function behind the rules: it is handed one EventBridge event.
func (r *Range) wake(event []byte) {
	r.gate.RLock()
	defer r.gate.RUnlock()
	records, err := record.Parse(event)
	if err != nil {
		r.report(outcome{err: err})
		return
	}
	incidents, err := r.guard.Handle(r.run, records)
	for _, i := range incidents {
		r.report(outcome{incident: i})
	}
	if err != nil {
		r.report(outcome{err: err})
	}
}

func (r *Range) report(o outcome) {
	select {
	case r.woken <- o:
	case <-r.run.Done():
	}
}

// Next implements drill.Range.
func (r *Range) Next(ctx context.Context) (incident.Incident, error) {
	select {
	case o := <-r.woken:
		return o.incident, o.err
	case <-ctx.Done():
		return incident.Incident{}, ctx.Err()
	}
}

// Guarded implements drill.Range.
func (r *Range) Guarded() []trail.Guarded { return r.baseline.Units() }

// Observe implements drill.Range.
func (r *Range) Observe(ctx context.Context, g trail.Guarded) trail.State {
	return r.auditor.Observe(ctx, g)
}

// Sweep implements drill.Range.
func (r *Range) Sweep(ctx context.Context) ([]incident.Incident, error) { return r.guard.Sweep(ctx) }

// Prove implements drill.Range.
func (r *Range) Prove(ctx context.Context, id string) (incident.Incident, error) {
	if _, err := r.guard.Prove(ctx); err != nil {
		return incident.Incident{}, err
	}
	return r.journal.Get(ctx, id)
}

// authorize limits the guard to what Options.Limit says. Nobody else is limited.
func (r *Range) authorize(c lab.Call) bool {
	limit := r.limit.Load()
	return c.AccessKeyID != guardKeyID || limit == nil || (*limit)(c)
}

// cloud is the lab's AWS as one access key sees it.
func (r *Range) cloud(accessKeyID string, client *http.Client) *awscloud.Cloud {
	return awscloud.Isolated(home, accessKeyID, "lab", client)
}
