package verifyjob

import (
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/digest"
)

// words say what is wrong to somebody who does not know the kinds: a noun that takes an s where there are many, and what
// it is.
var words = map[digest.Kind][2]string{
	digest.LogMissing:      {"log", "missing"},
	digest.LogModified:     {"log", "modified"},
	digest.LogTrailingData: {"log", "lengthened"},
	digest.LogTruncated:    {"log", "cut short"},
	digest.LogUnreadable:   {"log", "damaged"},
	digest.LogUnlisted:     {"log", "planted"},
	digest.LogUnproven:     {"log", "unproven"},
	digest.LogUnknown:      {"log", "unread"},

	digest.DigestMissing:       {"digest", "missing"},
	digest.DigestNewestMissing: {"newest digest", "missing"},
	digest.DigestModified:      {"digest", "modified"},
	digest.DigestBadSignature:  {"digest", "badly signed"},
	digest.DigestTrailingData:  {"digest", "lengthened"},
	digest.DigestTruncated:     {"digest", "cut short"},
	digest.DigestUnreadable:    {"digest", "damaged"},
	digest.DigestMoved:         {"digest", "moved"},
	digest.DigestDuplicate:     {"digest", "duplicated"},
	digest.DigestOutOfOrder:    {"digest", "out of order"},
	digest.DigestUnknown:       {"digest", "unread"},

	digest.ChainMissing:           {"digest chain", "missing"},
	digest.ChainGap:               {"gap", "in a digest chain"},
	digest.ChainRestart:           {"digest chain", "begun anew without a known reason"},
	digest.ChainRestartExplained:  {"digest chain", "begun anew after a stop"},
	digest.ChainPreviousObject:    {"digest", "with another predecessor"},
	digest.ChainPreviousHash:      {"digest", "with a modified predecessor"},
	digest.ChainPreviousSignature: {"digest", "with a predecessor signed anew"},
	digest.ChainCut:               {"digest chain", "cut off"},
	digest.ChainRewritten:         {"digest chain", "rewritten"},
	digest.ChainUnknown:           {"folder", "unread"},
	digest.ChainOmitted:           {"list", "too long to tell in full"},

	digest.KeyUnknown:     {"digest", "signed with an unknown key"},
	digest.KeyOutOfPeriod: {"digest", "signed with a key out of its time"},
	digest.KeyMalformed:   {"public key", "malformed"},
	digest.KeyUnavailable: {"digest", "without its public key"},
}

// summary counts problems by kind, such as "2 logs modified, 1 digest missing".
func summary(problems []digest.Problem) string {
	count := map[digest.Kind]int{}
	for _, p := range problems {
		count[p.Kind]++
	}
	var parts []string
	for _, info := range digest.Kinds() {
		n, word := count[info.Kind], words[info.Kind]
		switch n {
		case 0:
			continue
		case 1:
		default:
			word[0] += "s"
		}
		parts = append(parts, fmt.Sprintf("%d %s %s", n, word[0], word[1]))
	}
	return strings.Join(parts, ", ")
}
