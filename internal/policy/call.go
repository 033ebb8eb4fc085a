package policy

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// call is one call that CloudTrail makes, on one or several resources.
type call struct {
	action    string
	resources []string
	region    string // that is called; empty if unknown
	account   string // that owns what is called; empty if unknown
	context   map[string][]string
	possible  map[string][][]string

	// summary stands for all resources and more. If it gets through there's no need to ask for each.
	summary string
}

// elsewhere is a value that no policy can name exactly: of a key that CloudTrail's calls may have, but then with a value
// that belongs to AWS.
const elsewhere = "\x00"

// request is a call as the policy sees it.
func (d Delivery) request(trail trailARN, c call) Request {
	r := Request{
		Principal: Principal{Kind: Service, Service: service, FormerAccounts: formerAccounts},
		Action:    c.action,
		Context: map[string][]string{
			"aws:sourcearn":       {d.TrailARN},
			"aws:sourceaccount":   {trail.account},
			"aws:securetransport": {"true"},
			"aws:viaawsservice":   {"false"},
			"aws:calledvia":       nil, "aws:calledviafirst": nil, "aws:calledvialast": nil,
			"aws:multifactorauthpresent": nil, "aws:multifactorauthage": nil, "aws:referer": nil,
			"aws:username": nil, "aws:federatedprovider": nil,
		},
		Possible: map[string][][]string{
			"aws:principalservicenameslist": {{service}, {service, elsewhere}},
			"aws:principalarn":              {nil, {"arn:" + trail.partition + ":iam::" + elsewhere + ":role/" + elsewhere}},
			"aws:principalaccount":          {nil, {elsewhere}},
			"aws:principalorgid":            {nil, {elsewhere}},
			"aws:principalorgpaths":         {nil, {elsewhere}},
			"aws:userid":                    {nil, {elsewhere}},
			"aws:sourcevpc":                 {nil, {elsewhere}},
			"aws:sourcevpce":                {nil, {elsewhere}},
			"kms:calleraccount":             {nil, {elsewhere}},
			"s3:tlsversion":                 {{"1.2"}, {"1.3"}}, // AWS accepts no older ones
		},
	}
	if d.OrganizationID != "" {
		r.Context["aws:sourceorgid"] = []string{d.OrganizationID}
	}
	d.known(&r, c)
	return r
}

// known adds what is known of this call only.
func (d Delivery) known(r *Request, c call) {
	for key, value := range map[string]string{
		"aws:requestedregion": c.region,
		"aws:resourceaccount": c.account,
		"s3:resourceaccount":  c.account,
	} {
		if value != "" {
			r.Context[key] = []string{value}
		}
	}
	for key, values := range c.context {
		r.Context[key] = values
	}
	for key, lists := range c.possible {
		r.Possible[key] = lists
	}
	if !d.At.IsZero() {
		r.Context["aws:currenttime"] = []string{d.At.UTC().Format(time.RFC3339)}
		r.Context["aws:epochtime"] = []string{strconv.FormatInt(d.At.Unix(), 10)}
	}
}

// check asks a policy about calls. Calls that fail for the same reason become one obstacle.
func (d Delivery) check(what, text string, trail trailARN, calls []call) []Obstacle {
	document, unreadable := read(what, text)
	if unreadable != nil {
		return unreadable
	}
	var obstacles []Obstacle
	for _, c := range calls {
		obstacles = c.collect(obstacles, what, document.Evaluate, d.request(trail, c))
	}
	return obstacles
}

// controlled asks the resource control policies about calls, all levels of which have to let CloudTrail in: unlike service control
// policies, they bind services too.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
func (d Delivery) controlled(trail trailARN, calls []call) []Obstacle {
	if len(d.Controls) == 0 {
		return nil
	}
	var obstacles []Obstacle
	for _, c := range calls {
		obstacles = c.collect(obstacles, Controls, func(r Request) Verdict { return everyLevel(d.Controls, r) }, d.request(trail, c))
	}
	return obstacles
}

// read parses the policy in force, which may be none.
func read(what, text string) (Document, []Obstacle) {
	if text == "" {
		return Document{}, nil
	}
	document, err := Parse(text)
	if err != nil {
		return Document{}, []Obstacle{{Kind: Unclear, Policy: what, Doubt: fmt.Sprintf("the %s can't be read: %v", what, err)}}
	}
	return document, nil
}

// collect adds the obstacles to one call.
func (c call) collect(obstacles []Obstacle, what string, evaluate func(Request) Verdict, r Request) []Obstacle {
	if r.Resource = c.summary; c.summary != "" && evaluate(r).Answer() == Allow {
		return obstacles
	}
	for _, r.Resource = range c.resources {
		o, is := obstacle(what, r, evaluate(r))
		if !is {
			continue
		}
		same := slices.IndexFunc(obstacles, func(other Obstacle) bool { return other.sameReason(o) })
		switch {
		case same < 0:
			obstacles = append(obstacles, o)
		case obstacles[same].Resource != o.Resource:
			obstacles[same].More++
		}
	}
	return obstacles
}
