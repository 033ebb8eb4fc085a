package rulepack

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/sigma"
)

func TestPackHasNoDoubts(t *testing.T) {
	for _, f := range pack(t) {
		for _, r := range f.Rules {
			for _, w := range Lint(r) {
				t.Error(w)
			}
			if !sigma.Applies(r.LogSource) {
				t.Errorf("%s is not for CloudTrail", r.Position)
			}
		}
	}
}

func TestLintKnowsNames(t *testing.T) {
	for _, test := range []struct {
		source, name string
		doubts       int
	}{
		{"cloudtrail.amazonaws.com", "StopLogging", 0},
		{"cloudtrail.amazonaws.com", "stoplogging", 0},
		{"CloudTrail.amazonaws.com", "StopLoging", 1},
		{"cloudtrail.amazonaws.com", "DeleteBucket", 1},
		{"cloudtrail.amazonaws.com", "Stop*", 0},
		{"s3.amazonaws.com", "PutBucketLifecycle", 0},
		{"s3.amazonaws.com", "PutBucketLifecycleConfiguration", 1},
		{"s3.amazonaws.com", "PutLifecycleConfiguration", 1},
		{"kms.amazonaws.com", "DeleteKey", 0},
		{"lambda.amazonaws.com", "UpdateFunctionCode20150331v2", 0},
		{"lambda.amazonaws.com", "DeleteFunction20150331", 0},
		{"lambda.amazonaws.com", "DeleteFunctions20150331", 1},
		{"newservice.amazonaws.com", "Anything", 0},
	} {
		f, err := Parse("test.yml", []byte("title: x\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n"+
			"  call: {eventSource: "+test.source+", eventName: '"+test.name+"'}\n  condition: call\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := Lint(f.Rules[0]); len(got) != test.doubts {
			t.Errorf("%s %s: %v", test.source, test.name, got)
		}
	}
}

// TestEventNamesAreFresh compares the table with the service models of the SDK's modules that this module requires.
func TestEventNamesAreFresh(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Dir}}", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{
		"account": "account", "cloudtrail": "cloudtrail", "cloudwatch": "monitoring", "cloudwatchlogs": "logs", "dynamodb": "dynamodb",
		"eventbridge": "events", "iam": "iam", "kms": "kms", "lambda": "lambda", "organizations": "organizations", "s3": "s3",
		"scheduler": "scheduler", "sns": "sns", "sqs": "sqs", "sts": "sts",
	}
	checked := 0
	for line := range strings.Lines(string(out)) {
		module, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		source := sources[strings.TrimPrefix(module, "github.com/aws/aws-sdk-go-v2/service/")]
		if source == "" || dir == "" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "api_op_*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no operations (%v)", dir, err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "api_op_"), ".go")
			if !listed(source, name) && !strings.HasSuffix(name, "_test") {
				t.Errorf("eventnames.txt lacks %s of %s: run go run ./internal/rulepack/eventnames >internal/rulepack/eventnames.txt", name, source)
			}
		}
		checked++
	}
	if checked != len(sources) {
		t.Errorf("%d services checked, want %d", checked, len(sources))
	}
}

func listed(source, name string) bool {
	for line := range strings.Lines(eventNames) {
		if names, ok := strings.CutPrefix(strings.TrimSpace(line), source+": "); ok {
			return strings.Contains(" "+names+" ", " "+name+" ")
		}
	}
	return false
}
