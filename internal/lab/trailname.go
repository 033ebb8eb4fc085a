package lab

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

var (
	trailNameChars = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)
	trailARNForm   = regexp.MustCompile(`^arn:aws[a-z-]*:cloudtrail:([a-z0-9-]+):(\d{12}):trail/(.+)$`)
)

// checkTrailName applies the rules that the API documents for InvalidTrailNameException.
func checkTrailName(name string) error {
	reason := ""
	switch {
	case name == "":
		reason = "Trail name cannot be blank!"
	case len(name) < 3:
		reason = "Trail name too short. Minimum allowed length: 3 characters. Specified name length: " + strconv.Itoa(len(name)) + " characters."
	case len(name) > 128:
		reason = "Trail name too long. Maximum allowed length: 128 characters. Specified name length: " + strconv.Itoa(len(name)) + " characters."
	case !trailNameChars.MatchString(name):
		reason = "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_)."
	case !alphanumeric(name[0]):
		reason = "Trail name must starts with a letter or number."
	case !alphanumeric(name[len(name)-1]):
		reason = "Trail name must ends with a letter or number."
	case adjacentMarks(name):
		reason = "Trail name must not contain adjacent periods, underscores or dashes."
	case isIPv4(name):
		reason = "Trail name cannot have an IP address format."
	default:
		return nil
	}
	return &apiError{Code: "InvalidTrailNameException", Message: reason}
}

func alphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func adjacentMarks(name string) bool {
	for i := 1; i < len(name); i++ {
		if !alphanumeric(name[i]) && !alphanumeric(name[i-1]) {
			return true
		}
	}
	return false
}

func isIPv4(name string) bool {
	a, err := netip.ParseAddr(name)
	return err == nil && a.Is4()
}

// trailRef is a trail as a caller named it.
type trailRef struct {
	account, region, name string
	byARN                 bool
}

func (r trailRef) arn() string {
	return "arn:aws:cloudtrail:" + r.region + ":" + r.account + ":trail/" + r.name
}

// parseTrailRef reads a name or ARN. A bare name means the trail of that name in the caller's account and region.
func (c *call) parseTrailRef(text string) (trailRef, error) {
	if !strings.HasPrefix(text, "arn:") {
		return trailRef{account: c.account.id, region: c.region, name: text}, checkTrailName(text)
	}
	m := trailARNForm.FindStringSubmatch(text)
	if m == nil || checkTrailName(m[3]) != nil {
		return trailRef{}, errorf("CloudTrailARNInvalidException", "The format of the specified ARN %.300q is not valid. The following is the format of a trail ARN: arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail", text)
	}
	return trailRef{account: m[2], region: m[1], name: m[3], byARN: true}, nil
}

// unknownTrail is the positive answer that there is no such trail.
func (c *call) unknownTrail(r trailRef) error {
	return errorf("TrailNotFoundException", "Unknown trail: %s for the user: %s", r.arn(), c.account.id)
}

// entryOf finds the entry that a reference means, if the caller may know of it. The version is the caller's to choose.
func (c *call) entryOf(r trailRef) *trailEntry {
	if r.account != c.account.id && r.account != c.lab.trailManager(c.account.id) || c.lab.account(r.account).regions[r.region] == nil {
		return nil
	}
	return c.lab.account(r.account).regions[r.region].trails.entry(r.name)
}

// readTrail finds a trail for reading, as the read sees it: by name at home, by ARN from any region. A member account
// sees the organization's trails by ARN.
func (c *call) readTrail(text string) (*trail, error) {
	r, err := c.parseTrailRef(text)
	if err != nil {
		return nil, err
	}
	if e := c.entryOf(r); e != nil {
		if t := e.seen(c); t != nil && (t.account == c.account.id || t.organization) {
			return t, nil
		}
	}
	return nil, c.unknownTrail(r)
}

// writableTrail finds a trail for changing: always the newest version, only at home, only by its owner.
func (c *call) writableTrail(text string) (*trailEntry, error) {
	r, err := c.parseTrailRef(text)
	if err != nil {
		return nil, err
	}
	e := c.entryOf(r)
	if e == nil || e.newest() == nil {
		return nil, c.shadowOf(r)
	}
	switch t := e.newest(); {
	case t.account != c.account.id && !t.organization:
		return nil, c.unknownTrail(r)
	case t.account != c.account.id:
		return nil, errorf("NotOrganizationMasterAccountException", "The account %s is not the management account of the organization that %s belongs to.", c.account.id, t.arn)
	case t.home != c.region:
		return nil, notAtHome(t, c.region)
	}
	return e, nil
}

// shadowOf says what is wrong with changing a trail by a name that is not at home here: it may be a shadow's.
func (c *call) shadowOf(r trailRef) error {
	for _, t := range c.lab.trailsIn(c.account.id, c.region) {
		if !r.byARN && t.name == r.name && t.account == c.account.id {
			return notAtHome(t, c.region)
		}
	}
	return c.unknownTrail(r)
}

func notAtHome(t *trail, region string) error {
	return errorf("InvalidHomeRegionException", "Trail %s cannot be changed from %s: its home region is %s.", t.arn, region, t.home)
}

// namedTrailARN is the ARN of the trail, event data store or channel that a CloudTrail call names; empty if it names none.
func (c *call) namedTrailARN() string {
	if c.service != "cloudtrail" {
		return ""
	}
	var in struct{ Name, TrailName, ResourceID, EventDataStore, Channel, ResourceArn string } // JSON is matched without regard to case
	if c.decode(&in) != nil {
		return ""
	}
	for _, text := range []string{in.EventDataStore, in.Channel, in.ResourceArn} {
		if lakeARN.MatchString(text) {
			return text
		}
	}
	if strings.Contains(c.operation, "EventDataStore") || strings.Contains(c.operation, "Channel") {
		return "" // the name is not a trail's
	}
	for _, text := range []string{in.Name, in.TrailName, in.ResourceID} {
		if r, err := c.parseTrailRef(text); err == nil {
			return r.arn()
		}
	}
	return ""
}
