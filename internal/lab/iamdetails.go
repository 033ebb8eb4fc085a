package lab

import (
	"encoding/xml"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// accountDetails is what GetAccountAuthorizationDetails answers.
type accountDetails struct {
	XMLName     xml.Name             `xml:"GetAccountAuthorizationDetailsResult"`
	Users       []xmlHolderDetail    `xml:"UserDetailList>member"`
	Groups      []xmlHolderDetail    `xml:"GroupDetailList>member"`
	Roles       []xmlRoleDetail      `xml:"RoleDetailList>member"`
	Policies    []xmlPolicyWithTexts `xml:"Policies>member"`
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

type xmlHolderDetail struct {
	xmlHolder
	UserPolicies  []iamDetail  `xml:"UserPolicyList>member"`
	GroupPolicies []iamDetail  `xml:"GroupPolicyList>member"`
	Groups        []string     `xml:"GroupList>member"`
	Attached      []xmlPolicy  `xml:"AttachedManagedPolicies>member"`
	Boundary      *xmlBoundary `xml:"PermissionsBoundary"`
	Tags          []eventTag   `xml:"Tags>member"`
}

type xmlRoleDetail struct {
	xmlRole
	Policies []iamDetail `xml:"RolePolicyList>member"`
	Attached []xmlPolicy `xml:"AttachedManagedPolicies>member"`
}

type iamDetail struct{ PolicyName, PolicyDocument string }

type xmlPolicyWithTexts struct {
	xmlPolicy
	Versions []xmlPolicyVersion `xml:"PolicyVersionList>member"`
}

// awsPolicyTexts are those of AWS's own policies that the lab knows.
var awsPolicyTexts = map[string]string{
	awsManagedPolicies + "AdministratorAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	awsManagedPolicies + "AWSDenyAll":          `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}`,
}

// awsPoliciesMade is when AWS made them.
const awsPoliciesMade = "2015-02-06T18:39:46Z"

// The kinds of entities that the answer can be limited to.
const (
	entityUser   = "User"
	entityGroup  = "Group"
	entityRole   = "Role"
	entityPolicy = "LocalManagedPolicy"
	entityAWS    = "AWSManagedPolicy"
)

const maxDetails = 1000 // of one page

// getAccountAuthorizationDetails lists everybody with everything that they may do, and the managed policies that there are, of
// AWS's own those that somebody has. Pages go through the kinds one after the other.
func getAccountAuthorizationDetails(c *call) (any, error) {
	size := iamPage
	if text := c.form.Get("MaxItems"); text != "" {
		var err error
		if size, err = strconv.Atoi(text); err != nil || size < 1 || size > maxDetails {
			return nil, errorf("ValidationError", "Value '%.20s' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and %d", text, maxDetails)
		}
	}
	wanted := plain(c.form, "Filter.member.")
	keys := slices.DeleteFunc(c.account.iam.entities(), func(key string) bool {
		kind, _, _ := strings.Cut(key, " ")
		return len(wanted) > 0 && !slices.Contains(wanted, kind)
	})
	page, next := pageAfter(keys, c.form.Get("Marker"), size)
	answer := accountDetails{IsTruncated: next != "", Marker: next}
	for _, key := range page {
		kind, name, _ := strings.Cut(key, " ")
		answer.add(&c.account.iam, kind, name)
	}
	return answer, nil
}

// entities are the names of all that is in the answer, each behind its kind.
func (s *iamState) entities() []string {
	var keys []string
	add := func(kind string, name string) { keys = append(keys, kind+" "+name) }
	for name := range s.holders(iamUserKind) {
		add(entityUser, name)
	}
	for name := range s.holders(iamGroupKind) {
		add(entityGroup, name)
	}
	for name := range s.roles {
		add(entityRole, name)
	}
	for arn := range s.policies {
		add(entityPolicy, arn)
	}
	for arn := range awsPolicyTexts {
		if policies, boundaries := s.attachments(arn); policies+boundaries > 0 {
			add(entityAWS, arn)
		}
	}
	slices.Sort(keys)
	return keys
}

func (d *accountDetails) add(s *iamState, kind, name string) {
	switch kind {
	case entityUser:
		d.Users = append(d.Users, s.holders(iamUserKind)[name].detail())
	case entityGroup:
		d.Groups = append(d.Groups, s.holders(iamGroupKind)[name].detail())
	case entityRole:
		r := s.roles[name]
		d.Roles = append(d.Roles, xmlRoleDetail{xmlRole: *r.show(), Policies: details(r.inline), Attached: attachedTo(r.attached)})
	case entityPolicy:
		p := s.policies[name]
		x := xmlPolicyWithTexts{xmlPolicy: *p.show(s)}
		for _, v := range p.versions {
			shown := p.showVersion(v)
			shown.Document = percentEncoded(v.document)
			x.Versions = append(x.Versions, shown)
		}
		d.Policies = append(d.Policies, x)
	case entityAWS:
		d.Policies = append(d.Policies, xmlPolicyWithTexts{
			xmlPolicy: xmlPolicy{PolicyName: strings.TrimPrefix(name, awsManagedPolicies), Arn: name, Path: "/", DefaultVersionID: "v1", IsAttachable: true, CreateDate: awsPoliciesMade, UpdateDate: awsPoliciesMade},
			Versions:  []xmlPolicyVersion{{Document: percentEncoded(awsPolicyTexts[name]), VersionID: "v1", IsDefaultVersion: true, CreateDate: awsPoliciesMade}},
		})
	}
}

func (h *iamHolder) detail() xmlHolderDetail {
	x := xmlHolderDetail{xmlHolder: *h.show(), Groups: h.groups, Attached: attachedTo(h.attached)}
	if h.kind == iamGroupKind {
		x.GroupPolicies = details(h.inline)
		return x
	}
	x.UserPolicies, x.Tags = details(h.inline), tagList(h.tags)
	if h.boundary != "" {
		x.Boundary = &xmlBoundary{"Policy", h.boundary}
	}
	return x
}

// details are inline policies in the order of their names.
func details(inline map[string]string) []iamDetail {
	var list []iamDetail
	for _, name := range slices.Sorted(maps.Keys(inline)) {
		list = append(list, iamDetail{name, percentEncoded(inline[name])})
	}
	return list
}

func attachedTo(arns []string) []xmlPolicy {
	var list []xmlPolicy
	for _, arn := range arns {
		list = append(list, xmlPolicy{PolicyName: arn[strings.LastIndexByte(arn, '/')+1:], PolicyArn: arn})
	}
	return list
}
