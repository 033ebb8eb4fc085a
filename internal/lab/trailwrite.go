package lab

// quota is how many trails may appear in a region: a multi-region trail counts in each.
const quota = 5

// trailInput is the request of CreateTrail and UpdateTrail. A nil field is not given.
type trailInput struct {
	Name                       string
	S3BucketName               *string
	S3KeyPrefix                *string
	SnsTopicName               *string
	IncludeGlobalServiceEvents *bool
	IsMultiRegionTrail         *bool
	EnableLogFileValidation    *bool
	CloudWatchLogsLogGroupArn  *string
	CloudWatchLogsRoleArn      *string
	KmsKeyID                   *string `json:"KmsKeyId"`
	IsOrganizationTrail        *bool
	TagsList                   []tag
}

func (c *call) createTrail() (any, error) {
	var in trailInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkTrailName(in.Name); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.TagsList)
	if err != nil {
		return nil, err
	}
	ref := trailRef{account: c.account.id, region: c.region, name: in.Name}
	t := &trail{
		name: in.Name, arn: ref.arn(), account: c.account.id, home: c.region,
		global: true, basic: defaultSelectors(), tags: tags, delivery: newDelivery(),
	}
	if in.S3BucketName == nil {
		in.S3BucketName = new(string)
	}
	if err := c.apply(&in, t); err != nil {
		return nil, err
	}
	if err := c.room(t, nil); err != nil {
		return nil, err
	}
	if err := c.dependencies(&in, t); err != nil {
		return nil, err
	}
	c.account.regions[c.region].trails.create(c, t)
	return c.answered(t.answer()), nil
}

func (c *call) updateTrail() (any, error) {
	var in trailInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	e, err := c.writableTrail(in.Name)
	if err != nil {
		return nil, err
	}
	t := *e.newest()
	if err := c.apply(&in, &t); err != nil {
		return nil, err
	}
	if err := c.room(&t, e.newest()); err != nil {
		return nil, err
	}
	if err := c.dependencies(&in, &t); err != nil {
		return nil, err
	}
	e.publish(c, &t)
	return c.answered(t.answer()), nil
}

func (c *call) deleteTrail() (any, error) {
	e, err := c.namedTrail()
	if err != nil {
		return nil, err
	}
	e.publish(c, nil)
	c.account.regions[c.region].trails.forget()
	return nil, nil
}

// namedTrail finds the trail that a call's Name means, for changing it.
func (c *call) namedTrail() (*trailEntry, error) {
	var in struct{ Name string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return c.writableTrail(in.Name)
}

// apply writes what the request gives into t: an absent field stays as it is, an empty text clears.
func (c *call) apply(in *trailInput, t *trail) error {
	setIfGiven(&t.bucket, in.S3BucketName)
	setIfGiven(&t.prefix, in.S3KeyPrefix)
	setIfGiven(&t.global, in.IncludeGlobalServiceEvents)
	setIfGiven(&t.multiRegion, in.IsMultiRegionTrail)
	setIfGiven(&t.validation, in.EnableLogFileValidation)
	setIfGiven(&t.logGroup, in.CloudWatchLogsLogGroupArn)
	setIfGiven(&t.logRole, in.CloudWatchLogsRoleArn)
	setIfGiven(&t.organization, in.IsOrganizationTrail)
	if t.multiRegion && !t.global {
		return errorf("InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
	}
	if t.organization {
		if err := c.mayOrganize(); err != nil {
			return err
		}
	}
	if err := checkBucketName(t.bucket); err != nil {
		return err
	}
	if err := checkPrefix(t.prefix); err != nil {
		return err
	}
	if err := c.applyTopic(in.SnsTopicName, t); err != nil {
		return err
	}
	if err := c.applyKey(in.KmsKeyID, t); err != nil {
		return err
	}
	if err := checkLogs(t); err != nil {
		return err
	}
	return c.checkLogsRole(in, t)
}

func setIfGiven[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

// mayOrganize says whether the account may have an organization trail.
func (c *call) mayOrganize() error {
	switch c.lab.manager(c.account.id) {
	case c.account.id:
		return c.trusted()
	case "":
		return errorf("OrganizationsNotInUseException", "The account %s does not belong to an organization.", c.account.id)
	}
	return errorf("NotOrganizationMasterAccountException", "The account %s is not the management account of its organization.", c.account.id)
}

// trusted says whether the organization trusts CloudTrail, without which there are no trails and stores for all of it.
func (c *call) trusted() error {
	if !c.lab.org.trusts(cloudtrailPrincipal) {
		return errorf("CloudTrailAccessNotEnabledException", "Trusted access between CloudTrail and Organizations is not enabled. Enable it, then try again.")
	}
	return nil
}

// room checks that the name is free and the quota is not used up wherever the trail would newly appear: everywhere for a
// new trail, abroad for one that becomes a multi-region trail. (That UpdateTrail refuses with CreateTrail's errors is a
// guess: its documentation names none for this.)
func (c *call) room(t, before *trail) error {
	for _, region := range c.lab.regions {
		if !t.appearsIn(t.account, region) || before != nil && before.appearsIn(t.account, region) {
			continue
		}
		there := c.lab.trailsIn(t.account, region)
		for _, other := range there {
			if other.name == t.name && other.account == t.account {
				return errorf("TrailAlreadyExistsException", "Trail %s already exists for customer: %s", t.name, t.account)
			}
		}
		if len(there) >= quota {
			return errorf("MaximumNumberOfTrailsExceededException", "User: %s already has %d trails in %s.", t.account, len(there), region)
		}
	}
	return nil
}
