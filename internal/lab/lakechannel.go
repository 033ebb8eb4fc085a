package lab

import (
	"cmp"
	"slices"
)

// channel brings events from outside AWS into event data stores.
type channel struct {
	arn, name, source string
	destinations      []channelDestination
}

type channelDestination struct{ Type, Location string }

func (ch *channel) feeds(store string) bool {
	return slices.ContainsFunc(ch.destinations, func(d channelDestination) bool { return d.Location == store })
}

func (ch *channel) answer() map[string]any {
	return map[string]any{"ChannelArn": ch.arn, "Name": ch.name, "Source": ch.source, "Destinations": ch.destinations}
}

type channelInput struct {
	Channel, Name, Source string
	Destinations          []channelDestination
	Tags                  []tag
}

// checkDestinations makes sure that channels lead into stores for events from outside.
func (c *call) checkDestinations(destinations []channelDestination) error {
	if len(destinations) == 0 || len(destinations) > maxDestinations {
		return errorf("InvalidParameterException", "A channel must have 1 to %d destinations.", maxDestinations)
	}
	for _, d := range destinations {
		if d.Type != "EVENT_DATA_STORE" {
			return errorf("InvalidParameterException", "%.50q is not a valid type of destination.", d.Type)
		}
		s, err := c.activeStore(d.Location)
		if err != nil {
			return err
		}
		if s.category() != "ActivityAuditLog" {
			return errorf("InvalidEventDataStoreCategoryException", "The event data store %s is not for events from outside AWS.", s.arn)
		}
	}
	return nil
}

func (c *call) channelNameTaken(name, exceptARN string) error {
	if !storeName.MatchString(name) {
		return errorf("InvalidParameterException", "The name of a channel must have 3 to 128 letters, numbers, periods, underscores and dashes.")
	}
	if slices.ContainsFunc(c.lake().channels, func(ch *channel) bool { return ch.name == name && ch.arn != exceptARN }) {
		return errorf("ChannelAlreadyExistsException", "The channel %s already exists.", name)
	}
	return nil
}

func createChannel(c *call) (any, error) {
	var in channelInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if _, err := mergeTags(nil, in.Tags); err != nil {
		return nil, err
	}
	if in.Source == "" || len(in.Source) > 256 {
		return nil, errorf("InvalidSourceException", "Source must be Custom or the name of a partner.")
	}
	if err := c.channelNameTaken(in.Name, ""); err != nil {
		return nil, err
	}
	if err := c.checkDestinations(in.Destinations); err != nil {
		return nil, err
	}
	state := c.lake()
	if len(state.channels) >= maxChannels {
		return nil, errorf("ChannelMaxLimitExceededException", "Your account has used the maximum number of channels.")
	}
	ch := &channel{"arn:aws:cloudtrail:" + c.region + ":" + c.account.id + ":channel/" + c.lab.id(), in.Name, in.Source, in.Destinations}
	state.channels = append(state.channels, ch)
	answer := ch.answer()
	answer["Tags"] = append([]tag{}, in.Tags...)
	return c.answered(answer), nil
}

// channel finds a channel by its ARN or the ARN's id.
func (c *call) channel(text string) (*channel, error) {
	arn := text
	if lakeID.MatchString(text) {
		arn = "arn:aws:cloudtrail:" + c.region + ":" + c.account.id + ":channel/" + text
	}
	if m := lakeARN.FindStringSubmatch(arn); m == nil || m[3] != "channel" {
		return nil, errorf("ChannelARNInvalidException", "The channel ARN %.300q is not valid.", text)
	}
	for _, ch := range c.lake().channels {
		if ch.arn == arn {
			return ch, nil
		}
	}
	return nil, errorf("ChannelNotFoundException", "The channel %s was not found.", arn)
}

func (c *call) namedChannel() (in channelInput, ch *channel, err error) {
	if err := c.decode(&in); err != nil {
		return in, nil, err
	}
	ch, err = c.channel(in.Channel)
	return in, ch, err
}

func getChannel(c *call) (any, error) {
	_, ch, err := c.namedChannel()
	if err != nil {
		return nil, err
	}
	return ch.answer(), nil
}

func listChannels(c *call) (any, error) {
	page, next, err := lakePage(c, c.lake().channels)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, ch := range page {
		list = append(list, map[string]string{"ChannelArn": ch.arn, "Name": ch.name})
	}
	return compact(map[string]any{"Channels": list, "NextToken": next}), nil
}

func updateChannel(c *call) (any, error) {
	in, ch, err := c.namedChannel()
	if err != nil {
		return nil, err
	}
	name, destinations := cmp.Or(in.Name, ch.name), ch.destinations
	if in.Destinations != nil {
		destinations = in.Destinations
	}
	if err := c.channelNameTaken(name, ch.arn); err != nil {
		return nil, err
	}
	if err := c.checkDestinations(destinations); err != nil {
		return nil, err
	}
	ch.name, ch.destinations = name, destinations
	return c.answered(ch.answer()), nil
}

func deleteChannel(c *call) (any, error) {
	_, ch, err := c.namedChannel()
	if err != nil {
		return nil, err
	}
	state := c.lake()
	state.channels = slices.DeleteFunc(state.channels, func(have *channel) bool { return have == ch })
	delete(state.policies, ch.arn)
	return nil, nil
}

// lakeResource finds what a call about resource policies is about: an event data store or a channel.
func (c *call) lakeResource() (arn, policy string, err error) {
	var in struct{ ResourceArn, ResourcePolicy string }
	if err := c.decode(&in); err != nil {
		return "", "", err
	}
	m := lakeARN.FindStringSubmatch(in.ResourceArn)
	switch {
	case m == nil && trailARNForm.MatchString(in.ResourceArn):
		return "", "", errorf("ResourceTypeNotSupportedException", "The resource type is not supported by the operation.")
	case m == nil:
		return "", "", errorf("ResourceARNNotValidException", "The resource ARN %.300q is not valid.", in.ResourceArn)
	case m[3] == "channel":
		_, err = c.channel(in.ResourceArn)
	default:
		_, err = c.store(in.ResourceArn)
	}
	if err != nil {
		return "", "", errorf("ResourceNotFoundException", "The resource %s was not found.", in.ResourceArn)
	}
	return in.ResourceArn, in.ResourcePolicy, nil
}

func putLakePolicy(c *call) (any, error) {
	arn, policy, err := c.lakeResource()
	if err != nil {
		return nil, err
	}
	if _, err := parsePolicy(policy); err != nil || len(policy) > maxLakePolicy {
		return nil, errorf("ResourcePolicyNotValidException", "The resource policy is not valid: it must have statements with principals and at most %d characters.", maxLakePolicy)
	}
	state := c.lake()
	if state.policies == nil {
		state.policies = map[string]string{}
	}
	state.policies[arn] = policy
	return c.answered(map[string]string{"ResourceArn": arn, "ResourcePolicy": policy}), nil
}

// lakePolicy is a resource's policy, or the error that there is none.
func (c *call) lakePolicy() (arn, policy string, err error) {
	if arn, _, err = c.lakeResource(); err != nil {
		return "", "", err
	}
	policy, ok := c.lake().policies[arn]
	if !ok {
		return "", "", errorf("ResourcePolicyNotFoundException", "The resource %s has no policy.", arn)
	}
	return arn, policy, nil
}

func getLakePolicy(c *call) (any, error) {
	arn, policy, err := c.lakePolicy()
	if err != nil {
		return nil, err
	}
	return map[string]string{"ResourceArn": arn, "ResourcePolicy": policy}, nil
}

func deleteLakePolicy(c *call) (any, error) {
	arn, _, err := c.lakePolicy()
	if err == nil {
		delete(c.lake().policies, arn)
	}
	return nil, err
}
