// Command eventnames writes the table of event names that the linter of rules knows: the operations of each service that the
// pack has rules for, as the service's model in the AWS SDK for Go lists them.
//
//	go run ./internal/rulepack/eventnames >internal/rulepack/eventnames.txt
//
// Modules that this module requires are taken in the version that it requires, others in their latest one.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const sdk = "github.com/aws/aws-sdk-go-v2/service/"

// services are the SDK's packages and what records call their services, without .amazonaws.com.
var services = map[string]string{
	"accessanalyzer": "access-analyzer", "account": "account", "auditmanager": "auditmanager", "backup": "backup",
	"bedrock": "bedrock", "cloudformation": "cloudformation", "cloudtrail": "cloudtrail",
	"cloudwatch": "monitoring", "cloudwatchlogs": "logs", "configservice": "config", "controltower": "controltower",
	"detective": "detective", "dynamodb": "dynamodb", "eks": "eks", "eventbridge": "events", "firehose": "firehose",
	"guardduty": "guardduty", "iam": "iam", "inspector2": "inspector2", "kinesis": "kinesis", "kms": "kms", "lambda": "lambda",
	"macie2": "macie2", "observabilityadmin": "observabilityadmin", "organizations": "organizations", "rds": "rds",
	"route53resolver": "route53resolver", "s3": "s3", "s3control": "s3", "scheduler": "scheduler", "securityhub": "securityhub",
	"securitylake": "securitylake", "sns": "sns", "sqs": "sqs", "sts": "sts", "waf": "waf", "wafregional": "waf-regional",
	"wafv2": "wafv2",
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "eventnames:", err)
		os.Exit(1)
	}
}

func run() error {
	names := map[string][]string{}
	for service, source := range services {
		folder, err := folderOf(sdk + service)
		if err != nil {
			return err
		}
		found, err := operations(folder)
		if err != nil {
			return err
		}
		names[source] = append(names[source], found...)
	}
	return write(names)
}

func write(names map[string][]string) error {
	out := bufio.NewWriter(os.Stdout)
	var sources []string
	for source := range names {
		sources = append(sources, source)
	}
	slices.Sort(sources)
	for _, source := range sources {
		slices.Sort(names[source])
		fmt.Fprintf(out, "%s: %s\n", source, strings.Join(slices.Compact(names[source]), " "))
	}
	return out.Flush()
}

// folderOf returns where a module's source is, after downloading it if need be.
func folderOf(module string) (string, error) {
	if dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output(); err == nil && len(dir) > 1 {
		return strings.TrimSpace(string(dir)), nil
	}
	answer, err := exec.Command("go", "mod", "download", "-json", module+"@latest").Output()
	var got struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(answer, &got); jsonErr != nil || got.Dir == "" {
		return "", fmt.Errorf("downloading %s: %s: %w", module, got.Error, errors.Join(err, jsonErr))
	}
	return got.Dir, nil
}

// operations lists a service's operations: the SDK has a file for each.
func operations(folder string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "api_op_*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s has no operations: %w", folder, err)
	}
	var names []string
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "api_op_"), ".go")
		if !strings.HasSuffix(name, "_test") {
			names = append(names, name)
		}
	}
	return names, nil
}
