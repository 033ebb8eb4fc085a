package report

import "github.com/trailhold/trailhold/internal/severity"

// OCSFVersion is the version of the Open Cybersecurity Schema Framework in which findings are written:
// https://schema.ocsf.io/1.3.0
const OCSFVersion = "1.3.0"

// OCSFSeverity is a severity as OCSF's severity_id and its caption.
func OCSFSeverity(s severity.Severity) (id int, caption string) {
	switch s {
	case severity.Critical:
		return 5, "Critical"
	case severity.High:
		return 4, "High"
	case severity.Medium:
		return 3, "Medium"
	case severity.Low:
		return 2, "Low"
	}
	return 1, "Informational"
}
