package lab

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/metricfilter"
)

// logEvent is one event of a log group. Times are milliseconds since 1970.
type logEvent struct {
	stream               string
	timestamp, ingestion int64
	message              string
	number               int // the how-manieth of its group it is
}

// logStream is one stream of a log group.
type logStream struct {
	name                string
	created             time.Time
	first, last, latest int64 // times of the first and last event, and of the latest ingestion; 0: none
}

var logStreamName = regexp.MustCompile(`^[^:*]{1,512}$`)

// stream returns a stream of the group, making it on first use.
func (g *logGroup) stream(name string, now time.Time) (*logStream, error) {
	if s := g.streams[name]; s != nil {
		return s, nil
	}
	if len(g.streams) >= maxLogStreams {
		return nil, errorf("LimitExceededException", "the lab keeps at most %d log streams per group", maxLogStreams)
	}
	g.streams[name] = &logStream{name: name, created: now}
	return g.streams[name], nil
}

// add takes an event in. When there are too many, the oldest make way.
func (g *logGroup) add(s *logStream, at time.Time, message string, now time.Time) {
	g.ingested++
	e := logEvent{stream: s.name, timestamp: at.UnixMilli(), ingestion: now.UnixMilli(), message: message, number: g.ingested}
	g.events = append(g.events, e)
	g.size += len(message)
	if len(g.events) > maxLogEvents || g.size > maxLogBytes {
		oldest := g.events[len(g.events)/10].number // many at once, because each removal moves all others
		g.forget(func(e logEvent) bool { return e.number <= oldest })
	}
	if s.first == 0 || e.timestamp < s.first {
		s.first = e.timestamp
	}
	s.last, s.latest = max(s.last, e.timestamp), e.ingestion
}

// forget removes events.
func (g *logGroup) forget(which func(logEvent) bool) {
	g.events = slices.DeleteFunc(g.events, which)
	g.size = 0
	for _, e := range g.events {
		g.size += len(e.message)
	}
}

func createLogStream(c *call, g *logGroup) (any, error) {
	var in struct{ LogStreamName string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !logStreamName.MatchString(in.LogStreamName) {
		return nil, invalidLog("%.600q is not the name of a log stream", in.LogStreamName)
	}
	if g.streams[in.LogStreamName] != nil {
		return nil, errorf("ResourceAlreadyExistsException", "The specified log stream already exists")
	}
	_, err := g.stream(in.LogStreamName, c.now)
	return nil, err
}

// namedStream finds the existing stream that a request names.
func (c *call) namedStream(g *logGroup) (*logStream, error) {
	var in struct{ LogStreamName string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if s := g.streams[in.LogStreamName]; s != nil {
		return s, nil
	}
	return nil, noLogResource("The specified log stream does not exist.")
}

// deleteLogStream is blocked by the group's deletion protection, like every deletion.
func deleteLogStream(c *call, g *logGroup) (any, error) {
	s, err := c.namedStream(g)
	if err != nil {
		return nil, err
	}
	if err := g.deletable(); err != nil {
		return nil, err
	}
	delete(g.streams, s.name)
	g.forget(func(e logEvent) bool { return e.stream == s.name })
	return nil, nil
}

func describeLogStreams(c *call, g *logGroup) (any, error) {
	var in struct {
		logPage
		LogStreamNamePrefix, OrderBy string
		Descending                   bool
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.OrderBy != "" && in.OrderBy != "LogStreamName" || in.Descending {
		return nil, invalidLog("the lab lists log streams by name only, in ascending order")
	}
	page, answer, err := in.cut(sortedWith(g.streams, in.LogStreamNamePrefix))
	if err != nil {
		return nil, err
	}
	type shown struct {
		Arn                 string `json:"arn"`
		LogStreamName       string `json:"logStreamName"`
		CreationTime        int64  `json:"creationTime"`
		FirstEventTimestamp int64  `json:"firstEventTimestamp,omitempty"`
		LastEventTimestamp  int64  `json:"lastEventTimestamp,omitempty"`
		LastIngestionTime   int64  `json:"lastIngestionTime,omitempty"`
	}
	list := []shown{}
	for _, name := range page {
		s := g.streams[name]
		list = append(list, shown{g.arn + ":log-stream:" + name, name, s.created.UnixMilli(), s.first, s.last, s.latest})
	}
	answer["logStreams"] = list
	return answer, nil
}

// putLogEvents refuses a batch as a whole if one of its events is too long or out of order.
func putLogEvents(c *call, g *logGroup) (any, error) {
	var in struct {
		LogEvents []struct {
			Timestamp int64
			Message   string
		}
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s, err := c.namedStream(g)
	if err != nil {
		return nil, err
	}
	size, last := 0, int64(0)
	for _, e := range in.LogEvents {
		size += len(e.Message) + 26
		if e.Message == "" || size > maxLogMessage || e.Timestamp < last || e.Timestamp > c.now.Add(2*time.Hour).UnixMilli() {
			return nil, invalidLog("log events must be in order of time, not empty, not from the future and together at most %d bytes", maxLogMessage)
		}
		last = e.Timestamp
	}
	if len(in.LogEvents) == 0 || len(in.LogEvents) > 10_000 {
		return nil, invalidLog("a batch has from 1 to 10,000 log events")
	}
	for _, e := range in.LogEvents {
		g.add(s, time.UnixMilli(e.Timestamp), e.Message, c.now)
	}
	return map[string]any{"nextSequenceToken": fmt.Sprintf("%056d", g.ingested)}, nil
}

// logQuery is what the operations that read events have in common.
type logQuery struct {
	StartTime, EndTime *int64
	Limit              *int
	NextToken          string
	StartFromHead      *bool
}

// Bounds of a page of events.
const (
	logEventsPage = 10_000
	logBytesPage  = 1 << 20
)

// between returns the group's events in the query's time that satisfy a condition, in order of time.
func (q *logQuery) between(g *logGroup, wanted func(logEvent) bool) []logEvent {
	var found []logEvent
	for _, e := range g.events {
		if (q.StartTime == nil || e.timestamp >= *q.StartTime) && (q.EndTime == nil || e.timestamp <= *q.EndTime) && wanted(e) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, compareLogEvents)
	return found
}

func compareLogEvents(a, b logEvent) int {
	return cmp.Or(cmp.Compare(a.timestamp, b.timestamp), cmp.Compare(a.number, b.number))
}

// token remembers an event as a place between two pages.
func (e logEvent) token(direction string) string {
	return fmt.Sprintf("%s/%d/%d", direction, e.timestamp, e.number)
}

// place reads a token; the event that it makes compares like the remembered one.
func (q *logQuery) place() (direction string, e logEvent, err error) {
	parts := strings.Split(q.NextToken, "/")
	if len(parts) == 3 && (parts[0] == "f" || parts[0] == "b") {
		if _, err := fmt.Sscanf(parts[1]+" "+parts[2], "%d %d", &e.timestamp, &e.number); err == nil {
			return parts[0], e, nil
		}
	}
	return "", e, invalidLog("The specified nextToken is invalid.")
}

// size is how many events at the head of a list fit a page.
func (q *logQuery) size(events []logEvent) (int, error) {
	limit := logEventsPage
	setIfGiven(&limit, q.Limit)
	if limit < 1 || limit > logEventsPage {
		return 0, invalidLog("limit must be from 1 to %d", logEventsPage)
	}
	n, bytes := 0, 0
	for n < len(events) && n < limit && (n == 0 || bytes+len(events[n].message) <= logBytesPage) {
		bytes += len(events[n].message)
		n++
	}
	return n, nil
}

func filterLogEvents(c *call, g *logGroup) (any, error) {
	var in struct {
		logQuery
		FilterPattern, LogStreamNamePrefix string
		LogStreamNames                     []string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	filter, err := metricfilter.Parse(in.FilterPattern)
	if err != nil {
		return nil, invalidLog("the lab can't read the %v", err)
	}
	if in.LogStreamNamePrefix != "" && len(in.LogStreamNames) > 0 || in.StartFromHead != nil && !*in.StartFromHead {
		return nil, invalidLog("logStreamNames and logStreamNamePrefix exclude each other, and the lab lists the oldest events first")
	}
	events := in.between(g, func(e logEvent) bool {
		return strings.HasPrefix(e.stream, in.LogStreamNamePrefix) && (len(in.LogStreamNames) == 0 || slices.Contains(in.LogStreamNames, e.stream)) &&
			filter.Match([]byte(e.message)) == metricfilter.Yes
	})
	if in.NextToken != "" {
		_, after, err := in.place()
		if err != nil {
			return nil, err
		}
		events = slices.DeleteFunc(events, func(e logEvent) bool { return compareLogEvents(e, after) <= 0 })
	}
	n, err := in.size(events)
	if err != nil {
		return nil, err
	}
	type shown struct {
		EventID       string `json:"eventId"`
		LogStreamName string `json:"logStreamName"`
		Timestamp     int64  `json:"timestamp"`
		IngestionTime int64  `json:"ingestionTime"`
		Message       string `json:"message"`
	}
	list := []shown{}
	for _, e := range events[:n] {
		list = append(list, shown{fmt.Sprintf("%056d", e.number), e.stream, e.timestamp, e.ingestion, e.message})
	}
	answer := map[string]any{"events": list, "searchedLogStreams": []string{}}
	if n < len(events) {
		answer["nextToken"] = events[n-1].token("f")
	}
	return answer, nil
}

// getLogEvents shows a page of one stream, always in order of time: the last one unless asked to start from the head. At
// either end the tokens that it returns are those that it was given.
func getLogEvents(c *call, g *logGroup) (any, error) {
	var in logQuery
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s, err := c.namedStream(g)
	if err != nil {
		return nil, err
	}
	events := in.between(g, func(e logEvent) bool { return e.stream == s.name })
	direction, at := "b", logEvent{timestamp: 1 << 62}
	if in.StartFromHead != nil && *in.StartFromHead {
		direction, at = "f", logEvent{}
	}
	if in.NextToken != "" {
		if direction, at, err = in.place(); err != nil {
			return nil, err
		}
	}
	page, err := in.turn(events, direction, at)
	if err != nil {
		return nil, err
	}
	type shown struct {
		Timestamp     int64  `json:"timestamp"`
		IngestionTime int64  `json:"ingestionTime"`
		Message       string `json:"message"`
	}
	list, first, last := []shown{}, at, at
	for i, e := range page {
		if i == 0 {
			first = e
		}
		last = e
		list = append(list, shown{e.timestamp, e.ingestion, e.message})
	}
	return map[string]any{"events": list, "nextForwardToken": last.token("f"), "nextBackwardToken": first.token("b")}, nil
}

// turn is the page after or before a place.
func (q *logQuery) turn(events []logEvent, direction string, at logEvent) ([]logEvent, error) {
	if direction == "f" {
		rest := slices.DeleteFunc(events, func(e logEvent) bool { return compareLogEvents(e, at) <= 0 })
		n, err := q.size(rest)
		return rest[:n], err
	}
	rest := slices.DeleteFunc(events, func(e logEvent) bool { return compareLogEvents(e, at) >= 0 })
	slices.Reverse(rest)
	n, err := q.size(rest)
	rest = rest[:n]
	slices.Reverse(rest)
	return rest, err
}
