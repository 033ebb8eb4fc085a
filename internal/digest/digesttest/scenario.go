package digesttest

import (
	"fmt"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// What every scenario begins with: a chain of so many hours with so many logs each, from this time on.
const (
	Bucket  = "trail-bucket"
	Account = "111122223333"
	Region  = "us-east-1"
	Trail   = "audit"
	Hours   = 12
	PerHour = 2
)

// Begin is when the first digest's hour begins.
var Begin = time.Date(2026, 1, 5, 3, 0, 0, 0, time.UTC)

// Expected is one problem that a verification has to find.
type Expected struct {
	Kind   digest.Kind
	Object string // the key
}

// Stage is what a scenario works on, and what it expects.
type Stage struct {
	World   *World
	Chain   *Chain // Account, Region and Trail as above
	Options digest.Options

	Signer, Other *Signer // Other's public key is not known to anybody

	Problems []Expected // in any order
	Digests  digest.Counts
	Logs     digest.Counts
	OK       bool
}

// Scenario is one way in which a bucket may look.
type Scenario struct {
	Name  string
	Story string // one sentence
	Play  func(*Stage)
}

// NewStage sets up a clean chain: a verification has nothing to say of it.
func NewStage(signer, other *Signer) *Stage {
	w := NewWorld()
	s := &Stage{World: w, Signer: signer, Other: other, OK: true}
	for _, region := range []string{Region, "eu-west-1"} {
		w.AddKey(region, signer.Public(Begin.AddDate(0, -1, 0), Begin.AddDate(0, 2, 0)))
	}
	s.Chain = s.NewChain(Trail)
	s.Chain.Deliver(Hours)
	s.Options = digest.Options{Bucket: Bucket, Now: s.Chain.At.Add(30 * time.Minute)}
	s.Digests, s.Logs = digest.Counts{Valid: Hours}, digest.Counts{Valid: Hours * PerHour}
	return s
}

// NewChain is a chain of another trail beside the first, still without digests.
func (s *Stage) NewChain(trail string) *Chain {
	return &Chain{
		World: s.World, Bucket: Bucket, Account: Account, Region: Region, Trail: trail, HomeRegion: Region,
		Signer: s.Signer, At: Begin, LogsPerHour: PerHour,
	}
}

// Expect adds a problem and makes the verdict not ok.
func (s *Stage) Expect(kind digest.Kind, object string) {
	s.Problems = append(s.Problems, Expected{kind, object})
	s.OK = false
}

func (s *Stage) at(hour int) Delivered          { return s.Chain.Digests[hour] }
func (s *Stage) object(key string) *Object      { return s.World.Object(Bucket, key) }
func (s *Stage) log(hour int) string            { return s.at(hour).Logs[0] }
func (s *Stage) digests(change digest.Counts)   { plus(&s.Digests, change) }
func (s *Stage) logCounts(change digest.Counts) { plus(&s.Logs, change) }

func plus(c *digest.Counts, change digest.Counts) {
	c.Valid += change.Valid
	c.Invalid += change.Invalid
	c.Missing += change.Missing
	c.Unknown += change.Unknown
}

// breakLog expects one log of an hour to be invalid.
func (s *Stage) breakLog(kind digest.Kind, hour int) {
	s.Expect(kind, s.log(hour))
	s.logCounts(digest.Counts{Valid: -1, Invalid: 1})
}

// loseDigest deletes a digest and expects that it is missed, and that its logs are no longer counted.
func (s *Stage) loseDigest(kind digest.Kind, hour int) {
	s.World.Delete(Bucket, s.at(hour).Key())
	s.Expect(kind, s.at(hour).Key())
	s.digests(digest.Counts{Valid: -1, Missing: 1})
	s.logCounts(digest.Counts{Valid: -PerHour})
}

// breakDigest expects a digest to be invalid and its logs to be unproven.
func (s *Stage) breakDigest(kind digest.Kind, hour int) {
	s.Expect(kind, s.at(hour).Key())
	s.digests(digest.Counts{Valid: -1, Invalid: 1})
	s.unprove(hour)
}

func (s *Stage) unprove(hour int) {
	for _, log := range s.at(hour).Logs {
		s.Expect(digest.LogUnproven, log)
		s.logCounts(digest.Counts{Valid: -1, Unknown: 1})
	}
}

// unreadDigest expects that nothing is known of a digest, nor of its logs.
func (s *Stage) unreadDigest(hour int, fault digest.FetchKind) {
	s.object(s.at(hour).Key()).Fault = fault
	s.Expect(digest.DigestUnknown, s.at(hour).Key())
	s.digests(digest.Counts{Valid: -1, Unknown: 1})
	s.logCounts(digest.Counts{Valid: -PerHour})
}

func (s *Stage) unreadLog(hour int, fault digest.FetchKind) {
	s.object(s.log(hour)).Fault = fault
	s.Expect(digest.LogUnknown, s.log(hour))
	s.logCounts(digest.Counts{Valid: -1, Unknown: 1})
}

// rewrite replaces the content of a digest, leaving its signature as it is.
func (s *Stage) rewrite(hour int, edit func(string) string) {
	o := s.object(s.at(hour).Key())
	text, err := Gunzip(o.Body)
	if err != nil {
		panic(fmt.Sprintf("the stage's own digest cannot be read: %v", err)) // a mistake in a scenario
	}
	o.Body = Gzip([]byte(edit(string(text))))
}

// anchor is an anchor at a digest as it is now.
func (s *Stage) anchor(hour int) digest.Anchors {
	d := s.at(hour)
	return digest.Anchors{Version: 1, Chains: []digest.Anchor{{
		Chain:  digest.Chain{Account: Account, Region: Region, Trail: Trail, HomeRegion: Region},
		Bucket: Bucket, Object: d.Key(), EndTime: d.EndTime, SHA256: d.hash,
	}}}
}
