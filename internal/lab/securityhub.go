package lab

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of findings, from the API documentation of Security Hub.
const (
	maxBatchFindings = 100
	maxFindingSize   = 240 << 10
	maxFindings      = 10_000
)

// finding is a finding in ASFF.
type finding map[string]any

// text is the text of a member of it, or of a member's member.
func (f finding) text(path ...string) string {
	var v any = map[string]any(f)
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	s, _ := v.(string)
	return s
}

// Findings returns Security Hub's findings of an account in a region, as JSON, by their id.
func (l *Lab) Findings(account, region string) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]string{}
	if r := l.account(account).regions[region]; r != nil {
		for id, f := range r.findings {
			all[id] = toJSON(f)
		}
	}
	return all
}

func batchImportFindings(c *call) (any, error) {
	var in struct{ Findings []json.RawMessage }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Findings) == 0 || len(in.Findings) > maxBatchFindings {
		return nil, errorf("InvalidInputException", "Findings must have 1 to %d members", maxBatchFindings)
	}
	type failed struct{ Id, ErrorCode, ErrorMessage string }
	failures := []failed{}
	for _, raw := range in.Findings {
		f := finding{}
		if err := json.Unmarshal(raw, &f); err != nil {
			return nil, errorf("InvalidInputException", "%v", err)
		}
		if why := c.findingFault(f, len(raw)); why != "" {
			failures = append(failures, failed{f.text("Id"), "InvalidInput", why})
			continue
		}
		c.importFinding(f)
	}
	return map[string]any{"SuccessCount": len(in.Findings) - len(failures), "FailedCount": len(failures), "FailedFindings": failures}, nil
}

// importFinding stores a finding. An update changes nothing that belongs to people: see BatchImportFindings in the API
// reference.
func (c *call) importFinding(f finding) {
	r := c.account.regions[c.region]
	if r.findings == nil {
		r.findings = map[string]finding{}
	}
	if have := r.findings[f.text("Id")]; have != nil {
		if f.text("UpdatedAt") <= have.text("UpdatedAt") { // it is taken, and changes nothing
			return
		}
		for _, theirs := range []string{"Note", "UserDefinedFields", "VerificationState", "Workflow"} {
			delete(f, theirs)
			if value, ok := have[theirs]; ok {
				f[theirs] = value
			}
		}
	}
	if len(r.findings) < maxFindings {
		r.findings[f.text("Id")] = f
	}
}

// findingTexts are texts that a finding must have, with their longest lengths in characters.
var findingTexts = map[string]int{
	"SchemaVersion": 32, "Id": 512, "ProductArn": 2048, "GeneratorId": 512, "AwsAccountId": 12, "CreatedAt": 64, "UpdatedAt": 64, "Title": 256, "Description": 1024,
}

// findingFault says what is wrong with a finding, empty if nothing.
func (c *call) findingFault(f finding, size int) string {
	if size > maxFindingSize {
		return "finding is larger than 240 KB"
	}
	for _, name := range slices.Sorted(maps.Keys(findingTexts)) {
		if n := utf8.RuneCountInString(f.text(name)); n == 0 || n > findingTexts[name] {
			return fmt.Sprintf("finding.%s should have 1 to %d characters", name, findingTexts[name])
		}
	}
	for _, name := range []string{"CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt"} {
		if _, err := time.Parse(time.RFC3339, f.text(name)); f[name] != nil && err != nil {
			return "finding." + name + " should be a timestamp"
		}
	}
	want := "arn:aws:securityhub:" + c.region + ":" + c.account.id + ":product/" + c.account.id + "/default"
	switch {
	case f.text("SchemaVersion") != "2018-10-08":
		return "finding.SchemaVersion should be 2018-10-08"
	case f.text("AwsAccountId") != c.account.id || f.text("ProductArn") != want:
		return "finding.ProductArn and AwsAccountId should be those of the caller: " + want
	case !slices.Contains([]string{"", "ACTIVE", "ARCHIVED"}, f.text("RecordState")):
		return "finding.RecordState should be ACTIVE or ARCHIVED"
	case !slices.Contains([]string{"", "NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"}, f.text("Workflow", "Status")):
		return "finding.Workflow.Status is not known"
	case f.text("FindingProviderFields", "Severity", "Label") == "" && f.text("Severity", "Label") == "":
		return "finding.Severity or finding.FindingProviderFields.Severity is required"
	case utf8.RuneCountInString(f.text("Remediation", "Recommendation", "Text")) > 512:
		return "finding.Remediation.Recommendation.Text should have at most 512 characters"
	}
	return cmp.Or(resourcesFault(f), productFieldsFault(f))
}

func resourcesFault(f finding) string {
	list, _ := f["Resources"].([]any)
	if len(list) == 0 || len(list) > 32 {
		return "finding.Resources should have 1 to 32 members"
	}
	for _, one := range list {
		r, _ := one.(map[string]any)
		if id := finding(r).text("Id"); finding(r).text("Type") == "" || id == "" || len(id) > 512 {
			return "finding.Resources should have Type and Id"
		}
	}
	return ""
}

func productFieldsFault(f finding) string {
	all, _ := f["ProductFields"].(map[string]any)
	if len(all) > 50 {
		return "finding.ProductFields should have at most 50 members"
	}
	for name, value := range all {
		text, ok := value.(string)
		if !ok || name == "" || len(name) > 128 || utf8.RuneCountInString(text) > 2048 || strings.HasPrefix(name, "aws/") {
			return "finding.ProductFields: " + name + " is not valid"
		}
	}
	return ""
}
