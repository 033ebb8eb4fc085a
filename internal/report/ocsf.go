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

// OCSFMetadata says what wrote an event, as every class of OCSF has it.
type OCSFMetadata struct {
	Version  string      `json:"version"`
	Product  OCSFProduct `json:"product"`
	Profiles []string    `json:"profiles"`
}

// OCSFProduct is the program that wrote an event.
type OCSFProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version,omitempty"`
}

// OCSFWriter is the metadata of events that a tool writes.
func OCSFWriter(t Tool) OCSFMetadata {
	return OCSFMetadata{OCSFVersion, OCSFProduct{t.Name, "Trailhold", t.Version}, []string{"cloud"}}
}

// OCSFCloud is where an event happened, as the profile "cloud" has it.
type OCSFCloud struct {
	Provider string       `json:"provider"`
	Region   string       `json:"region,omitempty"`
	Account  *OCSFAccount `json:"account,omitempty"`
}

// OCSFAccount is an account of AWS.
type OCSFAccount struct {
	UID  string `json:"uid"`
	Type int    `json:"type_id"` // 10: AWS account
}

// OCSFPlace is a region of an account of AWS; both may be empty.
func OCSFPlace(account, region string) OCSFCloud {
	c := OCSFCloud{Provider: "AWS", Region: region}
	if account != "" {
		c.Account = &OCSFAccount{account, 10}
	}
	return c
}
