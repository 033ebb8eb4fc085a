package channel

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/notify"
	"github.com/trailhold/trailhold/internal/severity"
)

// structuredID names the structured data. 32473 is the enterprise number that RFC 5612 sets aside for those without one.
const structuredID = "trailhold@32473"

// Limits of a message's parts. All receivers take 2048 bytes; with UDP, more may be lost in pieces (RFC 5424, 6.1).
const (
	syslogDatagram = 2000 // bytes of a message in a datagram
	syslogStream   = 8000 // and on a stream, which every receiver in use takes
	syslogHost     = 64
	syslogMsgID    = 32
)

// Facilities are the names of syslog's facilities that make sense here, with their numbers (RFC 5424, 6.2.1).
var Facilities = map[string]int{
	"user": 1, "daemon": 3, "auth": 4, "authpriv": 10, "audit": 13, "local0": 16, "local1": 17, "local2": 18, "local3": 19,
	"local4": 20, "local5": 21, "local6": 22, "local7": 23,
}

// syslogSeverity is RFC 5424's number.
func syslogSeverity(s severity.Severity) int {
	switch s {
	case severity.Critical:
		return 2
	case severity.High:
		return 3
	case severity.Medium:
		return 4
	case severity.Low:
		return 5
	}
	return 6
}

// syslogMessage is a message as RFC 5424 wants it, of at most most bytes. Where it would have more, all texts in it are cut.
func syslogMessage(m notify.Message, links []Link, facility int, host string, at time.Time, most int) []byte {
	for room := most; ; room /= 2 {
		out := syslogWithin(m, links, facility, host, at, room)
		if len(out) <= most || room < 4 {
			return out
		}
	}
}

func syslogWithin(m notify.Message, links []Link, facility int, host string, at time.Time, room int) []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "<%d>1 %s %s trailhold - %s [%s", facility*8+syslogSeverity(m.Incident.Severity), at.UTC().Format("2006-01-02T15:04:05.000000Z"),
		headerField(host, syslogHost), headerField(string(m.Kind), syslogMsgID), structuredID)
	i := m.Incident
	all := []field{
		{"id", m.ID()}, {"incident", short(i.ID)}, {"severity", i.Severity.String()}, {"stage", short(string(i.Stage))}, {"account", short(i.Account)},
		{"region", short(i.Region)}, {"trail", short(i.TrailARN)}, {"technique", short(technique(m))},
	}
	for _, f := range append(all, fields(m.Brief)...) {
		if f.text != "" {
			fmt.Fprintf(&out, ` %s="%s"`, f.name, fit(f.text, room, parameterEscape))
		}
	}
	for n, l := range links {
		fmt.Fprintf(&out, ` link%d="%s"`, n+1, fit(l.URL, room, parameterEscape))
	}
	out.WriteString("] \ufeff" + fit(m.Line, max(room, 80), asIs)) // the mark says that it is UTF-8
	return []byte(out.String())
}

// headerField is a field of the header: printable ASCII without blanks, or "-".
func headerField(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r
		}
		return -1
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}

// parameterEscape escapes what would end a parameter's value. Control characters cannot occur: package plain wrote them out.
func parameterEscape(r rune) string {
	switch r {
	case '"', '\\', ']':
		return `\` + string(r)
	}
	return string(r)
}
