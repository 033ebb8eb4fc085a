package lab

import (
	"encoding/xml"
	"net/http"
	"strings"
	"time"
)

// The headers that tell an object version's lock.
const (
	lockMode  = "X-Amz-Object-Lock-Mode"
	lockUntil = "X-Amz-Object-Lock-Retain-Until-Date"
	lockHold  = "X-Amz-Object-Lock-Legal-Hold"
)

// lock gives a new version the bucket's default retention, unless it came with its own.
func (b *bucket) lock(o *object) {
	var in struct {
		Retention struct {
			Mode        string
			Days, Years int
		} `xml:"Rule>DefaultRetention"`
	}
	if o.marker || o.header.Get(lockMode) != "" || xml.Unmarshal(b.config["object-lock"], &in) != nil || in.Retention.Mode == "" {
		return
	}
	o.header.Set(lockMode, in.Retention.Mode)
	o.header.Set(lockUntil, o.modified.AddDate(in.Retention.Years, 0, in.Retention.Days).Format(time.RFC3339))
}

// checkLock checks the lock that a new object comes with.
func (b *bucket) checkLock(header http.Header) error {
	mode, until, hold := header.Get(lockMode), header.Get(lockUntil), header.Get(lockHold)
	if mode+until+hold == "" {
		return nil
	}
	if b.config["object-lock"] == nil {
		return errorf("InvalidRequest", "Bucket is missing Object Lock Configuration")
	}
	_, err := time.Parse(time.RFC3339, until)
	if (mode != "" || until != "") && (err != nil || mode != "GOVERNANCE" && mode != "COMPLIANCE") {
		return errorf("InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
	}
	return nil
}

// mayRemove refuses to delete a version for good while it is locked. A delete marker may always be put in front of it.
func (c *call) mayRemove(b *bucket, o *object) error {
	until, err := time.Parse(time.RFC3339, o.header.Get(lockUntil))
	retained := err == nil && c.now.Before(until)
	if o.header.Get(lockMode) == "GOVERNANCE" && strings.EqualFold(c.request.Header.Get("X-Amz-Bypass-Governance-Retention"), "true") {
		retained = retained && c.mayIn(b, "s3:BypassGovernanceRetention", o.key, "") != nil
	}
	if retained || o.header.Get(lockHold) == "ON" {
		return &apiError{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied because object protected by object lock."}
	}
	return nil
}
