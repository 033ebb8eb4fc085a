package function

import (
	"encoding/json"
	"fmt"
	"io"
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
}

// pulse is a line in the embedded metric format, which makes CloudWatch Logs turn members of a log line into metrics:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type pulse struct {
	AWS pulseMetadata `json:"_aws"`

	Account                 string
	Heartbeat               int
	Incidents               int
	UnknownFacets           int
	RestorationMilliseconds []int64 `json:",omitempty"` // a metric without a value would make the document invalid
}

type pulseMetadata struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []pulseDirective
}

type pulseDirective struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []pulseMetric
}

type pulseMetric struct{ Name, Unit string }

// beat writes the line of a sweep that began at a time, and was completed now. A zero Heartbeat writes nothing.
func (h Heartbeat) beat(began, now time.Time, found []incident.Incident) error {
	if h.Out == nil {
		return nil
	}
	p := pulse{Account: h.Account, Heartbeat: 1, Incidents: len(found)}
	for _, i := range found {
		p.UnknownFacets += len(i.Unknown)
		if !i.Restored.Before(began) && len(p.RestorationMilliseconds) < maxValues {
			p.RestorationMilliseconds = append(p.RestorationMilliseconds, max(i.Restored.Sub(i.Seen).Milliseconds(), 0))
		}
	}
	metrics := []pulseMetric{{"Heartbeat", "Count"}, {"Incidents", "Count"}, {"UnknownFacets", "Count"}}
	if len(p.RestorationMilliseconds) > 0 {
		metrics = append(metrics, pulseMetric{"RestorationMilliseconds", "Milliseconds"})
	}
	p.AWS = pulseMetadata{now.UnixMilli(), []pulseDirective{{Namespace, [][]string{{"Account"}}, metrics}}}
	line, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if _, err := h.Out.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}

// canary writes the line of a canary that came through, and how long it took.
func (h Heartbeat) canary(now time.Time, took time.Duration) error {
	if h.Out == nil {
		return nil
	}
	p := chirp{Account: h.Account, Canary: 1, CanaryMilliseconds: took.Milliseconds()}
	p.AWS = pulseMetadata{now.UnixMilli(), []pulseDirective{{Namespace, [][]string{{"Account"}}, []pulseMetric{{"Canary", "Count"}, {"CanaryMilliseconds", "Milliseconds"}}}}}
	line, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	if _, err := h.Out.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	return nil
}

// chirp is the line of a canary, in the same format as a pulse.
type chirp struct {
	AWS pulseMetadata `json:"_aws"`

	Account            string
	Canary             int
	CanaryMilliseconds int64
}
