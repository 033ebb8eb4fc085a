package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// statement is a statement of a policy, and where it is.
type statement struct {
	place  string // template, logical id and Sid
	owner  string // logical id of the role, for policies that say what a role may do
	fields object
}

// statements lists all statements of all policies. Those within Fn::If are there too.
func (tm template) statements() []statement {
	var found []statement
	for _, id := range slices.Sorted(maps.Keys(tm.resources)) {
		properties := at(tm.resources[id], "Properties")
		for _, role := range many(at(properties, "Roles")) {
			found = append(found, statementsIn(tm.file+" "+id, idOf(role), at(properties, "PolicyDocument"))...)
		}
		if at(properties, "Roles") == nil {
			found = append(found, statementsIn(tm.file+" "+id, "", at(properties, "PolicyDocument"))...)
		}
		for _, p := range many(at(properties, "Policies")) {
			found = append(found, statementsIn(tm.file+" "+id, id, at(p, "PolicyDocument"))...)
		}
		for _, trust := range []string{"AssumeRolePolicyDocument", "KeyPolicy"} {
			found = append(found, statementsIn(tm.file+" "+id, "", at(properties, trust))...)
		}
		if s, ok := at(properties, "Statement").(object); ok {
			found = append(found, statement{tm.file + " " + id, "", s})
		}
	}
	return found
}

func statementsIn(place, owner string, document any) []statement {
	var found []statement
	for _, s := range many(at(document, "Statement")) {
		branches := []any{s}
		if conditional := many(at(s, "Fn::If")); conditional != nil {
			branches = conditional[1:]
		}
		for _, b := range branches {
			if fields, ok := b.(object); ok && fields["Effect"] != nil {
				sid, _ := fields["Sid"].(string)
				found = append(found, statement{strings.TrimSpace(place + " " + sid), owner, fields})
			}
		}
	}
	return found
}

// allowed lists the actions that a role's policies allow on a resource.
func (tm template) allowed(role, resource string) []string {
	var actions []string
	for _, s := range tm.statements() {
		if s.owner != role || s.fields["Effect"] != "Allow" {
			continue
		}
		if slices.ContainsFunc(many(s.fields["Resource"]), func(r any) bool { return like(tm.text(r), resource) }) {
			for _, a := range many(s.fields["Action"]) {
				actions = append(actions, a.(string))
			}
		}
	}
	return actions
}

// wildcards are the statements that may have one in their actions or resources, and why.
var wildcards = map[string]string{
	"trailhold.yaml AlertKey TheAccountsPoliciesSayWhoMay":   "a key's policy must leave the account itself in charge, or nobody could ever change it",
	"trailhold.yaml AlertKey AlarmsPublish":                  "in a key's policy, * is the key",
	"trailhold.yaml ReadPolicy WhatHasNoArn":                 "these calls of CloudTrail and S3 know no resources",
	"trailhold.yaml ReadPolicy MuteRules":                    "which rules mute an alarm is not known before",
	"trailhold.yaml RestorePolicy MuteRules":                 "as above",
	"trailhold.yaml ReadPolicy OrganizationsPolicies":        "which policies are attached, and who administers, is not known before",
	"trailhold.yaml RestorePolicy Organization":              "this call of Organizations knows no resources",
	"trailhold.yaml RestoreGuardPolicy BusPolicy":            "these calls of EventBridge know no resources",
	"trailhold.yaml ReadGuardPolicy Subscriptions":           "this call of SNS knows no resources",
	"trailhold.yaml ReadPolicy ListLogGroups":                "this call of CloudWatch Logs lists",
	"trailhold.yaml ReadPolicy Organization":                 "these calls of Organizations know no resources",
	"trailhold.yaml ReadGuardPolicy Rules":                   "the guard's own rules, by their common prefix, those of forwarders in other regions too",
	"trailhold.yaml ReadGuardPolicy Roles":                   "a forwarder's role for each region",
	"trailhold.yaml FunctionRole LogFiles":                   "all files in the trails' buckets",
	"trailhold.yaml RestorePolicy LogFiles":                  "all files in the trails' buckets",
	"trailhold.yaml RestoreGuardPolicy Subscriptions":        "this call of SNS knows no resources",
	"trailhold.yaml RestoreGuardPolicy Rules":                "the guard's own rules, as above",
	"trailhold.yaml ReadGuardPolicy Queues":                  "the guard's own queues, by their common prefix, those of forwarders too",
	"trailhold.yaml RestoreGuardPolicy Queues":               "the guard's own queues, as above",
	"trailhold.yaml ReadGuardPolicy Alarms":                  "the guard's own alarms, by their common prefix, those of forwarders too",
	"trailhold.yaml RestoreGuardPolicy Alarms":               "the guard's own alarms, as above",
	"trailhold.yaml RestoreGuardPolicy GiveRoleToForwarders": "a forwarder's role for each region",
	"organization.yaml MembersPolicy List":                   "the baselines of members, each under a name that its content makes",
	"organization.yaml MembersPolicy RestorationRoles":       "a role of this name in each account, which has to trust the function",
	"member-role.yaml ReadPolicy WhatHasNoArn":               "these calls of CloudTrail and S3 know no resources",
	"member-role.yaml RestorePolicy LogFiles":                "all files in the trail's buckets",
}

func TestNoWildcards(t *testing.T) {
	used := map[string]bool{}
	forEach(t, func(t *testing.T, tm template) {
		for _, s := range tm.statements() {
			if s.fields["Effect"] != "Allow" || !tm.wild(s) {
				continue
			}
			if used[s.place] = true; wildcards[s.place] == "" {
				t.Errorf("%s has a wildcard: %v on %v", s.place, s.fields["Action"], s.fields["Resource"])
			}
		}
	})
	for place := range wildcards {
		if !used[place] {
			t.Errorf("%s has no wildcard any more", place)
		}
	}
}

// wild says whether a statement's actions or resources have a wildcard.
func (tm template) wild(s statement) bool {
	for _, value := range append(many(s.fields["Action"]), many(s.fields["Resource"])...) {
		if strings.Contains(tm.text(value), "*") {
			return true
		}
	}
	return s.fields["NotAction"] != nil || s.fields["NotResource"] != nil
}

// unconditional are the statements that trust somebody without a condition, and why.
var unconditional = map[string]string{
	"trailhold.yaml AlertKey TheAccountsPoliciesSayWhoMay": "it is the account itself",
	"trailhold.yaml FunctionRole":                          "no condition is documented to hold for Lambda",
}

// TestNobodyElseIsTrusted: where a policy speaks of a service, of another account or of everybody, a condition says for whom.
func TestNobodyElseIsTrusted(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		for _, s := range tm.statements() {
			principal := s.fields["Principal"]
			if principal == nil || s.fields["Effect"] != "Allow" || unconditional[s.place] != "" {
				continue
			}
			conditions := fmt.Sprint(s.fields["Condition"])
			if !slices.ContainsFunc([]string{"aws:SourceAccount", "aws:PrincipalArn"}, func(key string) bool { return strings.Contains(conditions, key) }) {
				t.Errorf("%s: %v is trusted without a condition", s.place, principal)
			}
		}
	})
}

// TestPoliciesFit resolves the policies with names as long as may be, and two trails with all that they rest on. IAM does not count
// white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestPoliciesFit(t *testing.T) {
	const maxManaged, maxInline = 6144, 10240
	forEach(t, func(t *testing.T, tm template) {
		inline := map[string]int{}
		for id, p := range tm.of("AWS::IAM::ManagedPolicy") {
			if size := tm.size(t, p["PolicyDocument"]); size > maxManaged {
				t.Errorf("%s has %d characters", id, size)
			}
		}
		for _, p := range tm.of("AWS::IAM::Policy") {
			for _, role := range many(p["Roles"]) {
				inline[idOf(role)] += tm.size(t, p["PolicyDocument"])
			}
		}
		for id, role := range tm.of("AWS::IAM::Role") {
			for _, p := range many(role["Policies"]) {
				inline[id] += tm.size(t, at(p, "PolicyDocument"))
			}
			if inline[id] > maxInline {
				t.Errorf("the policies in %s have %d characters", id, inline[id])
			}
		}
	})
}

// size is how many characters a document has when it is resolved, with everything in it that conditions may bring.
func (tm template) size(t *testing.T, document any) int {
	text, err := json.Marshal(tm.resolved(document))
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}

// resolved is a value with long names in place of what is not known yet.
func (tm template) resolved(value any) any {
	switch v := value.(type) {
	case []any:
		var list []any
		for _, item := range v {
			if item = tm.resolved(item); item != nil {
				list = append(list, item)
			}
		}
		return list
	case object:
		return tm.resolvedObject(v)
	}
	return value
}

func (tm template) resolvedObject(v object) any {
	if branches, ok := v["Fn::If"].([]any); ok {
		return tm.resolved(branches[1])
	}
	name, _ := v["Ref"].(string)
	switch parameter, _ := tm.parameters[name].(object); {
	case v["Fn::Split"] != nil || parameter["Type"] == "CommaDelimitedList":
		return []string{longARN, longARN}
	case v["Ref"] != nil || v["Fn::Sub"] != nil || v["Fn::GetAtt"] != nil:
		return long(tm.text(v))
	}
	resolved := object{}
	for key, member := range v {
		resolved[key] = tm.resolved(member)
	}
	return resolved
}

// longARN is about as long as ARNs of trails, buckets and keys get.
const longARN = "arn:aws:cloudtrail:ap-southeast-2:111122223333:trail/organization-management-events"

func long(text string) string {
	text = strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::Region}", "ap-southeast-2", "${AWS::AccountId}", "111122223333",
		"${AWS::StackName}", strings.Repeat("s", 24), "${OrganizationId}", "o-abcdefghij").Replace(text)
	return placeholder.ReplaceAllString(text, longARN)
}

// TestFunctionCannotRaiseItself: no policy of the function may change the function's own role, code or baseline.
func TestFunctionCannotRaiseItself(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	never := []string{"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:AddPermission", "s3:PutObject", "sts:AssumeRole"}
	for _, s := range tm.statements() {
		if s.owner != "FunctionRole" {
			continue
		}
		for _, a := range many(s.fields["Action"]) {
			service, name, _ := strings.Cut(a.(string), ":")
			writesIAM := service == "iam" && !strings.HasPrefix(name, "Get") && !strings.HasPrefix(name, "List")
			onOwn := strings.Contains(fmt.Sprint(s.fields["Resource"]), "FunctionRole")
			if slices.Contains(never, a.(string)) || writesIAM && onOwn {
				t.Errorf("%s allows %s", s.place, a)
			}
		}
	}
}

// TestRolesArePassedToOneServiceOnly: iam:PassRole without that would lend the role to anything.
func TestRolesArePassedToOneServiceOnly(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		for _, s := range tm.statements() {
			if slices.Contains(many(s.fields["Action"]), any("iam:PassRole")) && at(s.fields, "Condition", "StringEquals", "iam:PassedToService") == nil {
				t.Errorf("%s passes a role to any service", s.place)
			}
		}
	})
}

// TestRestoringCanBeLeftOut: without its condition met, what may change anything is not there, and what is left only reads.
func TestRestoringCanBeLeftOut(t *testing.T) {
	for _, file := range []string{"trailhold.yaml", "member-role.yaml"} {
		tm := read(t, file)
		for id, r := range tm.resources {
			if strings.HasPrefix(id, "Restore") && at(r, "Condition") != "Restores" {
				t.Errorf("%s: %s does not depend on Restore", file, id)
			}
		}
		for _, s := range tm.statements() {
			if !strings.HasPrefix(s.place, file+" Read") {
				continue
			}
			for _, a := range many(s.fields["Action"]) {
				_, name, _ := strings.Cut(a.(string), ":")
				if !slices.ContainsFunc([]string{"Get", "List", "Describe", "Lookup"}, func(verb string) bool { return strings.HasPrefix(name, verb) }) {
					t.Errorf("%s allows %s, which may change something", s.place, a)
				}
			}
		}
	}
}

// TestSchedulesAreGuarded: the function may look at every schedule that starts it, and put it back.
func TestSchedulesAreGuarded(t *testing.T) {
	tm := read(t, "trailhold.yaml")
	may := map[string]bool{}
	for _, s := range tm.statements() {
		for _, action := range many(s.fields["Action"]) {
			for _, resource := range many(s.fields["Resource"]) {
				if branches := many(at(resource, "Fn::If")); branches != nil {
					resource = branches[1]
				}
				if s.owner == "FunctionRole" {
					may[fmt.Sprint(action, " ", tm.text(resource))] = true
				}
			}
		}
	}
	for id, schedule := range tm.of("AWS::Scheduler::Schedule") {
		arn := "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/" + tm.text(schedule["Name"])
		if !may["scheduler:GetSchedule "+arn] || !may["scheduler:UpdateSchedule ${"+id+".Arn}"] {
			t.Errorf("the function may not read %s, or not put it back", arn)
		}
	}
}

// TestOnlyEncryptedTransport: buckets, topics and queues refuse whoever does not come by TLS.
func TestOnlyEncryptedTransport(t *testing.T) {
	forEach(t, func(t *testing.T, tm template) {
		refuses := map[string]bool{}
		for _, s := range tm.statements() {
			if s.fields["Effect"] != "Deny" || s.fields["Principal"] != "*" || at(s.fields, "Condition", "Bool", "aws:SecureTransport") != "false" {
				continue
			}
			for _, resource := range many(s.fields["Resource"]) {
				refuses[tm.text(resource)] = true
			}
		}
		for _, kind := range []string{"AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue"} {
			for id := range tm.of(kind) {
				if !refuses["${"+id+"}"] && !refuses["${"+id+".Arn}"] {
					t.Errorf("%s, a %s, lets in who does not come by TLS", id, kind)
				}
			}
		}
	})
}
