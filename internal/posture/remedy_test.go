package posture

import (
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/shell/shelltest"
	"github.com/trailhold/trailhold/internal/trail"
)

// TestHostileNames: whatever an intruder calls things, remedies call nothing but what they are for.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{"'; aws iam create-user; '", "{name}x", "{arn} {name}", "$(aws iam create-user)", "`aws iam create-user`", "a\naws iam create-user", "<x", ">x", "{rule}'"} {
		arn := "arn:aws:cloudwatch:us-east-1:" + own + ":alarm:" + name
		inv := healthy()
		a := &inv.Accounts[0]
		alarm := a.Resources[alarmARNs()[0]]
		alarm.ARN = arn
		a.Resources[arn] = alarm
		region := a.Regions["us-east-1"]
		region.Alarms = trail.Known([]string{arn})
		region.Recorder = trail.Known(ConfigRecorder{Name: name})
		region.Detector = trail.Known(Detector{ID: name})
		a.Regions["us-east-1"] = region
		a.set(arn, "muteRules", doc(`{%q:{}}`, name))
		a.config(func(c *trail.Config) { c.S3BucketName, c.Name = name, name })
		r := Audit(inv, Options{RequiredTags: []string{name}})
		remedies := 0
		for _, f := range r.Findings {
			if f.Remedy == "" {
				continue
			}
			remedies++
			for _, call := range shelltest.Check(t, f.Remedy) {
				if slices.Contains(call[:min(len(call), 4)], "create-user") {
					t.Errorf("%q calls %q", f.Remedy, call)
				}
			}
		}
		if remedies < 5 {
			t.Errorf("%q makes %d remedies", name, remedies)
		}
	}
}
