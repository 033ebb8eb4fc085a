package lab

import (
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// keyMetadata is a key as CreateKey and DescribeKey answer.
type keyMetadata struct {
	AWSAccountID          string `json:"AWSAccountId"`
	KeyID                 string `json:"KeyId"`
	Arn                   string
	CreationDate          epoch
	Enabled               bool
	Description           string
	KeyUsage              string
	KeyState              string
	DeletionDate          *epoch `json:",omitempty"`
	Origin                string
	KeyManager            string
	CustomerMasterKeySpec string
	KeySpec               string
	EncryptionAlgorithms  []string
	MultiRegion           bool
}

func (k *kmsKey) metadata() keyMetadata {
	return keyMetadata{
		AWSAccountID: k.account, KeyID: k.id, Arn: k.arn, CreationDate: epoch{k.created}, Enabled: k.state == keyEnabled,
		Description: k.description, KeyUsage: "ENCRYPT_DECRYPT", KeyState: k.state, DeletionDate: maybe(k.deletion),
		Origin: "AWS_KMS", KeyManager: "CUSTOMER", CustomerMasterKeySpec: "SYMMETRIC_DEFAULT", KeySpec: "SYMMETRIC_DEFAULT",
		EncryptionAlgorithms: []string{"SYMMETRIC_DEFAULT"},
	}
}

type createKeyInput struct {
	Description                    string
	KeySpec, CustomerMasterKeySpec string
	KeyUsage, Origin               string
	CustomKeyStoreID               string `json:"CustomKeyStoreId"`
	MultiRegion                    bool
	Policy                         string
	BypassPolicyLockoutSafetyCheck bool
	Tags                           []kmsTag
}

// check refuses what the lab's keys cannot be: they are symmetric, of one region and of KMS's own making.
func (in *createKeyInput) check() error {
	symmetric := func(spec string) bool { return spec == "" || spec == "SYMMETRIC_DEFAULT" }
	if !symmetric(in.KeySpec) || !symmetric(in.CustomerMasterKeySpec) || in.MultiRegion || in.CustomKeyStoreID != "" ||
		in.Origin != "" && in.Origin != "AWS_KMS" || in.KeyUsage != "" && in.KeyUsage != "ENCRYPT_DECRYPT" {
		return errorf("UnsupportedOperationException", "the lab has only single-Region keys for symmetric encryption whose material KMS makes")
	}
	return checkKeyText(in.Description)
}

func checkKeyText(description string) error {
	if utf8.RuneCountInString(description) > maxKeyText {
		return errorf("ValidationException", "Value at 'description' failed to satisfy constraint: Member must have length less than or equal to %d", maxKeyText)
	}
	return nil
}

func createKey(c *call) (any, error) {
	var in createKeyInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	s := &c.account.regions[c.region].keys
	if len(s.keys) >= maxKeys {
		return nil, errorf("LimitExceededException", "the lab keeps at most %d keys per account and region", maxKeys)
	}
	here, id := place{c.account.id, c.region}, c.lab.id()
	k := &kmsKey{
		id: id, arn: keyARN(here, id), account: here.account, region: here.region,
		description: in.Description, state: keyEnabled, created: c.now, policy: defaultKeyPolicy(here.account),
	}
	if in.Policy != "" {
		if err := c.checkKeyPolicy(k, in.Policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
			return nil, err
		}
		k.policy = in.Policy
	}
	if err := k.tag(in.Tags); err != nil {
		return nil, err
	}
	if s.keys == nil {
		s.keys, s.aliases = map[string]*kmsKey{}, map[string]*kmsAlias{}
	}
	s.keys[id] = k
	c.recordKey(k)
	return c.answered(map[string]any{"KeyMetadata": k.metadata()}), nil
}

func describeKey(_ *call, k *kmsKey) (any, error) {
	return map[string]any{"KeyMetadata": k.metadata()}, nil
}

// keyPage is the paging that all of KMS's lists share.
type keyPage struct {
	Limit  *int
	Marker string
}

// cut selects a page out of sorted names. The marker is the last name of the page before.
func (p keyPage) cut(names []string, usual, most int) (page []string, answer map[string]any, err error) {
	limit := usual
	if p.Limit != nil {
		limit = *p.Limit
	}
	if limit < 1 || limit > most {
		return nil, nil, errorf("ValidationException", "Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d", limit, most)
	}
	page, next := pageAfter(names, p.Marker, limit)
	answer = map[string]any{"Truncated": next != ""}
	if next != "" {
		answer["NextMarker"] = next
	}
	return page, answer, nil
}

func listKeys(c *call) (any, error) {
	var in keyPage
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	type entry struct {
		KeyID  string `json:"KeyId"`
		KeyArn string
	}
	keys, list := c.account.regions[c.region].keys.keys, []entry{}
	page, answer, err := in.cut(slices.Sorted(maps.Keys(keys)), 100, 1000)
	if err != nil {
		return nil, err
	}
	for _, id := range page {
		list = append(list, entry{id, keys[id].arn})
	}
	answer["Keys"] = list
	return answer, nil
}

func updateKeyDescription(c *call, k *kmsKey) (any, error) {
	var in struct{ Description string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkKeyText(in.Description); err != nil {
		return nil, err
	}
	k.description = in.Description
	return c.changedKey(k), nil
}

func enableKey(c *call, k *kmsKey) (any, error) {
	k.state = keyEnabled
	return c.changedKey(k), nil
}

func disableKey(c *call, k *kmsKey) (any, error) {
	k.state = keyDisabled
	return c.changedKey(k), nil
}

// changedKey is the empty answer of calls whose record nevertheless names the key.
func (c *call) changedKey(k *kmsKey) any {
	c.recordResponse = map[string]string{"keyId": k.arn}
	return nil
}

func scheduleKeyDeletion(c *call, k *kmsKey) (any, error) {
	var in struct{ PendingWindowInDays *int }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	window := defaultWindow
	setIfGiven(&window, in.PendingWindowInDays)
	if window < 7 || window > 30 {
		return nil, errorf("ValidationException", "Value '%d' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value between 7 and 30", window)
	}
	k.state, k.deletion = keyPending, c.now.Add(time.Duration(window)*24*time.Hour)
	return c.answered(map[string]any{
		"KeyId": k.arn, "KeyState": k.state, "DeletionDate": epoch{k.deletion}, "PendingWindowInDays": window,
	}), nil
}

// cancelKeyDeletion leaves the key disabled: it is not back in use until EnableKey follows.
func cancelKeyDeletion(c *call, k *kmsKey) (any, error) {
	if k.state != keyPending {
		return nil, errorf("KMSInvalidStateException", "%s is not pending deletion.", k.arn)
	}
	k.state, k.deletion = keyDisabled, time.Time{}
	return c.answered(map[string]any{"KeyId": k.arn}), nil
}
