package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/whocan"
)

// guardrails are the policies that harden prints, as JSON.
type guardrails struct {
	SCPs []json.RawMessage `json:"serviceControlPolicies,omitempty"`
	RCPs []json.RawMessage `json:"resourceControlPolicies,omitempty"`
	Open []string          `json:"leftOpen"` // techniques that they do not deny
}

// printGuardrails prints the policies that deny tampering with what the account's trails rest on. The guard's own roles, of
// which its baseline tells, are excepted as well: it has to restore.
func (a *app) printGuardrails(ctx context.Context, f hardenFlags) error {
	inv, err := a.inventory(ctx, auditFlags{baseline: f.baseline}, auditJournal{}, time.Now())
	if err != nil {
		return err
	}
	account := inv.Accounts[0]
	except := f.breakGlass
	var guard []trail.Resource
	if account.Baseline != nil {
		guard = account.Baseline.Guard
		for _, r := range guard {
			if r.Type == trail.Role {
				except = append(except, r.ARN)
			}
		}
	}
	g, err := whocan.Guard(whocan.Targets(ownTrails(account), guard...), except...)
	if err != nil {
		return err
	}
	found := guardrails{Open: present(g.Open)}
	if f.scp {
		found.SCPs = raw(g.SCPs)
	}
	if f.rcp {
		found.RCPs = raw(g.RCPs)
	}
	if a.json() {
		return a.printJSON(found)
	}
	return a.printGuardrailText(found)
}

func raw(documents []string) []json.RawMessage {
	var list []json.RawMessage
	for _, d := range documents {
		list = append(list, json.RawMessage(d))
	}
	return list
}

// printGuardrailText prints each document on a line of its own, as it counts against the limit of characters. What is to be known
// about them goes to stderr, so that stdout can be given to another command.
func (a *app) printGuardrailText(g guardrails) error {
	var out strings.Builder
	for _, d := range append(g.SCPs, g.RCPs...) {
		out.WriteString(escapeHidden(string(d)) + "\n")
	}
	note := func(format string, args ...any) { _, _ = fmt.Fprintf(a.progress(), "note: "+format+"\n", args...) }
	note("%s and %s, one on each line; attach all of them", plural(len(g.SCPs), "service control policy document"), plural(len(g.RCPs), "resource control policy document"))
	note("they do not bind the management account, and the roles that they except must exist before")
	if len(g.Open) > 0 {
		note("left open, because denying it would stop others' work: %s", strings.Join(g.Open, ", "))
	}
	return a.print(out.String())
}

// ownTrails are the account's own trails, with what they rest on as far as it was read.
func ownTrails(account posture.Account) []trail.Guarded {
	var list []trail.Guarded
	for _, t := range account.Trails {
		c, known := t.Config.Get()
		arn, err := trail.ParseARN(t.ARN)
		if !known || err != nil || arn.Account != account.ID {
			continue
		}
		g := trail.Guarded{Config: c}
		for _, name := range []string{"arn:" + account.Partition + ":s3:::" + c.S3BucketName, c.KMSKeyID, c.SnsTopicARN, strings.TrimSuffix(c.CloudWatchLogsLogGroupARN, ":*"), c.CloudWatchLogsRoleARN} {
			r, read := account.Resources[name]
			if !read {
				continue
			}
			one := trail.Resource{Type: r.Type, ARN: r.ARN, Region: r.Region, Account: r.Account, Settings: map[trail.Setting]trail.Document{}}
			for s, f := range r.State {
				if d, known := f.Get(); known {
					one.Settings[s] = d
				}
			}
			g.Dependents = append(g.Dependents, one)
		}
		list = append(list, g)
	}
	return list
}
