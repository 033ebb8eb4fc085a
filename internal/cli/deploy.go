package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

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
	baseline, name, code           string
	emails, regions, parameters    []string
	organization, planOnly, sayYes bool
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

Run it again to change something, or to go on after an interruption: it changes
only what is different. What is not given stays as it was deployed. Needs
credentials that may make all that the plan lists, roles among it.`,
		Example: `  trailhold deploy --baseline baseline.yaml --email security@example.com --plan
  trailhold deploy --baseline baseline.yaml --email security@example.com`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.deploy(cmd.Context(), f) },
	}, usesCloud, usesOutput)
	flags := cmd.Flags()
	flags.StringVar(&f.baseline, "baseline", "", "the baseline: a `file`, or s3://bucket/key")
	flags.StringSliceVar(&f.emails, "email", nil, "`address` that gets the alerts; up to 5")
	flags.StringVar(&f.code, "code", packagePath, "the function's package: the `zip` that \"make package\" makes")
	flags.StringSliceVar(&f.regions, "regions", nil, "`regions` to forward from (default: those the baseline needs)")
	flags.StringVar(&f.name, "name", guardStack, "`name` of the guard's stack, which begins the names of all others")
	flags.StringArrayVar(&f.parameters, "parameter", nil, "a `KEY=VALUE` of the guard's template, such as LambdaTimeout=60")
	flags.BoolVar(&f.organization, "organization", false, "let forwarders of the organization's accounts send events")
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
	if err != nil {
		return err
	}
	return a.showDeployed(o, plan, outputs)
}

func (f deployFlags) check() error {
	if f.baseline == "" {
		return usagef("--baseline is missing: give the file that \"trailhold baseline capture\" wrote")
	}
	if err := deployer.CheckName(f.name); err != nil {
		return usagef("--name: %v", err)
	}
	for _, address := range f.emails {
		if name, domain, ok := strings.Cut(address, "@"); !ok || name == "" || domain == "" || strings.ContainsAny(address, ", \t\r\n") {
			return usagef("--email %q is no address", address)
		}
	}
	for _, p := range f.parameters {
		if key, _, ok := strings.Cut(p, "="); !ok || key == "" {
			return usagef("--parameter %q: use KEY=VALUE", p)
		}
	}
	return validRegions(f.regions)
}

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
	}
	if o.Home == "" {
		o.Home = deployer.Home(b)
		a.flags.region = o.Home
	}
	for _, p := range f.parameters {
		key, value, _ := strings.Cut(p, "=")
		o.Parameters[key] = value
	}
	if f.organization {
		cloud, err := a.cloud(ctx)
		if err != nil {
			return o, err
		}
		if o.OrganizationID, err = cloud.OrganizationID(ctx); err != nil {
			return o, err
		}
	}
	return o, nil
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
