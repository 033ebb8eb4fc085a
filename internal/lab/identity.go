package lab

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// callerARN is the identity that the call's record names.
func (c *call) callerARN() string {
	if c.session != nil {
		return c.session.arn()
	}
	return "arn:aws:iam::" + c.account.id + ":user/" + c.userName()
}

// userName is a name for the holder of the access key.
func (c *call) userName() string {
	if c.accessKey == "" {
		return "anonymous"
	}
	return strings.ToLower(c.accessKey)
}

func (c *call) principalID() string {
	if c.session != nil {
		return roleID(c.session.roleARN) + ":" + c.session.name
	}
	return uniqueID("AIDA", c.callerARN())
}

// roleID is the unique id of a role, which IAM derives from nothing and the lab from the ARN.
func roleID(arn string) string { return uniqueID("AROA", arn) }

func uniqueID(prefix, of string) string {
	sum := sha256.Sum256([]byte(of))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// userIdentity is the record's element of that name.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
type userIdentity struct {
	Type           string          `json:"type"`
	PrincipalID    string          `json:"principalId"`
	ARN            string          `json:"arn,omitempty"`
	AccountID      string          `json:"accountId"`
	AccessKeyID    string          `json:"accessKeyId,omitempty"`
	UserName       string          `json:"userName,omitempty"`
	SessionContext *sessionContext `json:"sessionContext,omitempty"`
}

type sessionContext struct {
	SessionIssuer sessionIssuer     `json:"sessionIssuer"`
	Attributes    sessionAttributes `json:"attributes"`
}

type sessionIssuer struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId"`
	ARN         string `json:"arn"`
	AccountID   string `json:"accountId"`
	UserName    string `json:"userName"`
}

type sessionAttributes struct {
	CreationDate     string `json:"creationDate"`
	MFAAuthenticated string `json:"mfaAuthenticated"`
}

// identity tells who made the call: nobody known, a role's session, or a user.
func (c *call) identity() userIdentity {
	if c.accessKey == "" {
		return userIdentity{Type: "AWSAccount", AccountID: "ANONYMOUS_PRINCIPAL"}
	}
	who := userIdentity{
		PrincipalID: c.principalID(), ARN: c.callerARN(), AccountID: c.account.id, AccessKeyID: c.accessKey,
	}
	s := c.session
	if s == nil {
		who.Type, who.UserName = "IAMUser", c.userName()
		return who
	}
	who.Type = "AssumedRole"
	who.SessionContext = &sessionContext{
		SessionIssuer: sessionIssuer{
			Type: "Role", PrincipalID: roleID(s.roleARN), ARN: s.roleARN, AccountID: s.account, UserName: s.roleName(),
		},
		Attributes: sessionAttributes{CreationDate: s.created.Format(time.RFC3339), MFAAuthenticated: "false"},
	}
	return who
}

// issuerName is how Event history names the caller: the user, or the session's name.
func (c *call) issuerName() string {
	if c.session != nil {
		return c.session.name
	}
	return c.userName()
}
