package lab

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limits of roles and policies, from IAM's quotas.
const (
	maxRoles           = 1000
	maxPolicies        = 1500
	maxPolicyVersions  = 5
	maxAttached        = 10
	maxInlinePolicies  = 10_240 // characters of all of a role's inline policies
	maxManagedPolicy   = 6_144
	maxTrustPolicy     = 4_096 // that a quota increase allows; 2,048 by default
	maxIAMTags         = 50
	iamPage            = 100
	awsManagedPolicies = "arn:aws:iam::aws:policy/"
)

// iamState is the users, groups, roles and managed policies of one account.
type iamState struct {
	used     bool                      // somebody made a role: from then on roles have to exist to be assumed
	roles    map[string]*iamRole       // by name
	policies map[string]*managedPolicy // by ARN
	holding  map[string]map[string]*iamHolder
}

// iamService is AWS IAM as far as roles go, with so much of users and groups that somebody can ask who may do what. There are
// no access keys, and no instance profiles.
var iamService = service{protocol: awsQuery, operations: map[string]operation{
	"CreateRole":                    {run: createRole},
	"GetRole":                       {run: getRole, readOnly: true},
	"ListRoles":                     {run: listRoles, readOnly: true},
	"UpdateRole":                    {run: updateRole},
	"UpdateAssumeRolePolicy":        {run: updateAssumeRolePolicy},
	"DeleteRole":                    {run: deleteRole},
	"TagRole":                       {run: tagRole},
	"UntagRole":                     {run: untagRole},
	"ListRoleTags":                  {run: listRoleTags, readOnly: true},
	"PutRolePolicy":                 {run: putRolePolicy},
	"GetRolePolicy":                 {run: getRolePolicy, readOnly: true},
	"ListRolePolicies":              {run: listRolePolicies, readOnly: true},
	"DeleteRolePolicy":              {run: deleteRolePolicy},
	"AttachRolePolicy":              {run: attachRolePolicy},
	"DetachRolePolicy":              {run: detachRolePolicy},
	"ListAttachedRolePolicies":      {run: listAttachedRolePolicies, readOnly: true},
	"PutRolePermissionsBoundary":    {run: putRolePermissionsBoundary},
	"DeleteRolePermissionsBoundary": {run: deleteRolePermissionsBoundary},
	"CreatePolicy":                  {run: createManagedPolicy},
	"GetPolicy":                     {run: getManagedPolicy, readOnly: true},
	"ListPolicies":                  {run: listManagedPolicies, readOnly: true},
	"DeletePolicy":                  {run: deleteManagedPolicy},
	"CreatePolicyVersion":           {run: createPolicyVersion},
	"GetPolicyVersion":              {run: getPolicyVersion, readOnly: true},
	"ListPolicyVersions":            {run: listPolicyVersions, readOnly: true},
	"SetDefaultPolicyVersion":       {run: setDefaultPolicyVersion},
	"DeletePolicyVersion":           {run: deletePolicyVersion},

	"CreateUser":                     {run: createUser},
	"PutUserPolicy":                  {run: ofUser(putHolderPolicy)},
	"AttachUserPolicy":               {run: ofUser(attachHolderPolicy)},
	"PutUserPermissionsBoundary":     {run: ofUser(putUserPermissionsBoundary)},
	"CreateGroup":                    {run: createGroup},
	"PutGroupPolicy":                 {run: ofGroup(putHolderPolicy)},
	"AttachGroupPolicy":              {run: ofGroup(attachHolderPolicy)},
	"AddUserToGroup":                 {run: ofGroup(addUserToGroup)},
	"GetAccountAuthorizationDetails": {run: getAccountAuthorizationDetails, readOnly: true},
}}

// iamAnswer has a place for everything that IAM answers. What an answer does not have is left out.
type iamAnswer struct {
	XMLName xml.Name

	Role             *xmlRole
	User             *xmlHolder
	Group            *xmlHolder
	Roles            []*xmlRole  `xml:"Roles>member"`
	Tags             []eventTag  `xml:"Tags>member"`
	RoleName         string      `xml:",omitempty"`
	PolicyName       string      `xml:",omitempty"`
	PolicyDocument   string      `xml:",omitempty"`
	PolicyNames      []string    `xml:"PolicyNames>member"`
	AttachedPolicies []xmlPolicy `xml:"AttachedPolicies>member"`
	Policy           *xmlPolicy
	Policies         []xmlPolicy `xml:"Policies>member"`
	PolicyVersion    *xmlPolicyVersion
	Versions         []xmlPolicyVersion `xml:"Versions>member"`
	IsTruncated      bool
	Marker           string `xml:",omitempty"`
}

// named gives the answer the name of its operation.
func (a iamAnswer) named(c *call) iamAnswer {
	a.XMLName.Local = c.operation + "Result"
	return a
}

type xmlRole struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *xmlBoundary
	Tags                     []eventTag `xml:"Tags>member"`
}

type xmlBoundary struct {
	PermissionsBoundaryType string
	PermissionsBoundaryArn  string
}

// xmlPolicy is a managed policy, alone or attached to a role.
type xmlPolicy struct {
	PolicyName       string
	PolicyArn        string `xml:",omitempty"`
	Arn              string `xml:",omitempty"`
	PolicyID         string `xml:"PolicyId,omitempty"`
	Path             string `xml:",omitempty"`
	Description      string `xml:",omitempty"`
	DefaultVersionID string `xml:"DefaultVersionId,omitempty"`
	AttachmentCount  *int
	IsAttachable     bool   `xml:",omitempty"`
	CreateDate       string `xml:",omitempty"`
	UpdateDate       string `xml:",omitempty"`
}

type xmlPolicyVersion struct {
	Document         string `xml:",omitempty"`
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool
	CreateDate       string
}

var (
	iamName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	iamPath = regexp.MustCompile(`^(/|/[\x21-\x7e]{1,510}/)$`)
)

// checkIAMName checks a name and a path, an empty one of which is "/".
func checkIAMName(field, name string, path *string) error {
	if !iamName.MatchString(name) {
		return errorf("ValidationError", "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", field)
	}
	if *path == "" {
		*path = "/"
	}
	if !iamPath.MatchString(*path) {
		return errorf("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return nil
}

func noSuchEntity(format string, args ...any) error {
	return withStatus(http.StatusNotFound, errorf("NoSuchEntity", format, args...))
}

// iamConflict is one of the errors that IAM answers with status 409.
func iamConflict(code, format string, args ...any) error {
	return withStatus(http.StatusConflict, errorf(code, format, args...))
}

// withStatus gives an API error another status than 400.
func withStatus(status int, err error) error {
	if api, ok := err.(*apiError); ok {
		api.Status = status
	}
	return err
}

// percentEncoded is how IAM returns policy documents, by RFC 3986.
func percentEncoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

func iamTime(t time.Time) string { return t.Format(time.RFC3339) }

// iamPageOf cuts the page out of sorted names that MaxItems and Marker ask for, and notes in the answer what follows.
func (c *call) iamPageOf(names []string, answer *iamAnswer) []string {
	size, err := strconv.Atoi(c.form.Get("MaxItems"))
	if err != nil || size < 1 || size > iamPage {
		size = iamPage
	}
	page, next := pageAfter(names, c.form.Get("Marker"), size)
	answer.IsTruncated, answer.Marker = next != "", next
	return page
}
