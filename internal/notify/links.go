package notify

import (
	"net/url"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
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
	// incident's own; empty for the section of ours that is about such a message.
	Runbook string
}

// maxWord is how many characters of a word get into the address of a runbook.
const maxWord = 100

// runbooks is our own page; a test makes sure that it has all sections that section names.
const runbooks = "https://github.com/trailhold/trailhold/blob/main/docs/runbooks.md"

// Links are the links of a message: to the runbook, and to the trail in AWS's console.
func (l Linker) Links(m Message) []Link {
	var links []Link
	switch section := section(m); {
	case l.Runbook != "":
		links = append(links, Link{"Runbook", l.runbook(m)})
	case section != "":
		links = append(links, Link{"Runbook", runbooks + "#" + section})
	}
	if console := ConsoleURL(m.Incident.TrailARN); console != "" {
		links = append(links, Link{"AWS console", console})
	}
	return links
}

func (l Linker) runbook(m Message) string {
	technique := ""
	if len(m.Incident.Techniques) > 0 {
		technique = m.Incident.Techniques[0]
	}
	safe := func(s string) string {
		if runes := []rune(s); len(runes) > maxWord {
			s = string(runes[:maxWord-1]) + "…"
		}
		return url.QueryEscape(s)
	}
	return strings.NewReplacer("{technique}", safe(technique), "{incident}", safe(m.Incident.ID), "{severity}", safe(m.Incident.Severity.String()),
		"{kind}", safe(string(m.Kind))).Replace(l.Runbook)
}

// Lines are what leads on from a message as the end of a text, for media that know no other links: the links themselves, and how
// to read the whole incident.
func (l Linker) Lines(m Message) string {
	var text strings.Builder
	for _, link := range l.Links(m) {
		text.WriteString("  " + link.Title + ": " + link.URL + "\n")
	}
	if harmless(m.Incident.ID) && m.Kind != KindTest && m.Kind != KindFailure {
		text.WriteString("  The incident: trailhold incidents show " + m.Incident.ID + " --journal JOURNAL\n")
	}
	if text.Len() == 0 {
		return ""
	}
	return "\nLINKS\n" + text.String()
}

// section is that of the runbooks that is about such a message; empty for one that nobody has to do anything about.
func section(m Message) string {
	i := m.Incident
	if m.Kind == KindTest || m.Kind == KindFailure {
		return ""
	}
	if _, _, ok := i.Message(); ok {
		return "a-message-could-not-be-read"
	}
	if broken, _, _, ok := i.Verification(); ok {
		return map[bool]string{true: "logs-not-whole", false: "logs-not-verified"}[broken]
	}
	if _, ok := i.MissedCanary(); ok {
		return "canary-missed"
	}
	if i.Window != nil {
		return "change-window"
	}
	flag := read(i, m.Kind).flag()
	switch {
	case flag == "CONTEST, NOT REVERTED":
		flag = "CONTEST"
	case flag == "" && i.Stage == incident.Observed:
		flag = "nothing changed"
	case flag == "":
		flag = "restored"
	}
	return strings.ReplaceAll(strings.ToLower(flag), " ", "-")
}

// consoleHosts are where the console is, by partition.
var consoleHosts = map[string]string{
	"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com",
}

// ConsoleURL is the page of a trail in CloudTrail's console, empty for what is no trail's ARN.
func ConsoleURL(arn string) string {
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
