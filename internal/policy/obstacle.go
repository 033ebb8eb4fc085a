package policy

import (
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/plain"
)

// ObstacleKind is in which way a policy is an obstacle to delivery.
type ObstacleKind uint8

// The kinds, from the surest to the least sure.
const (
	Denied     ObstacleKind = iota + 1 // a statement denies the call
	NotAllowed                         // no statement allows it
	Unclear                            // it depends on what isn't known
)

// Obstacle is a call that a policy lets fail, or may let fail.
type Obstacle struct {
	Kind      ObstacleKind
	Policy    string // "bucket policy", "key policy", "topic policy", "topic's key policy" or "resource control policy"
	Caller    string // whose call it is; empty for CloudTrail's
	Action    string // such as s3:PutObject
	Resource  string // what the call is about; ends in * if it's everything that begins so
	More      int    // how many other resources the same is true of
	Statement string // the name of the statement that denies or is unclear
	Doubt     string // why it's unclear
	Nearest   string // what comes nearest to allowing the call, if nothing does
}

// Controls is what an obstacle calls a resource control policy.
const Controls = "resource control policy"

// maxResource is how many characters of a resource's name an obstacle shows.
const maxResource = 300

// obstacle makes one of a verdict; is is false if the call goes through.
func obstacle(what string, r Request, v Verdict) (o Obstacle, is bool) {
	o = Obstacle{Policy: what, Action: r.Action, Resource: r.Resource}
	if i := strings.IndexAny(o.Resource, string([]rune{AnyDigit, AnyName})); i >= 0 {
		o.Resource = o.Resource[:i] + "*"
	}
	switch {
	case v.Deny == Yes:
		o.Kind, o.Statement = Denied, v.DenyBy
	case v.Allow == No:
		o.Kind, o.Nearest = NotAllowed, v.Nearest
	case v.Deny == Maybe:
		o.Kind, o.Statement, o.Doubt = Unclear, v.DenyBy, v.DenyDoubt
	case v.Allow == Maybe:
		o.Kind, o.Statement, o.Doubt = Unclear, v.AllowBy, v.AllowDoubt
	}
	return o, o.Kind != 0
}

// sameReason says whether two obstacles differ in nothing but the resource.
func (o Obstacle) sameReason(other Obstacle) bool {
	o.Resource, o.More = other.Resource, other.More
	return o == other
}

// String is one line for an alert. The names in it are made harmless.
func (o Obstacle) String() string {
	if o.Action == "" {
		return "can't tell whether CloudTrail delivers: " + o.Doubt
	}
	call := fmt.Sprintf("%s on %s", o.Action, plain.Text(o.Resource, maxResource))
	if o.More > 0 {
		call += fmt.Sprintf(" and %d more", o.More)
	}
	who := "CloudTrail"
	if o.Caller != "" {
		who = plain.Text(o.Caller, maxResource)
	}
	switch o.Kind {
	case Denied:
		return fmt.Sprintf("the %s denies %s %s, by statement %s", o.Policy, who, call, o.Statement)
	case NotAllowed:
		line := fmt.Sprintf("the %s does not let %s %s", o.Policy, who, call)
		if o.Nearest != "" {
			line += "; " + o.Nearest
		}
		return line
	}
	return fmt.Sprintf("can't tell whether the %s lets %s %s: statement %s: %s", o.Policy, who, call, o.Statement, o.Doubt)
}
