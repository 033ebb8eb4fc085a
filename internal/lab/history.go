package lab

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of Event history.
const (
	historyAge    = 90 * 24 * time.Hour
	historyLength = 20_000 // per account and region; the oldest event makes way
	lookupPage    = 50
)

// history is Event history: the management events of one account in one region, whether or not there is a trail.
type history struct {
	events []historyEvent // oldest first
	added  int            // how many there ever were
}

// historyEvent is an event as LookupEvents returns it.
type historyEvent struct {
	EventID         string `json:"EventId"`
	EventName       string
	ReadOnly        string
	AccessKeyID     string `json:"AccessKeyId,omitempty"`
	EventTime       epoch
	EventSource     string
	Username        string
	Resources       []historyResource
	CloudTrailEvent string

	number int // the how-manieth it is: the position that a token of the next page remembers
}

type historyResource struct {
	ResourceType string
	ResourceName string
}

func (h *history) add(c *call, r *eventRecord, raw string) {
	if len(h.events) >= historyLength {
		h.events = slices.Delete(h.events, 0, historyLength/10) // many at once, because each removal moves all others
	}
	h.added++
	h.events = append(h.events, historyEvent{
		EventID: r.EventID, EventName: r.EventName, ReadOnly: strconv.FormatBool(r.ReadOnly),
		AccessKeyID: c.accessKey, EventTime: epoch{c.now.Truncate(time.Second)}, EventSource: r.EventSource,
		Username: c.issuerName(), Resources: c.resources(r), CloudTrailEvent: raw, number: h.added,
	})
}

// resources lists the trail, event data store or channel that a CloudTrail call named, and what other records name.
func (c *call) resources(r *eventRecord) []historyResource {
	list := []historyResource{}
	for _, resource := range r.Resources {
		list = append(list, historyResource{resource.Type, resource.ARN})
	}
	if arn := c.namedTrailARN(); arn != "" && r.RequestParameters != nil {
		kind := "Trail"
		if m := lakeARN.FindStringSubmatch(arn); m != nil {
			kind = map[string]string{"eventdatastore": "EventDataStore", "channel": "Channel"}[m[3]]
		}
		list = append(list, historyResource{"AWS::CloudTrail::" + kind, arn})
	}
	return list
}

type lookupInput struct {
	LookupAttributes []struct{ AttributeKey, AttributeValue string }
	StartTime        *epoch
	EndTime          *epoch
	EventCategory    *string
	MaxResults       *int
	NextToken        string
}

func (c *call) lookupEvents() (any, error) {
	var in lookupInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	below, err := in.position()
	if err != nil {
		return nil, err
	}
	size := lookupPage
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	page, more := []historyEvent{}, false
	events := c.account.regions[c.region].trails.history.events
	for i := len(events) - 1; i >= 0 && !more; i-- {
		e := &events[i]
		if below > 0 && e.number >= below || c.now.Sub(e.EventTime.Time) < c.lab.options.HistoryDelay || c.now.Sub(e.EventTime.Time) > historyAge || !in.matches(e) {
			continue
		}
		more = len(page) == size
		if !more {
			page = append(page, *e)
		}
	}
	answer := map[string]any{"Events": page}
	if more {
		answer["NextToken"] = in.token(page[len(page)-1].number)
	}
	return answer, nil
}

// lookupKeys are the attributes by which events can be looked up.
var lookupKeys = []string{"EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"}

func (in *lookupInput) check() error {
	if len(in.LookupAttributes) > 1 {
		return errorf("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
	}
	for _, a := range in.LookupAttributes {
		if !slices.Contains(lookupKeys, a.AttributeKey) || a.AttributeValue == "" || len(a.AttributeValue) > 2000 {
			return errorf("InvalidLookupAttributesException", "The lookup attribute %.50q is not valid.", a.AttributeKey)
		}
	}
	if in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > lookupPage) {
		return errorf("InvalidMaxResultsException", "A maximum results value of %d is invalid. Specify max results between 1 and %d.", *in.MaxResults, lookupPage)
	}
	if in.StartTime != nil && in.EndTime != nil && in.StartTime.After(in.EndTime.Time) {
		return errorf("InvalidTimeRangeException", "The start time is after the end time.")
	}
	if in.EventCategory != nil && *in.EventCategory != "insight" {
		return errorf("InvalidEventCategoryException", "%.50q is not a valid event category.", *in.EventCategory)
	}
	return nil
}

// matches says whether an event is asked for. There are no Insights events, so asking for those finds nothing.
func (in *lookupInput) matches(e *historyEvent) bool {
	switch {
	case in.EventCategory != nil:
		return false
	case in.StartTime != nil && e.EventTime.Before(in.StartTime.Time):
		return false
	case in.EndTime != nil && e.EventTime.After(in.EndTime.Time):
		return false
	}
	return len(in.LookupAttributes) == 0 || e.has(in.LookupAttributes[0].AttributeKey, in.LookupAttributes[0].AttributeValue)
}

func (e *historyEvent) has(key, value string) bool {
	switch key {
	case "EventId":
		return e.EventID == value
	case "EventName":
		return e.EventName == value
	case "ReadOnly":
		return e.ReadOnly == value
	case "Username":
		return e.Username == value
	case "EventSource":
		return e.EventSource == value
	case "AccessKeyId":
		return e.AccessKeyID == value
	}
	return slices.ContainsFunc(e.Resources, func(r historyResource) bool {
		return r.ResourceType == value && key == "ResourceType" || r.ResourceName == value && key == "ResourceName"
	})
}

// token is where the next page starts, together with the question, because it is only good for the same question.
func (in *lookupInput) token(below int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(below) + " " + in.question()))
}

// position reads the token: the page starts below that event; 0 starts with the newest.
func (in *lookupInput) position() (int, error) {
	if in.NextToken == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(in.NextToken)
	number, question, _ := strings.Cut(string(text), " ")
	below, notNumber := strconv.Atoi(number)
	if err != nil || notNumber != nil || below < 1 || question != in.question() {
		return 0, errorf("InvalidNextTokenException", "The token is not valid, or belongs to a request with other parameters.")
	}
	return below, nil
}

// question is the request without the token and the page size.
func (in *lookupInput) question() string {
	asked := *in
	asked.NextToken, asked.MaxResults = "", nil
	b, _ := json.Marshal(asked) // texts and times only
	return string(b)
}
