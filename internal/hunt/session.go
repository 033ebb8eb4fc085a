package hunt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/sigma"
)

// Session is a temporary access key that findings are about, with how it was come by.
type Session struct {
	AccessKeyID string `json:"accessKeyId"`
	// Chain goes back from the call that handed out the key to the first that is in the logs.
	Chain []Link `json:"chain"`
}

// Link is a call that handed out an access key.
type Link struct {
	AccessKeyID string    `json:"accessKeyId"` // that was handed out
	Time        time.Time `json:"time,omitzero"`
	EventID     string    `json:"eventID"`
	Call        string    `json:"call"`
	RoleARN     string    `json:"roleArn,omitempty"`
	SessionName string    `json:"sessionName,omitempty"`
	Caller      Actor     `json:"caller"`
	SourceIP    string    `json:"sourceIPAddress,omitempty"`
	File        string    `json:"file"`
}

// Limits of what is kept of sessions.
const (
	maxIssued   = 300_000 // keys handed out, of which it is remembered where
	maxSessions = 100     // that are traced back
	maxChain    = 8
)

// sessions remembers in which file the record lies that handed out an access key. All that is kept of a key is its hash:
// there may be as many as records, and nearly none matters.
type sessions struct {
	files  []File
	where  map[uint64]uint32 // of a key's hash: which of the files
	wanted []string
}

func newSessions() *sessions { return &sessions{where: map[uint64]uint32{}} }

func (s *sessions) issued(f File, keys []uint64) {
	if len(keys) == 0 || len(s.where) >= maxIssued || f.Once {
		return
	}
	if n := len(s.files); n == 0 || s.files[n-1].Name != f.Name {
		s.files = append(s.files, f)
	}
	for _, k := range keys {
		s.where[k] = uint32(len(s.files) - 1)
	}
}

// want notes a key that a finding is about. Only temporary ones are handed out by a call.
func (s *sessions) want(key string) {
	if strings.HasPrefix(key, "ASIA") && len(s.wanted) < maxSessions && !slices.Contains(s.wanted, key) {
		s.wanted = append(s.wanted, strings.Clone(key))
	}
}

// stitch traces the wanted keys back, by reading once more the files in which they were handed out.
func (s *sessions) stitch(ctx context.Context, h *hunter) []Session {
	found := []Session{}
	for _, key := range s.wanted {
		one := Session{AccessKeyID: key}
		for next := key; strings.HasPrefix(next, "ASIA") && len(one.Chain) < maxChain && ctx.Err() == nil; {
			link, ok := s.trace(ctx, h, next)
			if !ok || slices.ContainsFunc(one.Chain, func(l Link) bool { return l.AccessKeyID == next }) {
				break
			}
			one.Chain = append(one.Chain, link)
			next = link.Caller.AccessKeyID
		}
		if len(one.Chain) > 0 {
			found = append(found, one)
		}
	}
	return found
}

// trace finds the call that handed out a key.
func (s *sessions) trace(ctx context.Context, h *hunter, key string) (Link, bool) {
	n, ok := s.where[h.keyHash([]byte(key))]
	if !ok || strings.ContainsAny(key, "*?\\'\n\r") {
		return Link{}, false
	}
	file := s.files[n]
	rules, err := sigma.Parse("key", fmt.Appendf(nil, "title: key\nlogsource: {product: aws, service: cloudtrail}\n"+
		"detection: {it: {responseElements.credentials.accessKeyId: '%s'}, condition: it}\n", key))
	if err != nil {
		return Link{}, false
	}
	plan, err := sigma.Compile(rules.Rules, nil, eventPaths[:]...)
	if err != nil {
		return Link{}, false
	}
	w := &worker{ctx: ctx, coverage: newCoverage(), hunt: &hunter{
		plan: plan, fields: plan.Fields(), seed: h.seed, index: map[*sigma.Matcher]int32{plan.Matchers()[0]: 0}, Options: Options{Meter: &Meter{}, whole: h.whole, chunk: h.chunk},
	}}
	found := make(chan *batch)
	j := &job{file: file, found: found}
	go func() {
		defer close(found)
		w.read(j)
	}()
	var link Link
	for b := range found {
		for i := range b.matches {
			if !ok || link.EventID != "" {
				continue
			}
			link = linkOf(&b.matches[i], key, file.Name)
		}
	}
	return link, link.Call != ""
}

func linkOf(m *match, key, file string) Link {
	l := Link{
		AccessKeyID: key, Time: m.event.Time, EventID: m.event.ID, Call: m.event.Name, Caller: m.event.Actor, SourceIP: m.event.SourceIP, File: file,
	}
	var r sigma.Record
	if _, err := r.Read(m.raw); err == nil {
		l.RoleARN = cut(r.Field("requestParameters.roleArn").Text())
		l.SessionName = cut(r.Field("requestParameters.roleSessionName").Text())
	}
	return l
}
