package digest

import (
	"context"
	"encoding/hex"
	"strings"
	"time"
)

// checkLogs looks at every log that a digest lists, in parallel. proven says that the digest itself is valid: logs of
// any other are looked at, and count, but never as valid.
func (w *walker) checkLogs(ctx context.Context, win *window, x *examined, proven bool) {
	if x.doc == nil || w.witness {
		return
	}
	win.open = 1 + len(x.doc.logs)
	own := win.state
	for _, log := range x.doc.logs {
		if !proven && !x.within(log, w.bucketKnown) {
			w.logDone(win, log, x, &finding{kind: LogUnproven, detail: "an invalid digest lists it, in a place that is none of its own"})
			continue
		}
		if w.acquire(ctx) != nil {
			w.logDone(win, log, x, &finding{kind: LogUnknown, detail: "the verification was ended before it was looked at"})
			continue
		}
		w.working.Go(func() {
			defer w.release()
			w.logDone(win, log, x, w.checkLog(ctx, log, proven))
		})
	}
	w.time.close(win, own)
}

// within says whether a log lies in the folders of the digest's own account. Only CloudTrail's signature lets a digest
// send the verification anywhere else.
func (x *examined) within(log logEntry, bucketKnown bool) bool {
	return strings.HasPrefix(log.Object, x.accountFolder()) && (!bucketKnown || log.Bucket == x.bucket)
}

// logTime is the time in a log's name or, where it has none, the end of the digest that lists it.
func (x *examined) logTime(log logEntry) time.Time {
	if at, exact := logTime(x.place, log.Object); exact {
		return at
	}
	return x.doc.end
}

// checkLog compares one log with what its digest says. It returns nil if the log is valid.
func (w *walker) checkLog(ctx context.Context, log logEntry, proven bool) *finding {
	if log.Algorithm != hashAlgorithm {
		return &finding{LogUnknown, "its hash algorithm is not one that can be checked", hashAlgorithm, abridged(log.Algorithm)}
	}
	bucket := log.Bucket
	if !w.bucketKnown {
		bucket = ""
	}
	sum, err := w.contentHash(ctx, bucket, log.Object)
	if wrong := readFinding(err, logReadKinds); wrong != nil {
		return wrong
	}
	if found := hex.EncodeToString(sum[:]); !strings.EqualFold(found, log.Hash) {
		return &finding{LogModified, "its content is not what its digest recorded", "sha256 " + strings.ToLower(log.Hash), "sha256 " + found}
	}
	if !proven {
		return &finding{kind: LogUnproven, detail: "it is as its digest says, but that digest is invalid"}
	}
	return nil
}

// logDone counts a log.
func (w *walker) logDone(win *window, log logEntry, x *examined, wrong *finding) {
	state := Proven
	w.mu.Lock()
	switch {
	case wrong == nil:
		w.logs.Valid++
	case wrong.kind.class() == Unknown:
		w.logs.Unknown++
		state = Unproven
	case wrong.kind == LogMissing:
		w.logs.Missing++
		state = Broken
	default:
		w.logs.Invalid++
		state = Broken
	}
	w.mu.Unlock()
	if wrong != nil {
		bucket := log.Bucket
		if !w.bucketKnown {
			bucket = ""
		}
		w.problem(bucket, log.Object, x.logTime(log), wrong)
	}
	w.time.close(win, state)
	w.logTold()
}
