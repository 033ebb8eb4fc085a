package lab

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// kmsGrant lets a principal use a key for some operations, besides its policy.
type kmsGrant struct {
	GrantID                  string `json:"GrantId"`
	KeyID                    string `json:"KeyId"`
	Name                     string `json:",omitempty"`
	CreationDate             epoch
	GranteePrincipal         string `json:",omitempty"`
	GranteeServicePrincipal  string `json:",omitempty"`
	RetiringPrincipal        string `json:",omitempty"`
	RetiringServicePrincipal string `json:",omitempty"`
	IssuingAccount           string
	Operations               []string
	Constraints              json.RawMessage `json:",omitempty"`

	token string
}

// grantOperations are what grants can allow on a symmetric key.
var grantOperations = []string{
	"CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
	"GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo", "RetireGrant",
}

// granted says whether a grant lets a principal do this.
func (k *kmsKey) granted(principal, operation string) bool {
	return slices.ContainsFunc(k.grants, func(g *kmsGrant) bool {
		return g.GranteePrincipal == principal && slices.Contains(g.Operations, operation)
	})
}

// createGrant is idempotent for grants with a name: the same grant again has the same id.
func createGrant(c *call, k *kmsKey) (any, error) {
	g := &kmsGrant{}
	if err := c.decode(g); err != nil {
		return nil, err
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	if err := c.rehearsed(); err != nil {
		return nil, err
	}
	*g = kmsGrant{
		KeyID: k.arn, Name: g.Name, CreationDate: epoch{c.now.Truncate(time.Second)}, IssuingAccount: "arn:aws:iam::" + c.account.id + ":root",
		GranteePrincipal: g.GranteePrincipal, GranteeServicePrincipal: g.GranteeServicePrincipal,
		RetiringPrincipal: g.RetiringPrincipal, RetiringServicePrincipal: g.RetiringServicePrincipal,
		Operations: g.Operations, Constraints: g.Constraints,
	}
	i := slices.IndexFunc(k.grants, g.same)
	switch {
	case g.Name != "" && i >= 0:
		g = k.grants[i]
	case len(k.grants) >= maxGrants:
		return nil, errorf("LimitExceededException", "the lab keeps at most %d grants per key", maxGrants)
	default:
		g.GrantID, g.token = hexSHA256([]byte(c.lab.id())), c.lab.token(64)
		k.grants = append(k.grants, g)
	}
	c.recordResponse = map[string]string{"grantId": g.GrantID, "keyId": k.arn}
	return map[string]any{"GrantId": g.GrantID, "GrantToken": g.token}, nil
}

func (g *kmsGrant) check() error {
	if g.GranteePrincipal == "" && g.GranteeServicePrincipal == "" || len(g.Operations) == 0 {
		return errorf("ValidationException", "a grant needs a grantee principal and operations")
	}
	if g.GranteePrincipal != "" {
		if _, ok := splitAnyARN(g.GranteePrincipal); !ok && !strings.HasSuffix(g.GranteePrincipal, ".amazonaws.com") {
			return errorf("InvalidArnException", "%.300q is not a principal", g.GranteePrincipal)
		}
	}
	for _, operation := range g.Operations {
		if !slices.Contains(grantOperations, operation) {
			return errorf("ValidationException", "Value '%.100s' at 'operations' is not an operation that a symmetric key's grant can allow", operation)
		}
	}
	return nil
}

// same says whether two grants differ in nothing but their id and age.
func (g *kmsGrant) same(other *kmsGrant) bool {
	return g.Name == other.Name && g.GranteePrincipal == other.GranteePrincipal && g.GranteeServicePrincipal == other.GranteeServicePrincipal &&
		g.RetiringPrincipal == other.RetiringPrincipal && g.RetiringServicePrincipal == other.RetiringServicePrincipal &&
		slices.Equal(g.Operations, other.Operations) && bytes.Equal(g.Constraints, other.Constraints)
}

// rehearsed answers a dry run with the error that says it would have worked.
func (c *call) rehearsed() error {
	var in struct{ DryRun bool }
	if err := c.decode(&in); err != nil || !in.DryRun {
		return err
	}
	return errorf("DryRunOperationException", "The request would have succeeded, but the DryRun parameter is set.")
}

func listGrants(c *call, k *kmsKey) (any, error) {
	var in struct {
		keyPage
		GrantID                 string `json:"GrantId"`
		GranteePrincipal        string
		GranteeServicePrincipal string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	found, ids := map[string]*kmsGrant{}, []string{}
	for _, g := range k.grants {
		if (in.GrantID == "" || g.GrantID == in.GrantID) && (in.GranteePrincipal == "" || g.GranteePrincipal == in.GranteePrincipal) &&
			(in.GranteeServicePrincipal == "" || g.GranteeServicePrincipal == in.GranteeServicePrincipal) {
			found[g.GrantID], ids = g, append(ids, g.GrantID)
		}
	}
	slices.Sort(ids)
	page, answer, err := in.cut(ids, 50, 100)
	if err != nil {
		return nil, err
	}
	list := []*kmsGrant{}
	for _, id := range page {
		list = append(list, found[id])
	}
	answer["Grants"] = list
	return answer, nil
}

func revokeGrant(c *call, k *kmsKey) (any, error) {
	var in struct {
		GrantID string `json:"GrantId"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(k.grants, func(g *kmsGrant) bool { return g.GrantID == in.GrantID })
	if i < 0 {
		return nil, errorf("NotFoundException", "Grant ID %.200q not found", in.GrantID)
	}
	if err := c.rehearsed(); err != nil {
		return nil, err
	}
	k.grants = slices.Delete(k.grants, i, i+1)
	return c.changedKey(k), nil
}

type retireGrantInput struct {
	GrantToken string
	KeyID      string `json:"KeyId"`
	GrantID    string `json:"GrantId"`
}

// retireGrant gives a grant up: whoever the grant lets retire it may, and the key's account.
func retireGrant(c *call) (any, error) {
	var in retireGrantInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	k, i, err := c.grantToRetire(in)
	if err != nil {
		return nil, err
	}
	g, me := k.grants[i], c.callerARN()
	retires := slices.Contains(g.Operations, "RetireGrant") && g.GranteePrincipal == me
	if c.accessKey == "" || c.account.id != k.account && g.RetiringPrincipal != me && !retires {
		return nil, c.keyDenied(k)
	}
	if err := c.rehearsed(); err != nil {
		return nil, err
	}
	k.grants = slices.Delete(k.grants, i, i+1)
	return c.changedKey(k), nil
}

// grantToRetire finds a grant by its token, or by its key and id.
func (c *call) grantToRetire(in retireGrantInput) (k *kmsKey, i int, err error) {
	if in.GrantToken == "" {
		if k, err = c.key(in.KeyID, false); err != nil {
			return nil, 0, err
		}
		if i = slices.IndexFunc(k.grants, func(g *kmsGrant) bool { return g.GrantID == in.GrantID }); i < 0 {
			return nil, 0, errorf("NotFoundException", "Grant ID %.200q not found", in.GrantID)
		}
		return k, i, nil
	}
	for _, a := range c.lab.accounts {
		for _, k := range a.regions[c.region].keys.keys {
			if i := slices.IndexFunc(k.grants, func(g *kmsGrant) bool { return g.token == in.GrantToken }); i >= 0 {
				c.recordKey(k)
				return k, i, nil
			}
		}
	}
	return nil, 0, errorf("InvalidGrantTokenException", "the grant token is not valid")
}
