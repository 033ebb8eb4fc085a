package lab

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
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
}

// deliveryStatus is what GetTrailStatus tells about delivery in one place.
type deliveryStatus struct {
	delivered, notified, logged      time.Time
	deliveryError, notificationError string
}

func newDelivery() *delivery { return &delivery{statuses: map[place]*deliveryStatus{}} }

// status returns a copy; it is zero where nothing was tried yet.
func (d *delivery) status(account, region string) deliveryStatus {
	if s := d.statuses[place{account, region}]; s != nil {
		return *s
	}
	return deliveryStatus{}
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
		for _, name := range l.options.Regions {
			for _, e := range l.accounts[id].regions[name].trails.trails {
				if t := e.latest(); len(t.delivery.pending) > 0 {
					l.deliver(t, now)
				}
			}
		}
	}
}

// latest is the newest version, or the one before the deletion.
func (e *trailEntry) latest() *trail {
	if t := e.newest(); t != nil {
		return t
	}
	return e.versions[len(e.versions)-2].trail
}

// deliver writes one log file per place from the records that are due. What cannot be written stays for the next time.
func (l *Lab) deliver(t *trail, now time.Time) {
	var waiting []pendingRecord
	due := map[place][]pendingRecord{}
	for _, r := range t.delivery.pending {
		switch p := (place{r.account, r.region}); {
		case now.Sub(r.at) > retryFor:
		case now.Sub(r.at) < l.options.DeliveryDelay:
			waiting = append(waiting, r)
		default:
			due[p] = append(due[p], r)
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(due), comparePlaces) {
		if !l.deliverFile(t, p, due[p], now) {
			waiting = append(due[p], waiting...)
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
func (l *Lab) deliverFile(t *trail, p place, records []pendingRecord, now time.Time) bool {
	status := t.delivery.statuses[p]
	if status == nil {
		status = &deliveryStatus{}
		t.delivery.statuses[p] = status
	}
	key := t.fileKey(l, p, now)
	status.deliveryError = l.bucketTrouble(t, p.account, p.region)
	if status.deliveryError == "" {
		status.deliveryError = errorCode(l.putObject(t.bucket, key, logFile(records), t.fileHeader()))
	}
	if status.deliveryError != "" {
		return false
	}
	status.delivered = now
	if t.logGroup != "" {
		status.logged = now
	}
	l.notify(t, key, status, now)
	return true
}

// fileKey names a log file after its account, region and time of delivery.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
func (t *trail) fileKey(l *Lab, p place, now time.Time) string {
	return t.folder(p.account) + p.region + now.Format("/2006/01/02/") + p.account + "_CloudTrail_" + p.region +
		now.Format("_20060102T1504Z_") + l.token(16) + ".json.gz"
}

// fileHeader is what CloudTrail sends with a log file.
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

// logFile is a log file's content: all records in one JSON document, compressed.
func logFile(records []pendingRecord) []byte {
	var file bytes.Buffer
	z := gzip.NewWriter(&file) // writing to memory cannot fail
	_, _ = z.Write([]byte(`{"Records":[`))
	for i, r := range records {
		if i > 0 {
			_, _ = z.Write([]byte{','})
		}
		_, _ = io.WriteString(z, r.raw)
	}
	_, _ = z.Write([]byte(`]}`))
	_ = z.Close()
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
