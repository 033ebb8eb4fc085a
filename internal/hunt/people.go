package hunt

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/severity"
)

// Suspect is somebody whom findings are about.
type Suspect struct {
	Actor      string    `json:"actor"`
	Type       string    `json:"type,omitempty"`
	Account    string    `json:"account,omitempty"`
	Score      int       `json:"score"` // by which they are ranked
	Levels     Levels    `json:"levels"`
	Tampering  int       `json:"tampering"` // changes that impaired a trail
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`
	SourceIPs  []string  `json:"sourceIPAddresses"` // the first of them
	UserAgents []string  `json:"userAgents"`
	AccessKeys []string  `json:"accessKeyIds"`
}

// Limits of what is kept of people.
const (
	maxPeople  = 5000
	maxPerList = 8
	maxRanked  = 100
)

// weights make a rank of findings. One critical finding counts more than any number of notes should.
var weights = map[severity.Severity]int{severity.Critical: 200, severity.High: 50, severity.Medium: 10, severity.Low: 2, severity.Info: 0}

// people are those whom findings are about.
type people struct{ byName map[string]*Suspect }

func newPeople() *people { return &people{map[string]*Suspect{}} }

func (p *people) of(a Actor) *Suspect {
	name := a.Name()
	if s := p.byName[name]; s != nil {
		return s
	}
	if len(p.byName) == maxPeople {
		return nil
	}
	name = strings.Clone(name)
	s := &Suspect{Actor: name, Type: strings.Clone(a.Type), Account: strings.Clone(a.AccountID), SourceIPs: []string{}, UserAgents: []string{}, AccessKeys: []string{}}
	p.byName[name] = s
	return s
}

func (p *people) take(f *Finding) {
	s := p.of(f.Event.Actor)
	if s == nil {
		return
	}
	s.Levels.add(f.Rule.Severity)
	s.seen(f.Event.Time)
	s.SourceIPs = keep(s.SourceIPs, f.Event.SourceIP)
	s.UserAgents = keep(s.UserAgents, f.Event.UserAgent)
	s.AccessKeys = keep(s.AccessKeys, f.Event.Actor.AccessKeyID)
}

func (s *Suspect) seen(at time.Time) {
	if at.IsZero() {
		return
	}
	if s.First.IsZero() || at.Before(s.First) {
		s.First = at
	}
	if at.After(s.Last) {
		s.Last = at
	}
}

func keep(list []string, one string) []string {
	if one == "" || len(list) == maxPerList || slices.Contains(list, one) {
		return list
	}
	return append(list, strings.Clone(one))
}

// ranked lists them, the worst first. Who impaired a trail comes before all others.
func (p *people) ranked(h *history) []Suspect {
	for _, t := range h.trails {
		for i := range t.Changes {
			c := &t.Changes[i]
			if s := p.of(c.Actor); s != nil && c.Outcome == string(record.Succeeded) && c.Severity >= severity.Medium {
				s.Tampering++
				s.seen(c.Time)
				s.SourceIPs = keep(s.SourceIPs, c.SourceIP)
				s.AccessKeys = keep(s.AccessKeys, c.Actor.AccessKeyID)
			}
		}
	}
	list := []Suspect{}
	for _, s := range p.byName {
		l := s.Levels
		s.Score = s.Tampering * weights[severity.Critical]
		for level, n := range map[severity.Severity]int64{severity.Critical: l.Critical, severity.High: l.High, severity.Medium: l.Medium, severity.Low: l.Low} {
			s.Score += weights[level] * int(min(n, 1000))
		}
		if s.Score > 0 || s.Levels.Informational > 0 {
			list = append(list, *s)
		}
	}
	slices.SortFunc(list, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Levels.Informational, a.Levels.Informational), cmp.Compare(a.Actor, b.Actor))
	})
	return list[:min(len(list), maxRanked)]
}
