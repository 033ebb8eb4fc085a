package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailhold/trailhold/internal/alerts"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/plain"
)

// guardStack is what the guard's stack is called unless somebody wants it otherwise.
const guardStack = "trailhold"

// packagePath is where "make package" writes the function's package.
const packagePath = "dist/trailhold-lambda-arm64.zip"

// maxPackage bounds what is read of a package: one more byte than Lambda takes, so that the excess is seen.
const maxPackage = 50<<20 + 1

// deployFlags say what to deploy.
type deployFlags struct {
	baseline, alerts, name, code   string
	emails, regions, parameters    []string
	units, members                 []string
	organization, planOnly, sayYes bool
	repair                         bool
}

func (a *app) deployCommand() *cobra.Command {
	var f deployFlags
	cmd := uses(&cobra.Command{
		Use:   "deploy --baseline FILE",
		Short: "Put the guard into the account, with CloudFormation",
		Long: `Deploys the guard: its function, rules, schedule, alerts and journal as a stack
in the home region of the guarded trails (or --region), a bucket for its code
and baseline, and forwarders in the other regions in which the baseline has
anything. First it shows the plan that CloudFormation has made, and asks.

With --organization, stack sets make forwarders in the organization's accounts,
those that join later among them, so that what is done there is told. The
function also guards the trails of accounts whose baselines --member gives, with
a role in each. Run it in the account that manages the organization, or in one
that administers its stack sets.

Run it again to change something, or to go on after an interruption: it changes
only what is different. What is not given stays as it was deployed. What
somebody has changed since, such as a rule that is off, CloudFormation does not
look at, unless with --repair. Needs credentials that may make all that the plan
lists, roles among it.`,
		Example: `  trailhold deploy --baseline baseline.yaml --email security@example.com --plan
  trailhold deploy --baseline baseline.yaml --email security@example.com
  trailhold deploy --baseline baseline.yaml --organization --member 4444.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.deploy(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	flags := cmd.Flags()
	flags.StringVar(&f.baseline, "baseline", "", "the baseline: a `file`, or s3://bucket/key")
	flags.StringSliceVar(&f.emails, "email", nil, "`address` that gets the alerts; up to 5")
	flags.StringVar(&f.alerts, "alerts", "", "further channels: "+alertsUse)
	flags.StringVar(&f.code, "code", packagePath, "the function's package: the `zip` that \"make package\" makes")
	flags.StringSliceVar(&f.regions, "regions", nil, "`regions` to forward from (default: those the baseline needs)")
	flags.StringVar(&f.name, "name", guardStack, "`name` of the guard's stack, which begins the names of all others")
	flags.StringArrayVar(&f.parameters, "parameter", nil, "a `KEY=VALUE` of the guard's template, such as LambdaTimeout=60")
	flags.BoolVar(&f.organization, "organization", false, "take in the organization's accounts")
	flags.StringSliceVar(&f.units, "unit", nil, "`ids` of organizational units that take part (default: the root)")
	flags.StringSliceVar(&f.members, "member", nil, "baseline `file` of a member account whose trail is guarded, too")
	flags.BoolVar(&f.repair, "repair", false, "put back, too, what was changed outside CloudFormation")
	flags.BoolVar(&f.planOnly, "plan", false, "show the plan and change nothing")
	flags.BoolVar(&f.sayYes, "yes", false, "don't ask")
	return cmd
}

func (a *app) deploy(ctx context.Context, f deployFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if a.json() && !f.planOnly && !f.sayYes {
		return usagef("--output json cannot ask: use --plan or --yes")
	}
	o, err := a.deployOptions(ctx, f)
	if err != nil {
		return err
	}
	deployment, err := deployer.Design(o)
	if err != nil {
		return err
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	d := deployer.New(cloud, a.stackProgress())
	plan, err := d.Plan(ctx, deployment)
	if err != nil {
		return err
	}
	if f.planOnly {
		return errors.Join(a.showPlan(plan, f.planOnly), d.Discard(ctx, plan))
	}
	if !a.json() {
		if err := a.showPlan(plan, f.planOnly); err != nil {
			return err
		}
	}
	if plan.Changes() && !f.sayYes && !a.agreed(ctx, "Deploy this?") {
		return errors.Join(errors.New("nothing was deployed"), d.Discard(context.WithoutCancel(ctx), plan))
	}
	outputs, err := d.Apply(ctx, plan)
	var incomplete *deployer.Incomplete
	if err != nil && !errors.As(err, &incomplete) {
		return err
	}
	return errors.Join(a.showDeployed(o, plan, outputs), err)
}

func (f deployFlags) check() error {
	if f.baseline == "" {
		return usagef("--baseline is missing: give the file that \"trailhold baseline capture\" wrote")
	}
	if err := deployer.CheckName(f.name); err != nil {
		return usagef("--name: %v", err)
	}
	for n, address := range f.emails {
		if slices.Contains(f.emails[:n], address) {
			return usagef("--email %q is given twice", address)
		}
		if name, domain, ok := strings.Cut(address, "@"); !ok || name == "" || domain == "" || strings.ContainsAny(address, ", \t\r\n") {
			return usagef("--email %q is no address", address)
		}
	}
	for _, p := range f.parameters {
		if key, _, ok := strings.Cut(p, "="); !ok || key == "" {
			return usagef("--parameter %q: use KEY=VALUE", p)
		}
	}
	if !f.organization && len(f.units)+len(f.members) > 0 {
		return usagef("--unit and --member are for --organization")
	}
	for _, unit := range f.units {
		if !unitID.MatchString(unit) {
			return usagef("--unit %q: use the id of an organizational unit (ou-…) or of the root (r-…)", unit)
		}
	}
	return validRegions(f.regions)
}

// unitID is the id of an organizational unit or of the root, as Organizations makes them.
var unitID = regexp.MustCompile(`^(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32})$`)

// deployOptions reads what the flags name.
func (a *app) deployOptions(ctx context.Context, f deployFlags) (deployer.Options, error) {
	b, content, err := a.baselineFile(ctx, f.baseline)
	if err != nil {
		return deployer.Options{}, err
	}
	code, err := readPackage(f.code)
	if err != nil {
		return deployer.Options{}, err
	}
	o := deployer.Options{
		Name: f.name, Home: a.flags.region, Baseline: b, Content: content, Code: code, Emails: f.emails, Regions: f.regions, Parameters: map[string]string{},
		Repair: f.repair,
	}
	if o.Home == "" {
		o.Home = deployer.Home(b)
		a.flags.region = o.Home
	}
	for _, p := range f.parameters {
		key, value, _ := strings.Cut(p, "=")
		o.Parameters[key] = value
	}
	if f.alerts != "" {
		if err := a.deployAlerts(ctx, f.alerts, &o); err != nil {
			return o, err
		}
	}
	if f.organization {
		o.Organization, err = a.organizationOf(ctx, f, o.Home)
	}
	return o, err
}

// organizationOf reads the account's organization, and the baselines of the members.
func (a *app) organizationOf(ctx context.Context, f deployFlags, home string) (*deployer.Organization, error) {
	var members []deployer.Member
	for _, file := range f.members {
		b, content, err := a.baselineFile(ctx, file)
		if err != nil {
			return nil, err
		}
		members = append(members, deployer.Member{Baseline: b, Content: content})
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return nil, err
	}
	org, err := deployer.New(cloud, nil).Organization(ctx, home)
	org.Units, org.Members = f.units, members
	return &org, err
}

// deployAlerts reads the alerts file, which goes with the baseline, and what the function has to be allowed for it.
func (a *app) deployAlerts(ctx context.Context, location string, o *deployer.Options) error {
	cloud, err := a.cloud(ctx)
	if err != nil {
		return err
	}
	config, content, err := alerts.LoadFile(ctx, location, alerts.SourceOf(cloud))
	if err != nil {
		return err
	}
	at := alerts.At{Partition: "aws", Region: o.Home, Account: o.Baseline.Account}
	if len(o.Baseline.Trails) > 0 {
		at.Partition = deployer.Partition(o.Baseline.Trails[0].ARN)
	}
	o.Alerts = content
	o.AlertArns, err = config.ARNs(at)
	return err
}

// readPackage reads the function's package.
func readPackage(path string) (deployer.Package, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return deployer.Package{}, fmt.Errorf("there is no %s: make the function's package with \"make package\", or give the zip of a release with --code", plain.Text(path, maxErrorLine))
	}
	if err != nil {
		return deployer.Package{}, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxPackage))
	if err != nil {
		return deployer.Package{}, err
	}
	code, err := deployer.ReadPackage(content)
	if err != nil {
		return code, fmt.Errorf("%s is not the function's package: %w", plain.Text(path, maxErrorLine), err)
	}
	return code, nil
}

// agreed asks on stderr and reads the answer from stdin. No answer means no, and so does the end of ctx.
func (a *app) agreed(ctx context.Context, question string) bool {
	_, _ = fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() { // which ends with the process if nobody answers
		line, _ := bufio.NewReader(a.stdin).ReadString('\n')
		answer <- line
	}()
	select {
	case line := <-answer:
		line = strings.ToLower(strings.TrimSpace(line))
		return line == "y" || line == "yes"
	case <-ctx.Done():
		return false
	}
}

// stackProgress tells on stderr what CloudFormation has made, changed or deleted, one line each.
func (a *app) stackProgress() func(deployer.Progress) {
	out := a.progress()
	return func(p deployer.Progress) {
		if p.Kind == deployer.SetType && p.Resource == "" {
			_, _ = fmt.Fprintf(out, "%s %s: %s\n", p.Region, p.Stack, p.Because)
			return
		}
		own := p.Kind == "AWS::CloudFormation::Stack"
		if strings.HasSuffix(p.Status, "_IN_PROGRESS") && !own {
			return
		}
		line := fmt.Sprintf("%s %s: ", p.Region, p.Stack)
		if !own {
			line += p.Resource + " "
		}
		line += strings.ToLower(strings.ReplaceAll(p.Status, "_", " "))
		if p.Because != "" && p.Because != "User Initiated" {
			line += ": " + p.Because
		}
		_, _ = fmt.Fprintln(out, line)
	}
}
