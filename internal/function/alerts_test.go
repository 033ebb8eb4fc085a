package function

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/notify"
)

const alertsFile = "apiVersion: trailhold/v1\nkind: Alerts\nchannels:\n  - {name: chat, type: slack, url: \"env:CHAT\"}\n"

// TestAlertsOfTheFunction makes sure that nothing about alerts keeps the function from guarding, and that a mistake is told
// where it can be.
func TestAlertsOfTheFunction(t *testing.T) {
	box := lab.New(lab.Options{})
	defer box.Close()
	cloud, err := awscloud.New(t.Context(), awscloud.Options{Region: "us-east-1", HTTPClient: box.Client(), AccessKeyID: "AKIAGUARD", SecretAccessKey: "x"})
	if err != nil {
		t.Fatal(err)
	}
	var arrived atomic.Int32
	chat := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	defer chat.Close()
	for _, c := range []struct {
		name, value string
		refused     string // by the start of the function
		told        string // as a failure
		arrives     int32
	}{
		{name: "none"},
		{name: "text", value: alertsFile, arrives: 1},
		{name: "wrong text", value: alertsFile + "x: y\n", told: "TRAILHOLD_ALERTS:5:1: the file has no key"},
		{name: "missing parameter", value: "ssm:/none", told: "ParameterNotFound"},
		{name: "missing object", value: "s3://none/alerts.yaml", told: "NoSuchBucket"},
		{name: "path", value: "alerts.yaml", refused: "TRAILHOLD_ALERTS: give the text of the file, s3://bucket/key or ssm:NAME"},
	} {
		t.Run(c.name, func(t *testing.T) {
			arrived.Store(0)
			var logs bytes.Buffer
			getenv := func(name string) string {
				return map[string]string{"TRAILHOLD_ALERTS": c.value, "CHAT": chat.URL}[name]
			}
			before := box.Calls("ssm", "GetParameter")
			sinks, err := alertChannels(cloud, getenv, &logs)
			if (err != nil) != (c.refused != "") || err != nil && err.Error() != c.refused {
				t.Fatal(err)
			}
			if box.Calls("ssm", "GetParameter") != before {
				t.Error("the file was fetched before there was something to tell")
			}
			d := notify.NewDispatcher(append(sinks, notify.NewWriter(&logs, notify.FormText))...)
			err = d.Tell(t.Context(), incident.Incident{ID: "event-1", Stage: incident.Restored}, incident.KindAlert)
			if (err != nil) != (c.told != "") || err != nil && !strings.Contains(err.Error(), c.told) || arrived.Load() != c.arrives {
				t.Errorf("%d messages arrived: %v", arrived.Load(), err)
			}
			if told := strings.Contains(logs.String(), "AN ALERT CHANNEL FAILS: alerts"); told != (c.told != "") {
				t.Errorf("told %v:\n%s", told, logs.String())
			}
		})
	}
}
