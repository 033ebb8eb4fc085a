package lab

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// kmsAlias is another name of a key in its account and region.
type kmsAlias struct {
	name, arn        string
	target           string // id of the key
	created, updated time.Time
}

type aliasInput struct {
	AliasName   string
	TargetKeyID string `json:"TargetKeyId"`
}

// aliasInput reads a request about an alias. Names under alias/aws/ are AWS's own.
func (c *call) aliasInput() (in aliasInput, err error) {
	if err := c.decode(&in); err != nil {
		return in, err
	}
	if !aliasForm.MatchString(in.AliasName) {
		return in, errorf("ValidationException", "Value '%.300s' at 'aliasName' failed to satisfy constraint: it must begin with alias/ and have letters, digits and /_- only", in.AliasName)
	}
	if strings.HasPrefix(in.AliasName, "alias/aws/") {
		return in, errorf("NotAuthorizedException", "%s is reserved for AWS", in.AliasName)
	}
	return in, nil
}

// aliasTarget finds the key that an alias is to name: of this account and region, not about to be deleted, and with few
// enough other names.
func (c *call) aliasTarget(given string) (*kmsKey, error) {
	k, err := c.key(given, false)
	if err != nil {
		return nil, err
	}
	if k.account != c.account.id {
		return nil, c.keyDenied(k)
	}
	if err := c.mayWithKey(k); err != nil {
		return nil, err
	}
	if k.state == keyPending {
		return nil, pendingDeletion(k)
	}
	names := 0
	for _, alias := range c.account.regions[c.region].keys.aliases {
		if alias.target == k.id {
			names++
		}
	}
	if names >= maxAliases {
		return nil, errorf("LimitExceededException", "A key can have at most %d aliases.", maxAliases)
	}
	return k, nil
}

func createAlias(c *call) (any, error) {
	in, err := c.aliasInput()
	if err != nil {
		return nil, err
	}
	arn := aliasARN(place{c.account.id, c.region}, in.AliasName)
	aliases := c.account.regions[c.region].keys.aliases
	if aliases[in.AliasName] != nil {
		return nil, errorf("AlreadyExistsException", "An alias with the name %s already exists", arn)
	}
	k, err := c.aliasTarget(in.TargetKeyID)
	if err != nil {
		return nil, err
	}
	aliases[in.AliasName] = &kmsAlias{name: in.AliasName, arn: arn, target: k.id, created: c.now, updated: c.now}
	return nil, nil
}

// alias finds an existing alias of this account and region, and checks that its key lets the caller change it.
func (c *call) alias(name string) (*kmsAlias, error) {
	s := &c.account.regions[c.region].keys
	alias := s.aliases[name]
	if alias == nil {
		return nil, errorf("NotFoundException", "Alias %s is not found.", aliasARN(place{c.account.id, c.region}, name))
	}
	k := s.keys[alias.target]
	c.recordKey(k)
	return alias, c.mayWithKey(k)
}

// updateAlias makes an alias name another key. The policies of both have to allow it.
func updateAlias(c *call) (any, error) {
	in, err := c.aliasInput()
	if err != nil {
		return nil, err
	}
	alias, err := c.alias(in.AliasName)
	if err != nil {
		return nil, err
	}
	k, err := c.aliasTarget(in.TargetKeyID)
	if err != nil {
		return nil, err
	}
	alias.target, alias.updated = k.id, c.now
	return nil, nil
}

func deleteAlias(c *call) (any, error) {
	in, err := c.aliasInput()
	if err != nil {
		return nil, err
	}
	alias, err := c.alias(in.AliasName)
	if err != nil {
		return nil, err
	}
	delete(c.account.regions[c.region].keys.aliases, alias.name)
	return nil, nil
}

func listAliases(c *call) (any, error) {
	var in struct {
		keyPage
		KeyID string `json:"KeyId"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	target := ""
	if in.KeyID != "" {
		k, err := c.key(in.KeyID, false)
		if err != nil {
			return nil, err
		}
		target = k.id
	}
	aliases := c.account.regions[c.region].keys.aliases
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(aliases)), func(name string) bool {
		return target != "" && aliases[name].target != target
	})
	page, answer, err := in.cut(names, 50, 100)
	if err != nil {
		return nil, err
	}
	type entry struct {
		AliasName, AliasArn           string
		TargetKeyID                   string `json:"TargetKeyId"`
		CreationDate, LastUpdatedDate epoch
	}
	list := []entry{}
	for _, name := range page {
		a := aliases[name]
		list = append(list, entry{a.name, a.arn, a.target, epoch{a.created}, epoch{a.updated}})
	}
	answer["Aliases"] = list
	return answer, nil
}
