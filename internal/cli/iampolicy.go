package cli

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/alerts"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/privilege"
	"github.com/trailhold/trailhold/internal/trail"
)

// iamPolicyFlags are what the policies are for.
type iamPolicyFlags struct {
	baseline, alerts string
	readOnly         bool
	uses             privilege.Uses
}

func (a *app) iamPolicyCommand() *cobra.Command {
	var f iamPolicyFlags
	cmd := uses(&cobra.Command{
		Use:   "iam-policy",
		Short: "Write the IAM policies that a baseline needs, and no more",
		Long: `Writes IAM policies that allow to restore what a baseline guards: each action
on exactly the resources that it is needed for. With --read-only they allow to
look and to compare, and change nothing. What Trailhold is to do beside that has
to be asked for.

With --audit they allow what "trailhold audit" reads, and with --harden what
"trailhold harden" writes too, on whatever there is in the account.

Where one managed policy cannot hold all, there are several: attach all of them.
docs/permissions.md says of each permission why it is needed.`,
		Example: `  trailhold iam-policy --baseline baseline.yaml | jq '.policies[0].document'
  trailhold iam-policy --baseline baseline.yaml --read-only --verify
  trailhold iam-policy --audit | jq '.policies[].document'
  trailhold iam-policy --baseline F --output terraform > trailhold.tf.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.iamPolicy(cmd.Context(), f) },
	}, usesCloud, usesOutput, usesPolicy)
	flags := cmd.Flags()
	flags.StringVar(&f.baseline, "baseline", "", "the baseline: a `file`, or s3://bucket/key")
	flags.StringVar(&f.alerts, "alerts", "", "tell the channels of "+alertsUse)
	flags.BoolVar(&f.readOnly, "read-only", false, "only what looks, and changes nothing")
	flags.StringSliceVar(&f.uses.Topics, "topic-arn", nil, "`ARN` of a topic to alert; can be repeated")
	flags.StringSliceVar(&f.uses.Buses, "bus-arn", nil, "`ARN` of an event bus to tell; can be repeated")
	flags.StringSliceVar(&f.uses.Secrets, "secret-arn", nil, "`ARN` of a parameter or secret of the alerts file; can be repeated")
	flags.BoolVar(&f.uses.Findings, "findings", false, "tell Security Hub")
	flags.StringVar(&f.uses.Table, "table-arn", "", "`ARN` of the table to keep incidents in")
	flags.StringVar(&f.uses.Queue, "queue-arn", "", "`ARN` of the queue that \"watch\" reads")
	flags.StringVar(&f.uses.Evidence, "evidence", "", "s3://bucket/prefix of \"backfill\" and \"watch --evidence\"")
	flags.StringSliceVar(&f.uses.Keys, "key-arn", nil, "`ARN` of a key that encrypts any of these; can be repeated")
	flags.BoolVar(&f.uses.Verify, "verify", false, "verify digest files and log files")
	flags.BoolVar(&f.uses.WhoCan, "who-can", false, "ask who can turn the trails off")
	flags.BoolVar(&f.uses.Audit, "audit", false, "audit the account; needs no baseline")
	flags.BoolVar(&f.uses.Harden, "harden", false, "mend what an audit finds; needs no baseline")
	flags.BoolVar(&f.uses.Capture, "capture", false, "capture again what the baseline has")
	return cmd
}

func (a *app) iamPolicy(ctx context.Context, f iamPolicyFlags) error {
	switch {
	case f.baseline == "" && !f.uses.Audit && !f.uses.Harden:
		return usagef("--baseline is missing: give the file that \"trailhold baseline capture\" wrote")
	case f.readOnly && f.uses.Harden:
		return usagef("--harden changes things: leave --read-only out, or ask for --audit")
	case f.baseline == "" && f.alerts != "":
		return usagef("--alerts is for --baseline: an audit tells nobody")
	}
	if err := checkUses(f.uses); err != nil {
		return err
	}
	var b trail.Baseline
	if f.baseline != "" {
		var err error
		if b, err = a.baseline(ctx, f.baseline); err != nil {
			return err
		}
	}
	if f.alerts != "" {
		if err := a.usesOfAlerts(ctx, f.alerts, b, &f.uses); err != nil {
			return err
		}
	}
	f.uses.Partition = partitionOf(a.flags.region)
	f.uses.Baseline, _, _ = strings.Cut(f.baseline, "#") // as what it is read as at run time, if it is on S3
	role := privilege.Restore
	if f.readOnly || f.baseline == "" && !f.uses.Harden {
		role = privilege.Read
	}
	policies, err := privilege.Policies(privilege.Statements(b, role, f.uses))
	if err != nil {
		return err
	}
	if len(policies) > privilege.MaxAttached {
		_, _ = fmt.Fprintf(a.stderr, "note: these are %d policies, and a role takes %d unless AWS grants more: raise the quota, or guard in two parts\n", len(policies), privilege.MaxAttached)
	}
	return a.printPolicies(role, privilege.Name(role, policies))
}

// usesOfAlerts adds what an alerts file names, and the file itself if it is on AWS. Names without a region are taken to be at the guard's home.
func (a *app) usesOfAlerts(ctx context.Context, location string, b trail.Baseline, uses *privilege.Uses) error {
	config, err := a.alertsFor(ctx, location)
	if err != nil {
		return err
	}
	at := alerts.At{Partition: cmp.Or(partitionOf(deployer.Home(b)), "aws"), Region: cmp.Or(a.flags.region, deployer.Home(b)), Account: b.Account}
	location, _, _ = strings.Cut(location, "#")
	uses.Alerts = location
	arns := config.Granted(at)
	if own := alerts.ParameterARN(location, at); own != "" {
		arns = append(arns, own)
	}
	for _, arn := range arns {
		switch service := strings.SplitN(arn, ":", 4)[2]; service {
		case "sns":
			uses.Topics = append(uses.Topics, arn)
		case "events":
			uses.Buses = append(uses.Buses, arn)
		case "securityhub":
			uses.Findings = true
		default: // ssm, secretsmanager
			uses.Secrets = append(uses.Secrets, arn)
		}
	}
	for _, list := range []*[]string{&uses.Topics, &uses.Buses, &uses.Secrets} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return nil
}

// alertsFor loads an alerts file. Only one that is on AWS needs credentials.
func (a *app) alertsFor(ctx context.Context, location string) (alerts.Config, error) {
	if !alerts.Remote(location) {
		return a.alerts(ctx, location, nil)
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return alerts.Config{}, err
	}
	return a.alerts(ctx, location, cloud)
}

// partitionOf is the partition of AWS that a region is in, by its name; empty for the usual one.
func partitionOf(region string) string {
	for prefix, partition := range map[string]string{"cn-": "aws-cn", "us-gov-": "aws-us-gov"} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	return ""
}

// printPolicies writes the policies in the form that was asked for.
func (a *app) printPolicies(role privilege.Role, list []privilege.Named) error {
	form := map[string]func([]privilege.Named) ([]byte, error){"cloudformation": privilege.CloudFormation, "terraform": privilege.Terraform}[a.flags.output]
	if form == nil {
		return a.printJSON(map[string]any{"role": role, "policies": list})
	}
	text, err := form(list)
	if err != nil {
		return err
	}
	return a.print(escapeHidden(string(text)))
}

// secretARN is the ARN of a parameter of Parameter Store, or of a secret: with six question marks in place of the six characters
// that AWS ends it with, as the permission for one that is known by its name only has it.
var secretARN = regexp.MustCompile(`^arn:[a-z-]+:(ssm:[a-z0-9-]+:[0-9]{12}:parameter|secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)[A-Za-z0-9/_+=.@-]+$`)

var secretByName = regexp.MustCompile(`^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-\?{6}$`)

func checkSecrets(arns []string) error {
	for _, arn := range arns {
		if !secretARN.MatchString(arn) && !secretByName.MatchString(arn) {
			return usagef("--secret-arn %s is not the ARN of a parameter or secret, such as arn:aws:ssm:region:account:parameter/name", plain.Text(arn, maxErrorLine))
		}
	}
	return nil
}

// checkUses makes sure that ARNs are of what they are given for: a typing mistake would be a permission on something else.
func checkUses(u privilege.Uses) error {
	check := func(flag string, is trail.ResourceType, arns ...string) error {
		for _, arn := range arns {
			if found, err := trail.ParseResourceARN(arn); arn != "" && (err != nil || found.Type != is) {
				return usagef("--%s %s is not the ARN of a %s, which looks like %s", flag, plain.Text(arn, maxErrorLine), is, trail.ResourceARNExample(is))
			}
		}
		return nil
	}
	for _, err := range []error{
		check("topic-arn", trail.Topic, u.Topics...), check("table-arn", trail.Table, u.Table),
		check("queue-arn", trail.Queue, u.Queue), check("key-arn", trail.Key, u.Keys...),
		check("bus-arn", trail.EventBus, u.Buses...), checkSecrets(u.Secrets),
	} {
		if err != nil {
			return err
		}
	}
	bucket, _, _ := strings.Cut(strings.TrimPrefix(u.Evidence, "s3://"), "/")
	if u.Evidence != "" && (bucket == "" || !strings.HasPrefix(u.Evidence, "s3://") || strings.ContainsAny(u.Evidence, "*?$")) {
		return usagef("--evidence %s is not the address of a place in a bucket, as backfill takes it", plain.Text(u.Evidence, maxErrorLine))
	}
	return nil
}
