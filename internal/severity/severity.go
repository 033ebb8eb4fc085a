// Package severity ranks how much something matters, for drifts, signals, incidents and findings alike.
package severity

import "fmt"

// Severity orders from Info (worth knowing) to Critical (wake somebody). The zero value is None.
type Severity uint8

// The levels, least first.
const (
	None Severity = iota
	Info
	Low
	Medium
	High
	Critical
)

var names = [...]string{None: "none", Info: "info", Low: "low", Medium: "medium", High: "high", Critical: "critical"}

// String is the lower-case name used in every output and in the baseline file.
func (s Severity) String() string {
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Parse reads what String writes. The error names the accepted words.
func Parse(text string) (Severity, error) {
	for s, name := range names {
		if name == text {
			return Severity(s), nil
		}
	}
	return None, fmt.Errorf("unknown severity %q: use info, low, medium, high or critical", text)
}

// MarshalText implements encoding.TextMarshaler, so that JSON and YAML carry the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
