package posturereport

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

// The limits of AWS Security Finding Format, in characters and members. A finding stays far below the 240 KB that it may have.
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
const (
	asffTitle       = 256
	asffText        = 1024 // of the description
	asffID          = 512
	asffRecommended = 512
	asffRegion      = 16
	asffFieldName   = 128
	asffField       = 2048
	asffFields      = 40 // of the 50 that there may be
	asffRelated     = 32
)

// remedyField is the product field that holds a remedy that is too long for a recommendation.
const remedyField = "trailhold/remedy"

// writeASFF writes an array of findings for Security Hub's BatchImportFindings, which takes a hundred at a time. They come
// from the default product of the account that each is about.
func writeASFF(w io.Writer, r posture.Report, s Subject) error {
	findings := []asffFinding{}
	for _, a := range byCheck(r) {
		for _, f := range a.Findings {
			findings = append(findings, asffOf(a.Check, f, r.At, cmp.Or(s.Region, "us-east-1"), s.Tool.Version))
		}
	}
	return report.JSON(w, findings)
}

type asffFinding struct {
	SchemaVersion string            `json:"SchemaVersion"`
	ID            string            `json:"Id"`
	ProductArn    string            `json:"ProductArn"`
	GeneratorID   string            `json:"GeneratorId"`
	AccountID     string            `json:"AwsAccountId"`
	CreatedAt     string            `json:"CreatedAt"`
	UpdatedAt     string            `json:"UpdatedAt"`
	Title         string            `json:"Title"`
	Description   string            `json:"Description"`
	Provider      asffProvider      `json:"FindingProviderFields"`
	Compliance    asffCompliance    `json:"Compliance"`
	Workflow      asffWorkflow      `json:"Workflow"`
	RecordState   string            `json:"RecordState"`
	Resources     []asffResource    `json:"Resources"`
	Remediation   *asffRemediation  `json:"Remediation,omitempty"`
	ProductFields map[string]string `json:"ProductFields"`
}

// asffProvider holds what a provider may change later.
type asffProvider struct {
	Severity asffSeverity `json:"Severity"`
	Types    []string     `json:"Types"`
}

type asffSeverity struct {
	Label string `json:"Label"`
}

type asffCompliance struct {
	Status  string   `json:"Status"`
	Related []string `json:"RelatedRequirements,omitempty"`
}

type asffWorkflow struct {
	Status string `json:"Status"`
}

type asffResource struct {
	Type      string `json:"Type"`
	ID        string `json:"Id"`
	Partition string `json:"Partition"`
	Region    string `json:"Region,omitempty"`
}

type asffRemediation struct {
	Recommendation asffRecommendation `json:"Recommendation"`
}

type asffRecommendation struct {
	Text string `json:"Text"`
}

func asffOf(c posture.Check, f posture.Finding, at time.Time, region, version string) asffFinding {
	stamp := at.UTC().Format(time.RFC3339)
	made := asffFinding{
		SchemaVersion: "2018-10-08", ID: "trailhold/" + f.ID, GeneratorID: "trailhold/" + c.ID, AccountID: f.Account, CreatedAt: stamp, UpdatedAt: stamp,
		ProductArn: fmt.Sprintf("arn:%s:securityhub:%s:%s:product/%s/default", asffPartition(f), region, f.Account, f.Account),
		Title:      words(c.Title+": "+cmp.Or(lastOf(f.Resource), f.Region, f.Account), asffTitle), Description: words(f.Detail, asffText),
		Provider: asffProvider{asffSeverity{asffLabel(f)}, []string{"Software and Configuration Checks/AWS Security Best Practices"}},
		Workflow: asffWorkflow{"NEW"}, RecordState: "ACTIVE", Compliance: asffCompliance{Status: asffStatus(f), Related: related(c)},
		Resources:     []asffResource{{Type: resourceType(f.Resource), ID: words(about(f), asffID), Partition: asffPartition(f)}},
		ProductFields: map[string]string{"trailhold/status": string(f.Status)},
	}
	if version != "" {
		made.ProductFields["trailhold/version"] = words(version, asffField)
	}
	if f.Region != "" && len(f.Region) <= asffRegion {
		made.Resources[0].Region = words(f.Region, asffRegion)
	}
	if f.Status == posture.Muted {
		made.Workflow.Status = "SUPPRESSED"
		made.ProductFields["trailhold/muted"] = words(muteOf(f), asffField)
	}
	made.remedy(f)
	made.evidence(f)
	return made
}

// remedy puts the command where it fits whole.
func (a *asffFinding) remedy(f posture.Finding) {
	text := command(f.Remedy)
	switch n := len([]rune(text)); {
	case n == 0:
		return
	case n <= asffRecommended:
		a.Remediation = &asffRemediation{asffRecommendation{text}}
	case n <= asffField:
		a.Remediation = &asffRemediation{asffRecommendation{"The command is the product field " + remedyField + "."}}
		a.ProductFields[remedyField] = text
	default:
		a.Remediation = &asffRemediation{asffRecommendation{"The command is too long for Security Hub: trailhold audit --check " + words(f.Check, asffFieldName) + " prints it."}}
	}
}

func (a *asffFinding) evidence(f posture.Finding) {
	for _, e := range f.Evidence {
		if len(a.ProductFields) < asffFields {
			a.ProductFields[literal("trailhold/evidence/"+e.Name, asffFieldName)] = words(e.Value, asffField)
		}
	}
}

// words is text that Security Hub takes: not empty, and on one line.
func words(text string, most int) string {
	return cmp.Or(literal(strings.TrimSpace(text), most), "-")
}

func lastOf(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// asffPartition is the partition, as one of those that Security Hub knows.
func asffPartition(f posture.Finding) string {
	switch p := partition(f); p {
	case "aws-cn", "aws-us-gov":
		return p
	}
	return "aws"
}

func asffStatus(f posture.Finding) string {
	switch was(f) {
	case posture.Pass:
		return "PASSED"
	case posture.Fail:
		return "FAILED"
	case posture.NotApplicable:
		return "NOT_AVAILABLE"
	}
	return "WARNING" // some information is missing
}

func asffLabel(f posture.Finding) string {
	if s := was(f); s == posture.Pass || s == posture.NotApplicable || f.Severity <= severity.Info {
		return "INFORMATIONAL"
	}
	return strings.ToUpper(f.Severity.String())
}

func related(c posture.Check) (list []string) {
	for _, s := range standards(c) {
		for _, id := range s.IDs {
			if len(list) < asffRelated {
				list = append(list, plain.Text(s.Name+" "+id, asffFieldName))
			}
		}
	}
	return list
}

// resourceType is what Security Hub calls the kind of a resource.
func resourceType(arn string) string {
	if arn == "" {
		return "AwsAccount"
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return "Other"
	}
	kind, _, _ := strings.Cut(strings.ReplaceAll(parts[5], ":", "/"), "/")
	switch parts[2] {
	case "s3":
		return "AwsS3Bucket"
	case "sns":
		return "AwsSnsTopic"
	case "sqs":
		return "AwsSqsQueue"
	}
	named := map[string]string{
		"cloudtrail/trail": "AwsCloudTrailTrail", "kms/key": "AwsKmsKey", "iam/role": "AwsIamRole", "iam/user": "AwsIamUser",
		"cloudwatch/alarm": "AwsCloudWatchAlarm", "lambda/function": "AwsLambdaFunction", "dynamodb/table": "AwsDynamoDbTable",
		"events/event-bus": "AwsEventsEventbus",
	}
	return cmp.Or(named[parts[2]+"/"+kind], "Other")
}
