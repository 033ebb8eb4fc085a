package lab

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var stsService = service{
	protocol: awsQuery,
	operations: map[string]operation{
		"GetCallerIdentity": {run: (*call).getCallerIdentity, readOnly: true},
		"AssumeRole":        {run: (*call).assumeRole, readOnly: true}, // CloudTrail calls it read-only
	},
}

// Bounds on what callers can make the lab remember.
const (
	maxSessions = 10_000
	maxAccounts = 1_000
)

// session is what AssumeRole handed out: temporary credentials of a role.
type session struct {
	accessKey string
	account   string
	roleARN   string
	role      *iamRole // nil unless it was made through IAM
	name      string
	created   time.Time
	expires   time.Time
}

// sessions are all that live, oldest first as well as by access key.
type sessions struct {
	byKey map[string]*session
	order []*session
}

func (s *sessions) add(n *session) {
	if len(s.order) >= maxSessions {
		delete(s.byKey, s.order[0].accessKey)
		s.order = s.order[1:]
	}
	s.byKey[n.accessKey] = n
	s.order = append(s.order, n)
}

// roleName is the last part of the role's ARN: paths are not part of the session's ARN.
func (s *session) roleName() string { return s.roleARN[strings.LastIndexByte(s.roleARN, '/')+1:] }

func (s *session) arn() string {
	return "arn:aws:sts::" + s.account + ":assumed-role/" + s.roleName() + "/" + s.name
}

type callerIdentity struct {
	XMLName xml.Name `xml:"GetCallerIdentityResult"`
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}

func (c *call) getCallerIdentity() (any, error) {
	return callerIdentity{Arn: c.callerARN(), UserID: c.principalID(), Account: c.account.id}, nil
}

type assumeRoleResult struct {
	XMLName         xml.Name `xml:"AssumeRoleResult"`
	AccessKeyID     string   `xml:"Credentials>AccessKeyId"`
	SecretAccessKey string   `xml:"Credentials>SecretAccessKey"`
	SessionToken    string   `xml:"Credentials>SessionToken"`
	Expiration      string   `xml:"Credentials>Expiration"`
	AssumedRoleID   string   `xml:"AssumedRoleUser>AssumedRoleId"`
	Arn             string   `xml:"AssumedRoleUser>Arn"`
}

var (
	roleARN     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):role/[\x21-\x7e]{1,512}$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// assumeRole hands out credentials. In an account where nobody ever made a role through IAM, every role exists and trusts
// everybody; elsewhere the role has to exist, and its trust policy to let the caller in.
func (c *call) assumeRole() (any, error) {
	arn, name := c.form.Get("RoleArn"), c.form.Get("RoleSessionName")
	role := roleARN.FindStringSubmatch(arn)
	if role == nil || strings.HasSuffix(arn, "/") {
		return nil, errorf("ValidationError", "%.200s is invalid", arn)
	}
	if !sessionName.MatchString(name) {
		return nil, errorf("ValidationError", "Value '%.200s' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*", name)
	}
	duration, err := sessionDuration(c.form.Get("DurationSeconds"))
	if err != nil {
		return nil, err
	}
	l := c.lab
	if l.accounts[role[1]] == nil && len(l.accounts) >= maxAccounts {
		return nil, &apiError{Status: http.StatusForbidden, Code: "AccessDenied", Message: "the lab keeps no more accounts than it has"}
	}
	made, err := c.assumable(role[1], arn)
	if err != nil {
		return nil, err
	}
	s := &session{
		accessKey: "ASIA" + l.token(16), account: role[1], roleARN: arn, role: made, name: name,
		created: c.now, expires: c.now.Add(duration),
	}
	l.sessions.add(s)
	return assumeRoleResult{
		AccessKeyID:     s.accessKey,
		SecretAccessKey: l.token(40),
		SessionToken:    l.token(100),
		Expiration:      s.expires.Format(time.RFC3339),
		AssumedRoleID:   roleID(arn) + ":" + name,
		Arn:             s.arn(),
	}, nil
}

// serviceSession hands a service the credentials of a role that it works with: nobody asks the role's trust policy. The lab is
// locked.
func (l *Lab) serviceSession(arn, name string) *session {
	now := time.Now().UTC()
	account := roleARN.FindStringSubmatch(arn)[1]
	s := &session{
		accessKey: "ASIA" + l.token(16), account: account, roleARN: arn, role: l.account(account).iam.roleByARN(arn), name: name,
		created: now, expires: now.Add(time.Hour),
	}
	l.sessions.add(s)
	return s
}

// assumable finds the role that the caller wants to assume; nil where roles are not kept.
func (c *call) assumable(account, arn string) (*iamRole, error) {
	iam := &c.lab.account(account).iam
	if !iam.used {
		return nil, nil
	}
	role := iam.roleByARN(arn)
	a := c.access("sts:AssumeRole", "")
	a.context["sts:externalid"] = c.form.Get("ExternalId")
	if role == nil || ask(role.trust, a) != policyAllows {
		return nil, &apiError{Status: http.StatusForbidden, Code: "AccessDenied", Message: "User: " + c.callerARN() + " is not authorized to perform: sts:AssumeRole on resource: " + arn}
	}
	return role, nil
}

// sessionDuration reads DurationSeconds: 900 to 43200, an hour if absent.
func sessionDuration(text string) (time.Duration, error) {
	if text == "" {
		return time.Hour, nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 900 || seconds > 43200 {
		return 0, errorf("ValidationError", "Value '%.20s' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200", text)
	}
	return time.Duration(seconds) * time.Second, nil
}
