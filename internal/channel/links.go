package channel

import (
	"net/url"
	"strings"

	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/trail"
)

// Link leads a reader on. Its address contains nothing that an event could have put there unescaped.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Linker makes a message's links.
type Linker struct {
	// Runbook is the address of your runbook, in which {technique}, {incident}, {severity} and {kind} stand for the
	// incident's own; empty for none.
	Runbook string
}

// Links are the links of a message: to the runbook, and to the trail in AWS's console.
func (l Linker) Links(m notify.Message) []Link {
	var links []Link
	if l.Runbook != "" {
		links = append(links, Link{"Runbook", l.runbook(m)})
	}
	if console := consoleURL(m.Incident.TrailARN); console != "" {
		links = append(links, Link{"AWS console", console})
	}
	return links
}

func (l Linker) runbook(m notify.Message) string {
	technique := ""
	if len(m.Incident.Techniques) > 0 {
		technique = m.Incident.Techniques[0]
	}
	safe := func(s string) string { return url.QueryEscape(fit(s, 100, asIs)) }
	return strings.NewReplacer("{technique}", safe(technique), "{incident}", safe(m.Incident.ID), "{severity}", safe(m.Incident.Severity.String()),
		"{kind}", safe(string(m.Kind))).Replace(l.Runbook)
}

// consoleHosts are where the console is, by partition.
var consoleHosts = map[string]string{
	"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com",
}

// consoleURL is the page of a trail in CloudTrail's console, empty for what is no trail's ARN.
func consoleURL(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "cloudtrail" || !trail.ValidRegion(parts[3]) || !trail.ValidAccount(parts[4]) || len(arn) > 300 {
		return ""
	}
	host, name := consoleHosts[parts[1]], strings.TrimPrefix(parts[5], "trail/")
	if host == "" || name == "" || name == parts[5] {
		return ""
	}
	address := url.URL{Scheme: "https", Host: parts[3] + "." + host, Path: "/cloudtrailv2/home", RawQuery: "region=" + parts[3], Fragment: "/trails/" + arn}
	return address.String()
}
