package privilege_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/madeof"
	"github.com/trailhold/trailhold/internal/privilege"
	"github.com/trailhold/trailhold/internal/trail"
)

// documented is where people read the table.
var documented = filepath.Join("..", "..", "docs", "permissions.md")

func TestDocumentOfPermissionsIsUpToDate(t *testing.T) { madeof.Document(t, documented, document()) }

const introduction = "# Permissions\n" + `
Every permission that Trailhold needs, and why. ` + "`trailhold iam-policy --baseline F`" + ` writes the IAM policies for a baseline, with exactly those
of them that it calls for; with ` + "`--read-only`" + ` only those that look. This page is made of the code; tests fail when the two differ,
when the code makes a call that has no row here, when a row has no call, when a guard with exactly these permissions does not survive the
drill, and when the drill never makes the guard use one of them.

- **Read** is for a role that audits, compares and tells. **Restore** is for a role that writes back, which needs what is said of Read too.
- *Settings* are those of [the baseline file](baseline.md). A permission is needed only if one of them is guarded; for a write, only if it may also
  be restored (` + "`restore`, `alertOnly`" + `). *Not empty* and *empty* say for which content of the baseline a write is needed.
- An audit (` + "`--audit`" + `) makes the reads of trails, buckets, keys, topics, roles, log groups, alarms, rules, event data stores, functions, queues and tables
  too, and asks who can, on all of these that the account has: what a trail leads to, nobody knows before. ` + "`--harden`" + ` adds the writes that hardening
  makes, on the same, but for roles: it makes and changes ` + "`role/trailhold-cloudtrail-logs`" + ` only. Neither needs a baseline.
- Resources are exact ARNs. Where they cannot be, the reason is in the same column, from the
  [Service Authorization Reference](https://docs.aws.amazon.com/service-authorization/latest/reference/).
- A call of an SDK and the action that IAM checks for it have different names in places; some calls need several actions.
- No action has a wildcard. Stopping a trail is not among them, and deleting one only where the baseline lets impostors be deleted.
- A managed policy may have 6,144 characters, so that a large baseline needs several; attach all of them, up to 10 to a role. As inline policies they may
  have 10,240 characters together.
- Not here: what a function needs to write its own log, and who may assume the role.

A role that restores is powerful: what it may put back, a thief could put in place, another bucket or narrower event selectors among it. Keep who may assume it, and who may change the function that
has it, as few as possible; leave to people, by ` + "`alertOnly`" + `, what is marked as giving more rights. IAM answers only for the account's own policies: a
service control policy, a permissions boundary, a bucket policy or a key policy can still keep the guard out.
`

// titles are the kinds as headings, in their order.
var titles = []struct{ of, title string }{
	{"account", "The account"}, {"trail", "Trails"}, {"impostors", "Trails in the place of a guarded one"},
	{string(trail.Bucket), "Buckets"}, {string(trail.Key), "Keys"}, {string(trail.Topic), "Topics"}, {string(trail.Role), "Roles"},
	{string(trail.LogGroup), "Log groups"}, {string(trail.Alarm), "Alarms"}, {string(trail.Rule), "Rules"}, {string(trail.EventBus), "Event buses"},
	{string(trail.Function), "The function"}, {string(trail.Schedule), "Schedules"}, {string(trail.Queue), "Queues"}, {string(trail.Table), "Tables"},
	{string(trail.Organization), "The organization"}, {string(trail.EventDataStore), "Event data stores"}, {string(trail.Channel), "Channels"},
	{"alerts", "Alerts (`--topic-arn`)"}, {"event buses", "Event buses to tell (`--bus-arn`)"}, {"findings", "Security Hub (`--findings`)"},
	{"ssm secrets", "Parameters of the alerts file (`--secret-arn`)"}, {"secretsmanager secrets", "Secrets of the alerts file (`--secret-arn`)"},
	{"journal", "The journal (`--table-arn`)"}, {"queue of events", "The queue of events (`--queue-arn`)"},
	{"baseline", "A baseline on S3"}, {"evidence", "Evidence (`--evidence`)"}, {"verification", "Verification (`--verify`)"}, {"who can", "Asking who can (`--who-can`)"}, {"capture", "Capturing a baseline (`--capture`)"},
	{"audit", "Auditing (`--audit`)"}, {"hardening", "Hardening (`--harden`)"},
}

func TestEveryRowHasAHeading(t *testing.T) {
	for _, row := range privilege.Table() {
		if !slices.ContainsFunc(titles, func(h struct{ of, title string }) bool { return h.of == row.Of }) {
			t.Errorf("%s is of %q, which has no heading in the document", row.Operation, row.Of)
		}
	}
}

// document is the table as people read it.
func document() string {
	var page strings.Builder
	page.WriteString(introduction)
	for _, heading := range titles {
		fmt.Fprintf(&page, "\n## %s\n\n| call | settings | role | why | actions and their resources |\n|---|---|---|---|---|\n", heading.title)
		for _, row := range privilege.Table() {
			if row.Of == heading.of {
				page.WriteString(line(row))
			}
		}
	}
	return page.String()
}

func line(row privilege.Row) string {
	settings := strings.Join(row.Settings, ", ")
	switch row.Wants {
	case privilege.Something:
		settings += ", not empty"
	case privilege.Nothing:
		settings += ", empty"
	}
	if settings == "" {
		settings = "any"
	}
	var grants []string
	for _, g := range row.Grants {
		grants = append(grants, grantText(g))
	}
	if grants == nil {
		grants = []string{"none"}
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", row.Operation, settings, row.Role, row.Why, strings.Join(grants, "<br>"))
}

// grantText is an action with its resources, reasons, condition and notice.
func grantText(g privilege.Grant) string {
	text := fmt.Sprintf("`%s` on %s", g.Action, g.On.Shape)
	if g.On.Why != "" {
		text += " (" + g.On.Why + ")"
	}
	if g.Only.Words != "" {
		text += ", if " + g.Only.Words
	}
	if g.Notice != "" {
		text += ": " + g.Notice
	}
	return text
}
