package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Bounds on what waits for delivery.
const (
	maxPending = 10_000
	retryFor   = 30 * 24 * time.Hour // how long AWS tries to reach a bucket
)

// delivery is what becomes of a trail's records, from the trail's creation to its deletion and beyond: records of the
// time before a deletion are still delivered.
type delivery struct {
	pending  []pendingRecord
	statuses map[place]*deliveryStatus
}

// place is an account's corner of a region: log files and statuses are kept apart by it.
type place struct{ account, region string }

type pendingRecord struct {
	account, region string
	at              time.Time
	raw             string
	logged          bool // it had its turn at CloudWatch Logs
}

// deliveryStatus is what GetTrailStatus tells about delivery in one place.
type deliveryStatus struct {
	delivered, notified, logged      time.Time
	deliveryError, notificationError string
	logsError                        string

	digested    time.Time
	digestError string
}

func newDelivery() *delivery { return &delivery{statuses: map[place]*deliveryStatus{}} }

// status returns a copy; it is zero where nothing was tried yet.
func (d *delivery) status(account, region string) deliveryStatus {
	if s := d.statuses[place{account, region}]; s != nil {
		return *s
	}
	return deliveryStatus{}
}

// at returns the status of a place, for changing it.
func (d *delivery) at(p place) *deliveryStatus {
	if d.statuses[p] == nil {
		d.statuses[p] = &deliveryStatus{}
	}
	return d.statuses[p]
}

// queue adds a record. When too many wait, the oldest is lost, as one is after 30 days on AWS.
func (d *delivery) queue(r pendingRecord) {
	if len(d.pending) >= maxPending {
		d.pending = slices.Delete(d.pending, 0, 1)
	}
	d.pending = append(d.pending, r)
}

// settle delivers all that is due. Every request starts with it, so that delivery needs no goroutine. The lab is locked.
func (l *Lab) settle(now time.Time) {
	for _, id := range slices.Sorted(maps.Keys(l.accounts)) {
		for _, name := range l.regions {
			region := l.accounts[id].regions[name]
			region.keys.expire(now)
			for _, e := range region.trails.trails {
				l.settleTrail(e, now)
			}
		}
	}
}

// settleTrail delivers the log files and digests of a trail, and of the deleted ones that had its name.
func (l *Lab) settleTrail(e *trailEntry, now time.Time) {
	for _, t := range e.leaving {
		l.deliver(e, t, now)
	}
	// The deletion's own record is queued after the deletion, but before anything settles again.
	e.leaving = slices.DeleteFunc(e.leaving, func(t *trail) bool { return len(t.delivery.pending) == 0 })
	if t := e.newest(); t != nil {
		l.deliver(e, t, now)
		if t.organization {
			e.follow(l, now) // there may be new member accounts
		}
	}
	l.digest(e, now)
}

// deliver writes one log file per place from the records that are due. What cannot be written stays for the next time.
func (l *Lab) deliver(e *trailEntry, t *trail, now time.Time) {
	if len(t.delivery.pending) == 0 || now.Sub(t.delivery.pending[0].at) < l.options.DeliveryDelay { // the earliest is first
		return
	}
	var waiting []pendingRecord
	due := map[place][]pendingRecord{}
	for _, r := range t.delivery.pending {
		switch p := (place{r.account, r.region}); {
		case now.Sub(r.at) < l.options.DeliveryDelay:
			waiting = append(waiting, r)
		default:
			due[p] = append(due[p], r)
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(due), comparePlaces) {
		l.deliverEvents(t, p, due[p], now)
		if !l.deliverFile(e, t, p, due[p], now) {
			old := func(r pendingRecord) bool { return now.Sub(r.at) > retryFor }
			waiting = append(slices.DeleteFunc(due[p], old), waiting...)
		}
	}
	t.delivery.pending = waiting
}

func comparePlaces(a, b place) int {
	if a.account+a.region < b.account+b.region {
		return -1
	}
	return 1
}

// deliverFile writes one log file and notes how that went; false means that the bucket did not take it.
func (l *Lab) deliverFile(e *trailEntry, t *trail, p place, records []pendingRecord, now time.Time) bool {
	status := t.delivery.at(p)
	key := t.fileKey(l, p, now)
	if status.deliveryError = l.deliveryTrouble(t, key); status.deliveryError != "" {
		return false
	}
	content := logFile(records)
	status.deliveryError = errorCode(l.putObject(t.bucket, key, compress(content), t.fileHeader(), now))
	if status.deliveryError != "" {
		return false
	}
	status.delivered = now
	e.digested(p, listed(t.bucket, key, content, records, now))
	l.notify(t, key, status, now)
	return true
}

// fileKey names a log file after its account, region and time of delivery.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
func (t *trail) fileKey(l *Lab, p place, now time.Time) string {
	return t.folder(p.account, "CloudTrail") + p.region + now.Format("/2006/01/02/") + p.account + "_CloudTrail_" + p.region +
		now.Format("_20060102T1504Z_") + l.token(16) + ".json.gz"
}

// fileHeader is what CloudTrail sends with everything that it delivers: log files, and digest files too, are encrypted with
// the trail's key.
func (t *trail) fileHeader() http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Encoding", "gzip")
	h.Set("X-Amz-Acl", "bucket-owner-full-control")
	if t.kmsKey != "" {
		h.Set("X-Amz-Server-Side-Encryption", "aws:kms")
		h.Set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", t.kmsKey)
	}
	return h
}

// logFile is a log file's content: all records in one JSON document.
func logFile(records []pendingRecord) []byte {
	var file bytes.Buffer
	file.WriteString(`{"Records":[`)
	for i, r := range records {
		if i > 0 {
			file.WriteByte(',')
		}
		file.WriteString(r.raw)
	}
	file.WriteString(`]}`)
	return file.Bytes()
}

// notify publishes the notification about a delivered log file.
func (l *Lab) notify(t *trail, key string, status *deliveryStatus, now time.Time) {
	if t.topicARN == "" {
		return
	}
	if !l.topicExists(t.topicARN) {
		status.notificationError = "NotFound"
		return
	}
	message, _ := json.Marshal(map[string]any{"s3Bucket": t.bucket, "s3ObjectKey": []string{key}}) // strings only
	l.publishTopic(t.topicARN, "[Amazon CloudTrail] New CloudTrail log file delivered", string(message))
	status.notified, status.notificationError = now, ""
}

// errorCode is the service's code for an error; empty for none.
func errorCode(err error) string {
	var api *apiError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.Code
	}
	return "InternalError"
}
