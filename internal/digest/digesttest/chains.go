package digesttest

import (
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// more delivers so many hours to the stage's chain, and moves the clock on.
func (s *Stage) more(hours int) {
	s.Chain.Deliver(hours)
	s.Options.Now = s.Chain.At.Add(30 * time.Minute)
	s.digests(digest.Counts{Valid: int64(hours)})
	s.logCounts(digest.Counts{Valid: int64(hours * s.Chain.LogsPerHour)})
}

func (s *Stage) restart() {
	s.Chain.Restart(5 * time.Hour)
	s.more(4)
}

func chainScenarios() []Scenario {
	return []Scenario{
		{"newest-missing-by-clock", "The three newest digests were deleted.", func(s *Stage) {
			for hour := 9; hour < 12; hour++ {
				s.loseDigest(digest.DigestNewestMissing, hour)
			}
			s.Options.Now = s.Chain.At.Add(61 * time.Minute)
		}},
		{"newest-missing-by-status", "The two newest digests were deleted, which CloudTrail says it delivered.", func(s *Stage) {
			s.Options.Now = time.Time{}
			s.Options.Expect = []digest.Expectation{{Chain: s.anchor(0).Chains[0].Chain, LatestDigestDelivery: s.Chain.At.Add(5 * time.Minute)}}
			s.loseDigest(digest.DigestNewestMissing, 10)
			s.loseDigest(digest.DigestNewestMissing, 11)
		}},
		{"newest-there-by-status", "The newest digest is the one that CloudTrail says it delivered last.", func(s *Stage) {
			late := s.Chain.At.Add(70 * time.Minute)
			s.object(s.at(Hours - 1).Key()).LastModified = late
			s.Options.Expect = []digest.Expectation{{Chain: s.anchor(0).Chains[0].Chain, LatestDigestDelivery: late.Add(time.Second)}}
			s.Options.Now = s.Chain.At.Add(90 * time.Hour)
		}},
		{"stopped-for-good", "The trail was stopped, so that no digest comes after.", func(s *Stage) {
			s.Options.Now = s.Chain.At.Add(90 * time.Hour)
			s.Options.Stops = []digest.Stop{{Account: Account, Trail: Trail, HomeRegion: Region, At: s.Chain.At}}
		}},
		{"all-digests-gone", "Every digest was deleted; the logs are still there.", func(s *Stage) {
			for _, d := range s.Chain.Digests {
				s.World.Delete(Bucket, d.Key())
			}
			s.Expect(digest.ChainMissing, "AWSLogs/"+Account+"/CloudTrail-Digest/"+Region+"/")
			s.Digests, s.Logs = digest.Counts{}, digest.Counts{}
		}},
		{"all-gone", "The bucket is empty.", func(s *Stage) {
			for _, key := range append([]string{}, s.World.Names(Bucket)...) {
				s.World.Delete(Bucket, key)
			}
			s.Expect(digest.ChainMissing, "")
			s.Digests, s.Logs = digest.Counts{}, digest.Counts{}
		}},
		{"restart-unexplained", "The chain begins anew after five hours, and nobody knows why.", func(s *Stage) {
			s.restart()
			s.Expect(digest.ChainRestart, s.at(Hours).Key())
		}},
		{"restart-explained", "The trail was stopped and started again.", func(s *Stage) {
			end := s.Chain.At
			s.restart()
			s.Options.Stops = []digest.Stop{{Account: Account, Trail: Trail, At: end.Add(20 * time.Minute), Until: end.Add(5 * time.Hour)}}
			s.Expect(digest.ChainRestartExplained, s.at(Hours).Key())
			s.OK = true
		}},
		{"restart-within-a-second", "The trail was stopped and started again in the same second.", func(s *Stage) {
			at := s.Chain.At
			s.Chain.Restart(0)
			s.more(2)
			s.Options.Stops = []digest.Stop{{Account: Account, Trail: Trail, At: at, Until: at}}
			s.Expect(digest.ChainRestartExplained, s.at(Hours).Key())
			s.OK = true
		}},
		{"restart-hides-deletion", "Two digests before a stop were deleted, which the stop does not explain.", func(s *Stage) {
			end := s.Chain.At
			s.restart()
			s.Options.Stops = []digest.Stop{{Account: Account, Trail: Trail, At: end.Add(20 * time.Minute), Until: end.Add(5 * time.Hour)}}
			s.loseDigest(digest.DigestMissing, 10)
			s.loseDigest(digest.DigestMissing, 11)
			s.Expect(digest.ChainRestartExplained, s.at(Hours).Key())
		}},
		{"restart-hides-deletion-after", "A trail was stopped and started; the digests from then to a second, unexplained start were deleted.", func(s *Stage) {
			end := s.Chain.At
			s.restart()
			s.Options.Stops = []digest.Stop{{Account: Account, At: end.Add(20 * time.Minute), Until: end.Add(150 * time.Minute)}}
			s.Expect(digest.DigestMissing, s.Chain.DigestKey(end.Add(4*time.Hour)))
			s.Expect(digest.DigestMissing, s.Chain.DigestKey(end.Add(5*time.Hour)))
			s.Expect(digest.ChainRestartExplained, s.at(Hours).Key())
			s.digests(digest.Counts{Missing: 2})
		}},
		{"chain-gap", "A digest with CloudTrail's key names its predecessor and begins an hour later.", func(s *Stage) {
			s.Chain.At = s.Chain.At.Add(time.Hour)
			s.more(2)
			s.Expect(digest.ChainGap, s.at(Hours).Key())
		}},
		{"digest-overlaps", "A digest with CloudTrail's key covers time that its predecessor covers.", func(s *Stage) {
			s.Chain.At = s.Chain.At.Add(-30 * time.Minute)
			s.more(1)
			s.Options.Now = time.Time{}
			s.breakDigest(digest.DigestOutOfOrder, Hours)
		}},
		{"predecessor-replaced", "A digest was replaced by another one with a valid signature.", func(s *Stage) {
			d := &s.Chain.Digests[5]
			d.Document.Logs = d.Document.Logs[:1]
			s.Chain.Seal(d)
			s.Expect(digest.ChainPreviousHash, s.at(6).Key())
			s.Expect(digest.LogUnlisted, s.at(5).Logs[1])
			s.logCounts(digest.Counts{Valid: -1})
		}},
		{"predecessor-signature", "A digest recorded another signature of its predecessor.", func(s *Stage) {
			other := strings.Repeat("0", 512)
			s.Chain.Digests[11].PrevSignature = &other
			s.Chain.Seal(&s.Chain.Digests[11])
			s.Expect(digest.ChainPreviousSignature, s.at(11).Key())
		}},
		{"predecessor-object", "A digest names another predecessor than the one before it.", func(s *Stage) {
			other := s.at(3).Key()
			s.Chain.Digests[11].PrevObject = &other
			s.Chain.Seal(&s.Chain.Digests[11])
			s.Expect(digest.ChainPreviousObject, s.at(11).Key())
		}},
		{"anchor-holds", "The digest that was seen last time is still there.", func(s *Stage) {
			s.Options.Anchors = s.anchor(8)
		}},
		{"anchor-rewritten", "The whole chain was written anew with CloudTrail's key.", func(s *Stage) {
			s.Options.Anchors = s.anchor(8)
			s.Chain.Digests[0].Document.Logs = s.Chain.Digests[0].Document.Logs[:1]
			s.World.Delete(Bucket, s.at(0).Logs[1])
			s.Chain.Reforge(0)
			s.logCounts(digest.Counts{Valid: -1})
			s.Expect(digest.ChainRewritten, s.at(8).Key())
		}},
		{"anchor-cut", "The end of the chain was cut off, further back than last time's end.", func(s *Stage) {
			s.Options.Anchors = s.anchor(8)
			s.Options.Now = time.Time{}
			for hour := 7; hour < Hours; hour++ {
				s.loseDigest(digest.DigestMissing, hour)
			}
			s.Problems = []Expected{{digest.ChainCut, s.at(8).Key()}}
			s.Digests.Missing = 0
		}},
		{"anchor-before-range", "Digests of the time were rewritten, and the anchor lies before it.", func(s *Stage) {
			s.Options.Anchors = s.anchor(2)
			s.Chain.Digests[1].Document.Logs = s.Chain.Digests[1].Document.Logs[:1]
			s.Chain.Reforge(1)
			s.Options.From = s.at(4).EndTime
			s.Digests, s.Logs = digest.Counts{Valid: 7}, digest.Counts{Valid: 14}
			s.Expect(digest.ChainRewritten, s.at(2).Key())
		}},
		{"anchor-chain-gone", "A chain that was seen last time has no digest any more.", func(s *Stage) {
			gone := s.anchor(8)
			gone.Chains[0].Trail, gone.Chains[0].Object = "gone", "gone-digest"
			s.Options.Anchors = gone
			s.Expect(digest.ChainMissing, "gone-digest")
		}},
	}
}

func layoutScenarios() []Scenario {
	return []Scenario{
		{"bucket-changed", "The trail moved to another bucket and back again.", func(s *Stage) {
			s.Chain.Bucket = "other-bucket"
			s.more(3)
			s.Chain.Bucket = Bucket
			s.more(3)
		}},
		{"bucket-changed-digest-missing", "The trail moved to another bucket, where a digest was deleted.", func(s *Stage) {
			s.Chain.Bucket = "other-bucket"
			s.more(3)
			s.Chain.Bucket = Bucket
			s.more(3)
			s.World.Delete("other-bucket", s.at(13).Key())
			s.Expect(digest.DigestMissing, s.at(13).Key())
			s.digests(digest.Counts{Valid: -1, Missing: 1})
			s.logCounts(digest.Counts{Valid: -PerHour})
		}},
		{"bucket-changed-and-gone", "The trail was sent to another bucket, which does not exist any more.", func(s *Stage) {
			s.Chain.Bucket = "other-bucket"
			s.more(2)
			s.Chain.Bucket = Bucket
			s.more(3)
			s.World.DeleteBucket("other-bucket")
			s.Expect(digest.DigestMissing, s.at(12).Key())
			s.Expect(digest.DigestMissing, s.at(13).Key())
			s.digests(digest.Counts{Valid: -2, Missing: 2})
			s.logCounts(digest.Counts{Valid: -2 * PerHour})
		}},
		{"prefix-changed", "The trail moved to another prefix; only the new one is asked for.", func(s *Stage) {
			s.Chain.Prefix = "new/place"
			s.more(3)
			s.Options.Prefix = "new/place"
		}},
		{"organization", "A member's logs of an organization trail lie in a layout of their own.", func(s *Stage) {
			member := s.NewChain("org-trail")
			member.Organization, member.Account, member.Prefix = "o-abcde12345", "444455556666", "deep/er"
			member.Deliver(Hours)
			s.digests(digest.Counts{Valid: Hours})
			s.logCounts(digest.Counts{Valid: Hours * PerHour})
		}},
		{"sibling-trails", "Trails whose names contain each other's deliver into one bucket; one is asked for, the other is broken.", func(s *Stage) {
			sibling := s.NewChain("audit_us-east-1_b")
			sibling.Deliver(Hours)
			s.World.Delete(Bucket, sibling.Digests[5].Key())
			s.Options.Trail = Trail
		}},
		{"sibling-trails-both", "The same, and both are asked for.", func(s *Stage) {
			sibling := s.NewChain("audit_us-east-1_b")
			sibling.Deliver(Hours)
			s.World.Delete(Bucket, sibling.Digests[5].Key())
			s.Expect(digest.DigestMissing, sibling.Digests[5].Key())
			s.digests(digest.Counts{Valid: Hours - 1, Missing: 1})
			s.logCounts(digest.Counts{Valid: (Hours - 1) * PerHour})
		}},
		{"backfill", "Backfill digests lie among the others, and form a chain of their own.", func(s *Stage) {
			backfill := s.NewChain(Trail)
			backfill.Backfill, backfill.At = true, Begin.Add(2*time.Hour)
			backfill.Deliver(2)
			backfill.At = Begin.Add(7 * time.Hour)
			backfill.Deliver(2)
			s.digests(digest.Counts{Valid: 4})
			s.logCounts(digest.Counts{Valid: 4 * PerHour})
		}},
		{"empty-digests", "Hours without logs have digests, too.", func(s *Stage) {
			s.Chain.LogsPerHour = 0
			s.more(5)
		}},
		{"empty-digest-missing", "The digest of an hour without logs was deleted.", func(s *Stage) {
			s.Chain.LogsPerHour = 0
			s.more(5)
			s.World.Delete(Bucket, s.at(14).Key())
			s.Expect(digest.DigestMissing, s.at(14).Key())
			s.digests(digest.Counts{Valid: -1, Missing: 1})
		}},
		{"key-rotation", "CloudTrail changed its key on the way.", func(s *Stage) {
			s.World.AddKey(Region, s.Other.Public(s.Chain.At.Add(time.Minute), s.Chain.At.AddDate(0, 1, 0)))
			s.Chain.Signer = s.Other
			s.more(6)
		}},
		{"range-with-offset", "The time asked for is given in another time zone.", func(s *Stage) {
			zone := time.FixedZone("", 5*3600+1800)
			s.Options.From = s.at(2).EndTime.In(zone)
			s.Options.To = s.at(6).EndTime.In(zone)
			s.World.Delete(Bucket, s.at(2).Key()) // outside
			s.World.Delete(Bucket, s.at(7).Key())
			s.Digests, s.Logs = digest.Counts{Valid: 4}, digest.Counts{Valid: 4 * PerHour}
		}},
		{"range-begins-missing", "The digests at the beginning of the time asked for were deleted.", func(s *Stage) {
			s.Options.From = Begin.Add(90 * time.Minute) // within the second hour
			s.loseDigest(digest.DigestMissing, 1)
			s.loseDigest(digest.DigestMissing, 2)
			s.digests(digest.Counts{Valid: -1})
			s.logCounts(digest.Counts{Valid: -PerHour})
		}},
		{"regions", "Another region's chain is of its own, and broken.", func(s *Stage) {
			abroad := s.NewChain(Trail)
			abroad.Region = "eu-west-1"
			abroad.Deliver(Hours)
			s.World.Delete(Bucket, abroad.Digests[11].Logs[0])
			s.Expect(digest.LogMissing, abroad.Digests[11].Logs[0])
			s.digests(digest.Counts{Valid: Hours})
			s.logCounts(digest.Counts{Valid: Hours*PerHour - 1, Missing: 1})
		}},
	}
}
