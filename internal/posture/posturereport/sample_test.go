package posturereport_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/posture/posturereport"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// hostile is text that tries to get out of whatever it is put into: a formula, markup, a fence, a terminal escape, what XML
// cannot hold, a reversal, a mention, a link, a template, and bytes that are no text.
const hostile = "=cmd|'/C calc'!A0</title><script>alert(1)</script>\x1b[2J\u202e\"'&{{.}}\r\n::error::x ]]>\x00\ufffe\uffff```\n# @everyone [x](http://evil.example)|`y` www.evil.example\xff"

const account = "111122223333"

var at = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

const trailARN = "arn:aws:cloudtrail:eu-west-1:" + account + ":trail/main"

// checksOf are few, so that the golden files stay readable.
func checksOf() []posture.Check {
	return []posture.Check{
		{ID: "trail-logging", Group: posture.GroupTrail, Title: "Every trail is logging", Severity: severity.Critical, Rationale: "A trail that is stopped records nothing.",
			Remedy: "aws cloudtrail start-logging --name {arn}", References: []posture.Reference{{Framework: posture.CIS30, ID: "3.1"}, {Framework: posture.SecurityHub, ID: "CloudTrail.1"}, {Framework: posture.NIST80053, ID: "AU-2"}, {Framework: posture.NIST80053, ID: "AU-12"}}},
		{ID: "bucket-lock", Group: posture.GroupBucket, Title: "Log files cannot be deleted", Severity: severity.High, Rationale: "Whoever holds the bucket can delete what was recorded."},
		{ID: "trail-tags", Group: posture.GroupTrail, Title: "Trails have tags", Severity: severity.Low, Rationale: "People must find out whose a trail is."},
	}
}

func finding(id, check string, s severity.Severity, status posture.Status) posture.Finding {
	return posture.Finding{ID: check + "-" + id, Check: check, Severity: s, Status: status, Account: account, Region: "eu-west-1", Resource: trailARN, Detail: "the trail is as it should be"}
}

// sample is a report with everything in it, and hostile text wherever an account can put some.
func sample() (posture.Report, posturereport.Subject) {
	bad := finding("1", "trail-logging", severity.Critical, posture.Fail)
	bad.Resource, bad.Detail = trailARN+hostile, "the trail "+hostile+" is not logging"
	bad.Evidence = []posture.Evidence{{Name: "IsLogging", Value: "false"}, {Name: hostile, Value: hostile}, {Name: "empty"}}
	bad.Remedy = "aws cloudtrail start-logging --name '" + hostile + "'"
	unknown := finding("2", "trail-logging", severity.Critical, posture.Unknown)
	unknown.Region, unknown.Resource, unknown.Detail = hostile, "", "the list of trails could not be read: "+hostile
	muted := finding("3", "bucket-lock", severity.High, posture.Muted)
	muted.Resource, muted.Remedy = "arn:aws:s3:::audit-logs", "aws s3api put-object-lock-configuration --bucket audit-logs"
	muted.Mute = &posture.Mute{Reason: hostile, Until: at.AddDate(0, 1, 0), Place: "mute.yaml:7"}
	nothing := finding("4", "bucket-lock", severity.High, posture.NotApplicable)
	nothing.Resource, nothing.Detail = "", "there is nothing of this kind"
	good := finding("5", "trail-tags", severity.Low, posture.Pass)
	good.Evidence = []posture.Evidence{{Name: "tags", Value: "owner=security"}}
	r := posture.Report{
		Schema: posture.Schema, At: at, Checks: checksOf(), Findings: []posture.Finding{bad, unknown, muted, nothing, good, finding("6", "trail-logging", severity.Critical, posture.Pass)},
		Accounts: []posture.Summary{
			{ID: account, Caller: "arn:aws:sts::" + account + ":assumed-role/audit/" + hostile, Regions: []string{"eu-west-1", hostile}, Trails: []string{trailARN, trailARN + hostile}},
			{ID: "444455556666", Failure: hostile, Regions: []string{}, Trails: []string{}},
		},
		Coverage: coverageOf(), WhoCan: whoCanOf(), NotEvaluated: []string{hostile}, Unread: []string{"account " + account + ": " + hostile},
		Comparison: &posture.Comparison{With: at.AddDate(0, 0, -7), New: []string{bad.ID}, Fixed: []posture.Finding{bad}, Unchanged: []string{unknown.ID}, Before: 7.9},
	}
	r.Score = posture.ScoreOf(r.Checks, r.Findings)
	return r, posturereport.Subject{Tool: report.Tool{Name: "trailhold", Version: "v1", Address: "https://github.com/trailhold/trailhold"}, Incidents: incidentsOf()}
}

func coverageOf() posture.Coverage {
	by := posture.Recording{ARN: trailARN, Missing: hostile, To: []string{"s3://audit-logs/" + hostile}, Held: []posture.Holder{{Account: account, What: "trail"}, {What: "bucket"}}}
	c := posture.Coverage{Categories: posture.Categories()[:4], Never: []string{"What happens within an instance."}}
	for _, region := range []string{"eu-west-1", hostile} {
		c.Cells = append(c.Cells,
			posture.Cell{Account: account, Region: region, Category: "management write", State: posture.Whole, By: []posture.Recording{by, {ARN: trailARN + "2"}, {ARN: trailARN + "3"}, {ARN: trailARN + "4"}}},
			posture.Cell{Account: account, Region: region, Category: "management read", State: posture.Partly, Detail: hostile, By: []posture.Recording{by}},
			posture.Cell{Account: account, Region: region, Category: "S3 object write", State: posture.Uncertain, Detail: "the selectors could not be read: " + hostile})
	}
	c.Cells = append(c.Cells, posture.Cell{Account: account, Region: "eu-west-1", Category: "global services", State: posture.None})
	c.Blind = []posture.Blind{
		{Account: account, Regions: []string{"eu-west-1", hostile}, Category: "S3 object write", State: posture.Uncertain, Text: "whether S3 object write events are recorded is not known: " + hostile},
		{Account: account, Regions: []string{"eu-west-1"}, Category: "global services", State: posture.None, Text: "global services events are not recorded"},
	}
	return c
}

func whoCanOf() []posture.WhoCan {
	return []posture.WhoCan{{Account: account, Technique: "stop-logging", Title: "Stop logging", Severity: severity.Critical, Denied: []string{"scp " + hostile}, Grants: []posture.Grant{
		{Principal: "arn:aws:iam::" + account + ":role/" + hostile, Action: "cloudtrail:StopLogging", Resources: []string{trailARN}, Perhaps: []string{hostile}, Policy: hostile, Statement: hostile, Broad: true},
		{Principal: "arn:aws:iam::" + account + ":user/alice", Action: "cloudtrail:StopLogging", Resources: []string{trailARN, hostile}, Policy: "operators", Statement: "Trails", Maybe: "the condition on aws:SourceIp: " + hostile},
	}}}
}

func incidentsOf() []incident.Incident {
	made := incident.Incident{ID: "one", Stage: incident.Proved, TrailARN: trailARN, Techniques: []string{"stop-logging"}, Severity: severity.High,
		Actor: incident.Actor{ARN: "arn:aws:iam::" + account + ":user/" + hostile}, Attack: at.AddDate(0, 0, -9), Seen: at.AddDate(0, 0, -9).Add(4 * time.Second)}
	made.Restored, made.Proved = made.Attack.Add(5300*time.Millisecond), made.Attack.Add(6*time.Minute)
	failed := made
	failed.ID, failed.Stage, failed.TrailARN = "two", incident.Failed, "arn:"+hostile
	failed.Actor = incident.Actor{} // a sweep found it
	failed.Attack, failed.Restored, failed.Proved, failed.Seen = time.Time{}, time.Time{}, time.Time{}, at.AddDate(0, 0, -2)
	return []incident.Incident{made, failed}
}

// many is a report with very many findings and accounts, such as an organization has.
func many() posture.Report {
	r := posture.Report{Schema: posture.Schema, At: at, Checks: posture.Checks()}
	r.Coverage.Categories = posture.Categories()
	for n := range 500 {
		id := fmt.Sprintf("%012d", n)
		for _, c := range r.Checks[:1+min(len(r.Checks)-1, 10_000/(1+n*n))] { // all of them in the first dozen, one in each
			f := finding(id, c.ID, c.Severity, posture.Fail)
			f.Account, f.Remedy = id, strings.Repeat("aws cloudtrail start-logging ", 10)
			r.Findings = append(r.Findings, f)
		}
		r.Accounts = append(r.Accounts, posture.Summary{ID: id})
		r.Unread = append(r.Unread, "account "+id)
		for _, c := range r.Coverage.Categories {
			r.Coverage.Cells = append(r.Coverage.Cells, posture.Cell{Account: id, Region: "eu-west-1", Category: c.Name, State: posture.None})
		}
		r.Coverage.Blind = append(r.Coverage.Blind, posture.Blind{Account: id, Regions: []string{"eu-west-1"}, Category: "management read", State: posture.Partly, Text: strings.Repeat("x", 2000)})
	}
	r.WhoCan = slices.Repeat(whoCanOf(), 5000)
	r.Score = posture.ScoreOf(r.Checks, r.Findings)
	return r
}

func render(t *testing.T, form string, r posture.Report, s posturereport.Subject) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := posturereport.Write(form, &out, r, s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("it differs from %s (-update writes it anew):\n%s", path, got)
	}
}
