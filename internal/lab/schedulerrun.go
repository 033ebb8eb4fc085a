package lab

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// interval is the time between two invocations; 0 for an expression that is not a rate.
func (s *timedSchedule) interval() time.Duration {
	var n time.Duration
	var unit string
	if _, err := fmt.Sscanf(s.ScheduleExpression, "rate(%d %s", &n, &unit); err != nil {
		return 0
	}
	switch {
	case strings.HasPrefix(unit, "minute"):
		return n * time.Minute
	case strings.HasPrefix(unit, "hour"):
		return n * time.Hour
	}
	return n * 24 * time.Hour
}

// run starts the schedule, if it is one that the lab runs. The first invocation is one interval from now, or at the start
// date. The lab is locked.
func (s *timedSchedule) run(l *Lab, now time.Time) {
	parts, _ := splitAnyARN(s.target.Arn)
	every := s.interval()
	if s.State == ruleDisabled || every <= 0 || parts.service != "lambda" {
		return
	}
	stop := make(chan struct{})
	s.stop = stop
	first := s.StartDate.or(now.Add(every)).Sub(now)
	if first <= 0 {
		first = every
	}
	l.deliveries.Go(func() { s.tick(l, stop, first, every) })
}

// end stops the schedule as it is defined so far. The lab is locked.
func (s *timedSchedule) end() {
	if s.stop != nil {
		close(s.stop)
		s.stop = nil
	}
}

// tick invokes the target again and again until the definition ends or the lab is closed.
func (s *timedSchedule) tick(l *Lab, stop <-chan struct{}, first, every time.Duration) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-stop:
			return
		case <-l.closed:
			return
		}
		timer.Reset(every)
		s.fire(l, stop)
	}
}

// fire invokes the target once. What cannot be delivered goes to the dead-letter queue of the target.
func (s *timedSchedule) fire(l *Lab, stop <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-stop: // while this waited for the lock
		return
	default:
	}
	now := time.Now().UTC()
	if s.EndDate != nil && now.After(s.EndDate.Time) {
		return
	}
	input := s.input(l, now)
	if l.handToFunction(s.target.Arn, input, s.roleLets(l)) == nil || s.target.DeadLetterConfig == nil {
		return
	}
	if q := l.queueByARN(s.target.DeadLetterConfig.Arn); q != nil {
		_ = q.accept(l, &message{body: string(input), system: map[string]string{"SenderId": s.target.RoleArn}}, now, 0) // a full queue loses it
	}
}

// roleLets asks the schedule's role, with which Scheduler invokes its target. It acts on behalf of the schedule's group:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
func (s *timedSchedule) roleLets(l *Lab) func(*lambdaFunction) bool {
	group := "arn:aws:scheduler:" + s.region + ":" + s.account + ":schedule-group/" + s.GroupName
	return func(f *lambdaFunction) bool {
		return l.serviceMay("scheduler.amazonaws.com", group, s.target.RoleArn, "lambda:InvokeFunction", f.arn)
	}
}

// input is what the target gets: its Input with Scheduler's keywords filled in, or an event that says where it comes from.
func (s *timedSchedule) input(l *Lab, now time.Time) []byte {
	at := now.Format(time.RFC3339)
	if s.target.Input != "" {
		return []byte(strings.NewReplacer(
			"<aws.scheduler.schedule-arn>", s.arn, "<aws.scheduler.scheduled-time>", at,
			"<aws.scheduler.execution-id>", l.id(), "<aws.scheduler.attempt-number>", "1",
		).Replace(s.target.Input))
	}
	b, _ := json.Marshal(busEvent{
		Version: "0", ID: l.id(), DetailType: "Scheduled Event", Source: "aws.scheduler", Account: s.account, Time: at,
		Region: s.region, Resources: []string{s.arn}, Detail: json.RawMessage(`"{}"`),
	})
	return b
}

// RunSchedules invokes the functions of all enabled schedules now, whatever their expressions say, so that a test need not wait for
// the time to come. It returns how many there are.
func (l *Lab) RunSchedules() int {
	l.mu.Lock()
	var due []*timedSchedule
	for _, a := range l.accounts {
		for _, r := range a.regions {
			for _, s := range r.schedules.schedules {
				if parts, _ := splitAnyARN(s.target.Arn); s.State != ruleDisabled && parts.service == "lambda" {
					due = append(due, s)
				}
			}
		}
	}
	l.mu.Unlock()
	for _, s := range due {
		s.fire(l, nil)
	}
	return len(due)
}
