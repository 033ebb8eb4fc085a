package harden

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
)

// foreseen is an audit whose changes are played through.
func foreseen(inv posture.Inventory, o Options) posture.Report {
	return posture.Audit(inv, posture.Options{Command: Commands(inv, o), Foresee: Foresee(inv, o)})
}

func checksOf(changes []posture.Change) (checks []string) {
	for _, c := range changes {
		checks = append(checks, c.Check)
	}
	return checks
}

// TestForesee: enabling the key lets no log file be encrypted while its policy shuts CloudTrail out, though a finding of either asks
// for the same commands; and an alarm's command makes the trail one for all regions, though no other finding asks for that alone.
func TestForesee(t *testing.T) {
	inv := started(t)
	before, err := json.Marshal(inv)
	if err != nil {
		t.Fatal(err)
	}
	shown := posture.Audit(inv, posture.Options{Command: Commands(inv, Options{})}).Score
	real := foreseen(inv, Options{}).Score
	if got, want := checksOf(shown.Changes), []string{"ct-kms", "ct-bucket-private", "ct-security-trail"}; !slices.Equal(got, want) {
		t.Errorf("the commands alone name %v, not %v: the account no longer shows the difference", got, want)
	}
	if got, want := checksOf(real.Changes), []string{"ct-bucket-private", "ct-kms-state", "mf-cloudtrail-config"}; !slices.Equal(got, want) {
		t.Errorf("the changes are %v, not %v", got, want)
	}
	if after, err := json.Marshal(inv); err != nil || string(after) != string(before) {
		t.Error("the inventory that was read has changed")
	}
}

// TestForeseeObjectLock: a lock in compliance mode does what MFA delete is for, and takes versioning, whatever their own commands.
func TestForeseeObjectLock(t *testing.T) {
	inv := started(t)
	findings := failures(posture.Audit(inv, posture.Options{Command: Commands(inv, Options{})}), "ct-bucket-object-lock")
	after, known := Foresee(inv, Options{})(inv, findings)
	if len(known) != len(findings) {
		t.Fatalf("%d of %d are known", len(known), len(findings))
	}
	for _, f := range posture.Audit(after, posture.Options{Checks: []string{"ct-bucket-object-lock", "ct-bucket-mfa-delete", "ct-bucket-versioning"}}).Findings {
		if f.Status != posture.Pass {
			t.Errorf("%s: %s: %s", f.Check, f.Status, f.Detail)
		}
	}
}

func failures(r posture.Report, check string) (list []posture.Finding) {
	for _, f := range r.Findings {
		if f.Check == check && f.Status == posture.Fail {
			list = append(list, f)
		}
	}
	return list
}

// TestForeseeKeepsItsWord: whoever does what a change says finds the score that it promises, with whatever came into being by it.
func TestForeseeKeepsItsWord(t *testing.T) {
	bare := started(t)
	bare.Accounts[0].Trails = nil
	for name, inv := range map[string]posture.Inventory{"weak": started(t), "without a trail": bare} {
		r := foreseen(inv, Options{})
		play, now := Foresee(inv, Options{}), inv
		for n, c := range r.Score.Changes {
			var known []string
			asked := failures(r, c.Check)
			if now, known = play(now, asked); len(known) != len(asked) && n > 0 {
				break // such as GuardDuty, which no plan turns on
			} else if len(known) != len(asked) {
				t.Fatalf("%s: %s is not played", name, c.Check)
			}
			after := posture.Audit(now, posture.Options{})
			if after.Score.Value != c.Score {
				t.Errorf("%s: after %s the score is %v, not %v", name, c.Check, after.Score.Value, c.Score)
			}
			for _, f := range after.Findings {
				if slices.Contains(c.Findings, f.ID) && f.Status == posture.Fail {
					t.Errorf("%s: %s still fails after %s", name, f.ID, c.Check)
				}
			}
		}
		if len(r.Score.Changes) == 0 || r.Score.Changes[0].Score < r.Score.Value {
			t.Errorf("%s: %+v", name, r.Score.Changes)
		}
	}
}

// TestForeseeOtherAccounts: what one account's command changes of another's resource, that account sees too.
func TestForeseeOtherAccounts(t *testing.T) {
	inv := started(t)
	other := inv.Accounts[0]
	other.ID, other.Trails = "222222222222", nil
	other.Resources = map[string]posture.Resource{logsARN: inv.Accounts[0].Resources[logsARN]}
	inv.Accounts = append(inv.Accounts, other)
	findings := failures(posture.Audit(inv, posture.Options{Command: Commands(inv, Options{})}), "ct-bucket-versioning")
	after, _ := Foresee(inv, Options{})(inv, findings)
	for _, a := range after.Accounts {
		if document, _ := a.Resources[logsARN].Setting(trail.Setting("versioning")).Get(); document.Text("Status") != "Enabled" {
			t.Errorf("account %s sees %s", a.ID, document)
		}
	}
}
