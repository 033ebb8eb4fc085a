package function

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/trailhold/trailhold/internal/incident"
)

// Namespace is the CloudWatch namespace of the function's metrics. Their one dimension is Account: the account that the
// baseline is about.
const Namespace = "Trailhold"

// maxValues is how many values of a metric one document may have.
const maxValues = 100

// Heartbeat tells CloudWatch of each complete sweep, so that silence can raise an alarm from outside: a function that was
// deleted, disabled, throttled to nothing or locked out sends no metric, and nothing that it could do would tell of it.
type Heartbeat struct {
	Account string    // of the baseline
	Out     io.Writer // the function's log: Lambda needs neither a call nor a permission for it

	// Counts is what was done since the last line. It may be nil: then nothing is counted.
	Counts *Counts
}

// measure is a metric of a line. Those that are not written cost nothing: CloudWatch charges for the hours in which a metric has
// a value.
type measure struct {
	name, unit string
	value      any // a number, or up to maxValues of them
}

type metadata struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []directive
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metric
}

type metric struct{ Name, Unit string }

// beat writes the line of a sweep that was completed, and found what it found.
func (h Heartbeat) beat(now time.Time, found []incident.Incident) error {
	unknown := 0
	for _, i := range found {
		unknown += len(i.Unknown)
	}
	return h.write(now, measure{"Heartbeat", count, 1}, measure{"Incidents", count, len(found)}, measure{"UnknownFacets", count, unknown})
}

// canary writes the line of a canary that came through, and how long it took.
func (h Heartbeat) canary(now time.Time, took time.Duration) error {
	return h.write(now, measure{"Canary", count, 1}, measure{"CanaryMilliseconds", milliseconds, took.Milliseconds()})
}

// flush writes the line of an invocation that is neither, if there is something to tell.
func (h Heartbeat) flush(now time.Time) error { return h.write(now) }

const (
	count        = "Count"
	milliseconds = "Milliseconds"
)

// write writes a line of metrics, with what was counted since the last one. There is no line without any, and none of a zero
// Heartbeat.
//
// The line is in the embedded metric format, which makes CloudWatch Logs turn members of a log line into metrics:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (h Heartbeat) write(now time.Time, measures ...measure) error {
	if h.Out == nil {
		return nil
	}
	counted, details := h.Counts.take()
	measures = append(slices.Clone(measures), counted...)
	if len(measures) == 0 {
		return nil
	}
	line := map[string]any{"Account": h.Account}
	for name, value := range details {
		line[name] = value
	}
	var metrics []metric
	for _, m := range measures {
		metrics, line[m.name] = append(metrics, metric{m.name, m.unit}), m.value
	}
	line["_aws"] = metadata{now.UnixMilli(), []directive{{Namespace, [][]string{{"Account"}}, metrics}}}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = h.Out.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
