package lab

import (
	"net/http"
	"strings"
	"time"
)

// Limits of keys, from the API documentation and quotas of KMS; where the lab keeps fewer, its memory is the reason.
const (
	maxKeys       = 1000     // per account and region; AWS: 100,000
	maxGrants     = 1000     // per key; AWS: 50,000
	maxAliases    = 50       // per key
	maxKeyPolicy  = 32 << 10 // bytes
	maxKeyTags    = 50
	maxKeyText    = 8192 // characters of a description
	defaultWindow = 30   // days until a key that is to be deleted is gone
)

// The states of a key.
const (
	keyEnabled  = "Enabled"
	keyDisabled = "Disabled"
	keyPending  = "PendingDeletion"
)

// kmsState is the keys of one account in one region.
type kmsState struct {
	keys    map[string]*kmsKey   // by id
	aliases map[string]*kmsAlias // by name, such as alias/trail
}

// kmsKey is one customer managed key for symmetric encryption.
type kmsKey struct {
	id, arn, account, region string
	description              string
	state                    string
	created, deletion        time.Time

	policy   string
	rotation int // days from one rotation to the next; 0: off
	rotating time.Time
	tags     []kmsTag
	grants   []*kmsGrant
}

// kmsService is AWS KMS as far as it manages symmetric keys of one region. It encrypts nothing: services ask it only
// whether they may use a key.
var kmsService = service{protocol: awsJSON, operations: map[string]operation{
	"CreateKey":            {run: createKey},
	"ListKeys":             {run: listKeys, readOnly: true},
	"DescribeKey":          {run: keyOperation{run: describeKey, byAlias: true, abroad: true}.call, readOnly: true},
	"GetKeyPolicy":         {run: keyOperation{run: getKeyPolicy}.call, readOnly: true},
	"PutKeyPolicy":         {run: keyOperation{run: putKeyPolicy}.call},
	"ListKeyPolicies":      {run: keyOperation{run: listKeyPolicies}.call, readOnly: true},
	"UpdateKeyDescription": {run: keyOperation{run: updateKeyDescription, refusesPending: true}.call},
	"EnableKey":            {run: keyOperation{run: enableKey, refusesPending: true}.call},
	"DisableKey":           {run: keyOperation{run: disableKey, refusesPending: true}.call},
	"ScheduleKeyDeletion":  {run: keyOperation{run: scheduleKeyDeletion, refusesPending: true}.call},
	"CancelKeyDeletion":    {run: keyOperation{run: cancelKeyDeletion}.call},
	"EnableKeyRotation":    {run: keyOperation{run: enableKeyRotation, refusesPending: true, refusesDisabled: true}.call},
	"DisableKeyRotation":   {run: keyOperation{run: disableKeyRotation, refusesPending: true, refusesDisabled: true}.call},
	"GetKeyRotationStatus": {run: keyOperation{run: getKeyRotationStatus, abroad: true}.call, readOnly: true},
	"CreateGrant":          {run: keyOperation{run: createGrant, abroad: true, refusesPending: true, refusesDisabled: true}.call},
	"ListGrants":           {run: keyOperation{run: listGrants, abroad: true}.call, readOnly: true},
	"RevokeGrant":          {run: keyOperation{run: revokeGrant, abroad: true}.call},
	"RetireGrant":          {run: retireGrant},
	"CreateAlias":          {run: createAlias},
	"UpdateAlias":          {run: updateAlias},
	"DeleteAlias":          {run: deleteAlias},
	"ListAliases":          {run: listAliases, readOnly: true},
	"TagResource":          {run: keyOperation{run: tagKey, refusesPending: true}.call},
	"UntagResource":        {run: keyOperation{run: untagKey, refusesPending: true}.call},
	"ListResourceTags":     {run: keyOperation{run: listKeyTags}.call, readOnly: true},
}}

// keyOperation is an operation on the key that the request's KeyId names.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html tells which key states each refuses.
type keyOperation struct {
	run             func(*call, *kmsKey) (any, error)
	byAlias         bool // an alias will do
	abroad          bool // the key may belong to another account, if its policy allows
	refusesPending  bool
	refusesDisabled bool
}

// call finds the key and checks that the caller may do this to it, and its state allows it.
func (o keyOperation) call(c *call) (any, error) {
	var in struct {
		KeyID string `json:"KeyId"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	k, err := c.key(in.KeyID, o.byAlias)
	if err != nil {
		return nil, err
	}
	if k.account != c.account.id && !o.abroad {
		return nil, c.keyDenied(k)
	}
	if err := c.mayWithKey(k); err != nil {
		return nil, err
	}
	if err := o.suits(k); err != nil {
		return nil, err
	}
	return o.run(c, k)
}

func (o keyOperation) suits(k *kmsKey) error {
	switch {
	case o.refusesPending && k.state == keyPending:
		return pendingDeletion(k)
	case o.refusesDisabled && k.state == keyDisabled:
		return errorf("DisabledException", "%s is disabled.", k.arn)
	}
	return nil
}

func pendingDeletion(k *kmsKey) error {
	return errorf("KMSInvalidStateException", "%s is pending deletion.", k.arn)
}

// key finds the key that a caller means: by id, ARN or, where that will do, alias name or alias ARN.
func (c *call) key(given string, byAlias bool) (*kmsKey, error) {
	if given == "" || len(given) > 2048 {
		return nil, errorf("ValidationException", "Value at 'keyId' failed to satisfy constraint: Member must have length between 1 and 2048")
	}
	place := place{c.account.id, c.region}
	name := given
	if parts, ok := splitARN(given, "kms"); ok {
		if parts.region != c.region {
			return nil, errorf("NotFoundException", "Invalid arn %s", parts.region)
		}
		place.account, name = parts.account, strings.TrimPrefix(parts.resource, "key/")
	} else if strings.HasPrefix(given, "arn:") {
		return nil, errorf("InvalidArnException", "%.300q is not the ARN of a key or alias", given)
	}
	if strings.HasPrefix(name, "alias/") && !byAlias {
		return nil, errorf("NotFoundException", "Invalid keyId '%.300s'", given)
	}
	k := c.lab.keyNamed(place, name)
	switch {
	case k == nil && strings.HasPrefix(name, "alias/"):
		return nil, errorf("NotFoundException", "Alias %s is not found.", aliasARN(place, name))
	case k == nil:
		return nil, errorf("NotFoundException", "Key '%s' does not exist", keyARN(place, name))
	}
	c.recordKey(k)
	return k, nil
}

// keyNamed finds a key by its id or alias name in one place, or nil. The lab is locked.
func (l *Lab) keyNamed(p place, name string) *kmsKey {
	a := l.accounts[p.account]
	if a == nil || a.regions[p.region] == nil {
		return nil
	}
	s := &a.regions[p.region].keys
	if alias := s.aliases[name]; alias != nil {
		name = alias.target
	}
	return s.keys[name]
}

// keyByARN finds a key of any account and region by its own ARN, or nil.
func (l *Lab) keyByARN(arn string) *kmsKey {
	parts, ok := splitARN(arn, "kms")
	id, isKey := strings.CutPrefix(parts.resource, "key/")
	if !ok || !isKey {
		return nil
	}
	return l.keyNamed(place{parts.account, parts.region}, id)
}

func keyARN(p place, id string) string {
	return "arn:aws:kms:" + p.region + ":" + p.account + ":key/" + id
}

func aliasARN(p place, name string) string {
	return "arn:aws:kms:" + p.region + ":" + p.account + ":" + name
}

// recordKey notes the key in the call's record, as KMS does whatever form of its name was given.
func (c *call) recordKey(k *kmsKey) {
	c.recordResources = append(c.recordResources, recordResource{AccountID: k.account, Type: "AWS::KMS::Key", ARN: k.arn})
}

// expire deletes the keys whose waiting period is over, with their aliases.
func (s *kmsState) expire(now time.Time) {
	for id, k := range s.keys {
		if k.state != keyPending || now.Before(k.deletion) {
			continue
		}
		delete(s.keys, id)
		for name, alias := range s.aliases {
			if alias.target == id {
				delete(s.aliases, name)
			}
		}
	}
}

// keyDenied is KMS's refusal of what the key's policy does not allow.
func (c *call) keyDenied(k *kmsKey) error {
	action := "kms:" + c.operation
	return &apiError{Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: "User: " + c.callerARN() +
		" is not authorized to perform: " + action + " on resource: " + k.arn + " because no resource-based policy allows the " + action + " action"}
}
