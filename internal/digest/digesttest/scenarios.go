package digesttest

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// Scenarios lists every way in which a bucket is shown to the verification.
func Scenarios() []Scenario {
	all := append(logScenarios(), digestScenarios()...)
	all = append(all, chainScenarios()...)
	return append(append(all, layoutScenarios()...), unknownScenarios()...)
}

func logScenarios() []Scenario {
	return []Scenario{
		{"log-missing", "A log was deleted.", func(s *Stage) {
			s.World.Delete(Bucket, s.log(4))
			s.Expect(digest.LogMissing, s.log(4))
			s.logCounts(digest.Counts{Valid: -1, Missing: 1})
		}},
		{"log-modified", "An event was taken out of a log.", func(s *Stage) {
			s.object(s.log(4)).Body = Gzip([]byte(`{"Records":[]}`))
			s.breakLog(digest.LogModified, 4)
		}},
		{"log-appended-member", "A second gzip member was appended to a log.", func(s *Stage) {
			o := s.object(s.log(4))
			o.Body = append(bytes.Clone(o.Body), Gzip([]byte("more"))...)
			s.breakLog(digest.LogTrailingData, 4)
		}},
		{"log-empty-member", "An empty gzip member was appended to a log, which leaves its content as it was.", func(s *Stage) {
			o := s.object(s.log(4))
			o.Body = append(bytes.Clone(o.Body), Gzip(nil)...)
			s.breakLog(digest.LogTrailingData, 4)
		}},
		{"log-trailing-bytes", "A zero byte follows the end of a log.", func(s *Stage) {
			o := s.object(s.log(4))
			o.Body = append(bytes.Clone(o.Body), 0)
			s.breakLog(digest.LogTrailingData, 4)
		}},
		{"log-truncated-trailer", "The last bytes of a log's gzip trailer are gone; its content is whole.", func(s *Stage) {
			o := s.object(s.log(4))
			o.Body = o.Body[:len(o.Body)-4]
			s.breakLog(digest.LogTruncated, 4)
		}},
		{"log-no-gzip", "A log was replaced by its own text, uncompressed.", func(s *Stage) {
			o := s.object(s.log(4))
			o.Body, _ = Gunzip(o.Body)
			s.breakLog(digest.LogUnreadable, 4)
		}},
		{"log-empty", "A log was replaced by an object without a byte.", func(s *Stage) {
			s.object(s.log(4)).Body = nil
			s.breakLog(digest.LogTruncated, 4)
		}},
		{"log-planted", "A log was put among the others that CloudTrail never delivered.", func(s *Stage) {
			key := s.Chain.LogKey(Begin.Add(5*time.Hour+17*time.Minute), "Planted")
			s.World.Put(Bucket, key, Object{Body: Gzip([]byte(`{"Records":[]}`)), LastModified: Begin.Add(90 * time.Hour)})
			s.Expect(digest.LogUnlisted, key)
		}},
		{"log-not-yet-digested", "The newest logs have no digest yet, which is as it should be.", func(s *Stage) {
			s.World.Put(Bucket, s.Chain.LogKey(s.Chain.At.Add(5*time.Minute), "New"), Object{Body: Gzip(nil)})
			late := s.Chain.At.Add(-time.Minute) // delivered after the hour's end
			s.World.Put(Bucket, s.Chain.LogKey(late, "Late"), Object{Body: Gzip(nil), LastModified: late.Add(3 * time.Minute)})
		}},
	}
}

func digestScenarios() []Scenario {
	return []Scenario{
		{"clean", "Nothing is wrong.", func(*Stage) {}},
		{"digest-missing", "A digest was deleted.", func(s *Stage) { s.loseDigest(digest.DigestMissing, 5) }},
		{"digest-missing-adjacent", "Two adjacent digests were deleted.", func(s *Stage) {
			s.loseDigest(digest.DigestMissing, 5)
			s.loseDigest(digest.DigestMissing, 6)
		}},
		{"digest-missing-run", "Three digests in a row were deleted, and one elsewhere.", func(s *Stage) {
			for _, hour := range []int{2, 5, 6, 7} {
				s.loseDigest(digest.DigestMissing, hour)
			}
		}},
		{"digest-missing-with-logs", "A digest was deleted with its logs.", func(s *Stage) {
			for _, log := range s.at(5).Logs {
				s.World.Delete(Bucket, log)
			}
			s.loseDigest(digest.DigestMissing, 5)
		}},
		{"digest-missing-oldest", "The oldest digest was deleted: the next one still names it.", func(s *Stage) {
			s.loseDigest(digest.DigestMissing, 0)
		}},
		{"digest-modified", "A log was taken out of a digest.", func(s *Stage) {
			s.rewrite(5, func(text string) string {
				return strings.Replace(text, s.at(5).Document.Logs[0].Hash, strings.Repeat("0", 64), 1)
			})
			s.Expect(digest.DigestModified, s.at(5).Key())
			s.digests(digest.Counts{Valid: -1, Invalid: 1})
			s.unprove(5)
			s.Problems[len(s.Problems)-2].Kind = digest.LogModified // the log is not what the changed digest says
			s.logCounts(digest.Counts{Unknown: -1, Invalid: 1})
		}},
		{"digest-reworded", "A digest says the same in other words.", func(s *Stage) {
			s.rewrite(5, func(text string) string { return text + " " })
			s.breakDigest(digest.DigestModified, 5)
		}},
		{"digest-points-elsewhere", "A forged digest tries to send the verification into somebody's bucket.", func(s *Stage) {
			secret := "secret/" + s.log(5)
			s.World.Put("victim", secret, *s.object(s.log(5)))
			s.rewrite(5, func(text string) string {
				return strings.Replace(text, `"s3Bucket":"`+Bucket+`","s3Object":"`+s.log(5), `"s3Bucket":"victim","s3Object":"`+secret, 1)
			})
			s.World.Object("victim", secret).Fault = digest.Denied // asking for it would show as unknown
			s.breakDigest(digest.DigestModified, 5)
			s.Problems[len(s.Problems)-2].Object = secret
		}},
		{"digest-bad-signature", "The signature in a digest's metadata was made up.", func(s *Stage) {
			s.object(s.at(5).Key()).Metadata["signature"] = strings.Repeat("5a", 256)
			s.breakDigest(digest.DigestBadSignature, 5)
		}},
		{"digest-no-signature", "The object metadata of a digest is gone, as after a copy.", func(s *Stage) {
			s.object(s.at(5).Key()).Metadata = nil
			s.breakDigest(digest.DigestBadSignature, 5)
		}},
		{"digest-other-key", "A digest is signed with a key of somebody else, and names a key of CloudTrail.", func(s *Stage) {
			d := s.at(5)
			s.object(d.Key()).Metadata["signature"] = s.Other.Sign(d.End + "\n" + d.Bucket + "/" + d.Object + "\n" + d.hash + "\n" + *d.PrevSignature)
			s.breakDigest(digest.DigestBadSignature, 5)
		}},
		{"key-unknown", "A digest names a key that CloudTrail does not have.", func(s *Stage) {
			s.rewrite(11, func(text string) string { return strings.Replace(text, s.Signer.Fingerprint, s.Other.Fingerprint, 1) })
			s.breakDigest(digest.KeyUnknown, 11)
		}},
		{"key-out-of-period", "A digest is signed with a genuine key that was no longer in use.", func(s *Stage) {
			s.World.AddKey(Region, s.Other.Public(Begin.AddDate(0, 0, -9), Begin.AddDate(0, 0, -1)))
			s.Chain.Signer = s.Other
			s.Chain.Reforge(11)
			s.breakDigest(digest.KeyOutOfPeriod, 11)
		}},
		{"key-malformed", "The public key of a digest is garbage.", func(s *Stage) {
			key := s.Other.Public(Begin, Begin.AddDate(0, 1, 0))
			key.Value = key.Value[:40]
			s.World.AddKey(Region, key)
			s.Chain.Signer = s.Other
			s.Chain.Reforge(11)
			s.breakDigest(digest.KeyMalformed, 11)
		}},
		{"digest-moved", "A digest was renamed.", func(s *Stage) {
			old, renamed := s.at(11).Key(), s.Chain.DigestKey(s.at(11).EndTime.Add(7*time.Second))
			s.World.Put(Bucket, renamed, *s.object(old))
			s.World.Delete(Bucket, old)
			s.Expect(digest.DigestMoved, renamed)
			s.digests(digest.Counts{Valid: -1, Invalid: 1})
			s.unprove(11)
		}},
		{"digest-duplicated", "A digest lies there twice.", func(s *Stage) {
			copied := s.Chain.DigestKey(s.at(5).EndTime.Add(7 * time.Second))
			s.World.Put(Bucket, copied, *s.object(s.at(5).Key()))
			s.Expect(digest.DigestDuplicate, copied)
			s.digests(digest.Counts{Invalid: 1})
		}},
		{"digest-out-of-order", "Two digests changed places.", func(s *Stage) {
			a, b := s.at(5).Key(), s.at(6).Key()
			one, other := *s.object(a), *s.object(b)
			s.World.Put(Bucket, a, other)
			s.World.Put(Bucket, b, one)
			s.breakDigest(digest.DigestOutOfOrder, 5)
			s.breakDigest(digest.DigestOutOfOrder, 6)
		}},
		{"digest-appended-member", "A second gzip member was appended to a digest.", func(s *Stage) {
			o := s.object(s.at(5).Key())
			o.Body = append(bytes.Clone(o.Body), Gzip(nil)...)
			s.breakDigest(digest.DigestTrailingData, 5)
		}},
		{"digest-truncated", "A digest ends early.", func(s *Stage) {
			o := s.object(s.at(5).Key())
			o.Body = o.Body[:len(o.Body)-6]
			s.Expect(digest.DigestTruncated, s.at(5).Key())
			s.digests(digest.Counts{Valid: -1, Invalid: 1})
			s.logCounts(digest.Counts{Valid: -PerHour})
		}},
		{"digest-no-json", "A digest was replaced by something else.", func(s *Stage) {
			s.object(s.at(5).Key()).Body = Gzip([]byte("[[[["))
			s.Expect(digest.DigestUnreadable, s.at(5).Key())
			s.digests(digest.Counts{Valid: -1, Invalid: 1})
			s.logCounts(digest.Counts{Valid: -PerHour})
		}},
		{"digest-renamed-away", "A digest was given a name that is none of CloudTrail's.", func(s *Stage) {
			strange := strings.Replace(s.at(5).Key(), "_CloudTrail-Digest_", "_old_", 1)
			s.World.Put(Bucket, strange, *s.object(s.at(5).Key()))
			s.loseDigest(digest.DigestMissing, 5)
			s.Expect(digest.DigestMoved, strange)
		}},
		{"digest-junk", "Objects named like digests of absurd times and of nobody's trail hide a planted log and a deletion.", func(s *Stage) {
			s.loseDigest(digest.DigestMissing, 5)
			for _, end := range []time.Time{Begin.AddDate(900, 0, 0), Begin.AddDate(-900, 0, 0)} {
				key := strings.Replace(s.at(5).Key(), s.at(5).EndTime.Format("20060102T150405Z"), end.Format("20060102T150405Z"), 1)
				s.World.Put(Bucket, key, Object{Body: Gzip([]byte("{}"))})
				s.Expect(digest.DigestUnreadable, key)
			}
			s.digests(digest.Counts{Invalid: 1}) // the other name is none of a digest's
			planted := s.Chain.LogKey(Begin.Add(10*time.Hour+17*time.Minute), "Planted")
			s.World.Put(Bucket, planted, Object{Body: Gzip(nil)})
			s.Expect(digest.LogUnlisted, planted)
		}},
		{"digest-invalid-and-log-missing", "A digest was changed and one of its logs deleted.", func(s *Stage) {
			s.rewrite(5, func(text string) string { return text + "\n" })
			s.World.Delete(Bucket, s.log(5))
			s.breakDigest(digest.DigestModified, 5)
			s.Problems[len(s.Problems)-2].Kind = digest.LogMissing
			s.logCounts(digest.Counts{Unknown: -1, Missing: 1})
		}},
	}
}

func unknownScenarios() []Scenario {
	unread := func(name string, fault digest.FetchKind) Scenario {
		return Scenario{"unknown-" + name, "A log and a digest cannot be read: " + string(fault) + ".", func(s *Stage) {
			s.unreadLog(3, fault)
			s.unreadDigest(7, fault)
		}}
	}
	return []Scenario{
		unread("denied", digest.Denied), unread("archived", digest.Archived), unread("kms", digest.KMS), unread("throttled", digest.Throttled),
		{"cut-once", "Bodies break off on the wire, and arrive when asked for again.", func(s *Stage) {
			s.object(s.log(3)).Cut, s.object(s.at(7).Key()).Cut = 1, 2
		}},
		{"cut-quietly", "A body ends early without an error, and arrives when asked for again.", func(s *Stage) {
			o := s.object(s.log(3))
			o.Cut, o.Short = 1, true
		}},
		{"cut-always", "A log's body breaks off every time.", func(s *Stage) {
			s.object(s.log(3)).Cut = 1000
			s.Expect(digest.LogUnknown, s.log(3))
			s.logCounts(digest.Counts{Valid: -1, Unknown: 1})
		}},
		{"keys-unavailable", "The public keys cannot be had.", func(s *Stage) {
			s.World.KeyFault = errors.New("AccessDenied")
			for hour := range Hours {
				s.Expect(digest.KeyUnavailable, s.at(hour).Key())
				s.digests(digest.Counts{Valid: -1, Unknown: 1})
				s.unprove(hour)
			}
		}},
		{"listing-denied", "The logs of a region cannot be listed.", func(s *Stage) {
			folder := "AWSLogs/" + Account + "/CloudTrail/" + Region + "/"
			s.World.ListFault[folder] = digest.Denied
			s.Expect(digest.ChainUnknown, folder)
		}},
	}
}
