package deployer_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/trailhold/trailhold/deploy/cloudformation"
	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/deployer"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

const home = "us-east-1"

// program is the header of a program for Linux.
func program(machine elf.Machine) []byte {
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64,
	})
	return out.Bytes()
}

func zipped(name string, content []byte) []byte {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	f, _ := archive.Create(name)
	_, _ = f.Write(content)
	_ = archive.Close()
	return out.Bytes()
}

func baseline() trail.Baseline {
	var g trail.Guarded
	g.Name, g.ARN, g.HomeRegion, g.S3BucketName = "audit", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit", "eu-west-1", "logs"
	g.Restore = trail.RestoreAll
	g.Dependents = []trail.Resource{
		{Type: trail.Bucket, ARN: "arn:aws:s3:::logs", Region: "us-west-2", Account: "111122223333"},
		{Type: trail.Key, ARN: "arn:aws:kms:us-west-2:111122223333:key/k", Region: "us-west-2", Account: "111122223333"},
	}
	return trail.Baseline{Account: "111122223333", Trails: []trail.Guarded{g}}
}

func options(t *testing.T) deployer.Options {
	t.Helper()
	code, err := deployer.ReadPackage(zipped("bootstrap", program(elf.EM_AARCH64)))
	if err != nil {
		t.Fatal(err)
	}
	return deployer.Options{Name: "trailhold", Home: home, Baseline: baseline(), Content: []byte("the baseline"), Code: code, Emails: []string{"a@company.test"}}
}

func design(t *testing.T, o deployer.Options) deployer.Deployment {
	t.Helper()
	d, err := deployer.Design(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDesign: where forwarders are needed, and what each is told to listen to.
func TestDesign(t *testing.T) {
	d := design(t, options(t))
	var got []string
	for _, s := range d.Stacks[1:] {
		got = append(got, strings.Join([]string{s.Region, s.Parameters["TrailBucketArns"], s.Parameters["ForwardKeys"], s.Parameters["ForwardGlobal"], s.Parameters["EventBusArn"]}, " "))
	}
	const bus = "arn:aws:events:us-east-1:111122223333:event-bus/trailhold"
	if want := []string{"eu-west-1  false false " + bus, "us-west-2 arn:aws:s3:::logs true false " + bus}; !slices.Equal(got, want) {
		t.Errorf("forwarders\n%v, want\n%v", got, want)
	}
	parameters := d.Stacks[0].Parameters
	for name, want := range map[string]string{
		"TrailArns": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit", "TrailBucketArns": "arn:aws:s3:::logs", "TrailKeyArns": "arn:aws:kms:us-west-2:111122223333:key/k",
		"Architecture": "arm64", "Restore": "", "SNSSubscriptions": "a@company.test", "LambdaS3Bucket": "trailhold-store-111122223333-us-east-1",
		"BaselineSHA256": "", "TrailTopicArns": "",
	} {
		if name == "BaselineSHA256" {
			want = strings.TrimSuffix(strings.TrimPrefix(parameters["BaselineS3Key"], "baseline/"), ".yaml")
		}
		if parameters[name] != want {
			t.Errorf("%s = %q, want %q", name, parameters[name], want)
		}
	}
	tells := options(t)
	tells.Baseline.Trails[0].Restore = trail.RestoreNone
	if got := design(t, tells).Stacks[0].Parameters["Restore"]; got != "false" {
		t.Errorf("for a baseline that wants nothing restored Restore is %q", got)
	}
	if got := deployer.Home(baseline()); got != "eu-west-1" {
		t.Errorf("home is %s", got)
	}
}

// TestDesignAlerts: the file goes into the store under a name that says what it holds; without one the parameters stay as they are.
func TestDesignAlerts(t *testing.T) {
	o := options(t)
	if p := design(t, o).Stacks[0].Parameters; p["AlertsS3Key"]+p["AlertsSHA256"]+p["AlertArns"] != "" {
		t.Errorf("without an alerts file: %v", p)
	}
	o.Alerts, o.AlertArns = []byte("the alerts"), []string{"arn:a", "arn:b"}
	d := design(t, o)
	p, sum := d.Stacks[0].Parameters, fmt.Sprintf("%x", sha256.Sum256(o.Alerts))
	if p["AlertsS3Key"] != "alerts/"+sum+".yaml" || p["AlertsSHA256"] != sum || p["AlertArns"] != "arn:a,arn:b" {
		t.Errorf("with one: %v", p)
	}
	if last := d.Objects[len(d.Objects)-1]; last.Key != p["AlertsS3Key"] || string(last.Content) != "the alerts" || last.Bucket != p["LambdaS3Bucket"] {
		t.Errorf("uploaded: %+v", last)
	}
}

func TestDesignRefuses(t *testing.T) {
	for want, change := range map[string]func(*deployer.Options){
		"is no name for the guard":  func(o *deployer.Options) { o.Name = strings.Repeat("a", 25) },
		"there is nothing to guard": func(o *deployer.Options) { o.Baseline.Trails = nil },
		"subscribes 5 at most":      func(o *deployer.Options) { o.Emails = make([]string, 6) },
	} {
		o := options(t)
		change(&o)
		if _, err := deployer.Design(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestReadPackage(t *testing.T) {
	for _, test := range []struct {
		content []byte
		want    string // architecture, or a part of the error
	}{
		{zipped("bootstrap", program(elf.EM_AARCH64)), "arm64"},
		{zipped("bootstrap", program(elf.EM_X86_64)), "x86_64"},
		{zipped("bootstrap", program(elf.EM_RISCV)), "EM_RISCV, which Lambda does not run"},
		{zipped("bootstrap", []byte("#!/bin/sh")), "is no program for Linux"},
		{zipped("main", program(elf.EM_X86_64)), "no file bootstrap"},
		{[]byte("text"), "it is no zip"},
	} {
		p, err := deployer.ReadPackage(test.content)
		if err == nil && p.Architecture != test.want || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v, %v; want %q", p.Architecture, err, test.want)
		}
	}
}

// account is a lab with a deployer, and what it told.
type account struct {
	*lab.Lab
	*deployer.Deployer
	told []deployer.Progress
	on   func(deployer.Progress)
}

func newAccount(t *testing.T) *account {
	a := &account{Lab: lab.New(lab.Options{Regions: []string{home, "us-west-2", "eu-west-1"}}), on: func(deployer.Progress) {}}
	t.Cleanup(a.Close)
	a.Deployer = deployer.New(awscloud.Isolated(home, "AKIADEPLOYER00000001", "s", a.Client()), func(p deployer.Progress) {
		a.told = append(a.told, p)
		a.on(p)
	})
	return a
}

// actions are what a plan would do, by region and name.
func actions(p deployer.Plan) (list []string) {
	for _, s := range p.Stacks {
		list = append(list, s.Region+" "+s.Name+" "+string(s.Action))
	}
	return list
}

func (a *account) plan(t *testing.T, d deployer.Deployment) deployer.Plan {
	t.Helper()
	p, err := a.Plan(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantActions(t *testing.T, p deployer.Plan, store, guard, ireland, oregon deployer.Action) {
	t.Helper()
	want := []string{
		"us-east-1 trailhold-store " + string(store), "us-east-1 trailhold " + string(guard),
		"eu-west-1 trailhold-forwarder " + string(ireland), "us-west-2 trailhold-forwarder " + string(oregon),
	}
	if got := actions(p); !slices.Equal(got, want) {
		t.Errorf("plan %q, want %q", got, want)
	}
}

// TestInterrupted: a deployment that was interrupted while a stack was being built goes on where it was.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		ctx, cancel := context.WithCancel(t.Context())
		a.on = func(p deployer.Progress) {
			if p.Stack == "trailhold" {
				cancel()
			}
		}
		_, err := a.Apply(ctx, a.plan(t, d))
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("applying ended with %v", err)
		}
		p := a.plan(t, d)
		wantActions(t, p, deployer.Keep, deployer.Keep, deployer.Create, deployer.Create)
		outputs, err := a.Apply(t.Context(), p)
		if err != nil || !slices.ContainsFunc(outputs, func(o deployer.Output) bool {
			return o.Key == "FunctionArn" && strings.HasSuffix(o.Value, ":function:trailhold")
		}) {
			t.Errorf("%v, %v", outputs, err)
		}
		wantActions(t, a.plan(t, d), deployer.Keep, deployer.Keep, deployer.Keep, deployer.Keep)
	})
}

// TestFailedCreation: what is left of a creation that failed goes, and what it retained is taken over.
func TestFailedCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		mend := a.Inject(lab.Fault{Service: "scheduler", Operation: "CreateSchedule", Kind: lab.AccessDenied})
		_, err := a.Apply(t.Context(), a.plan(t, d))
		if err == nil || !strings.Contains(err.Error(), "the stack trailhold in us-east-1: is ROLLBACK_COMPLETE: ") || !strings.Contains(err.Error(), " (AWS::Scheduler::Schedule): ") {
			t.Fatalf("applying ended with %v", err)
		}
		mend()
		p := a.plan(t, d)
		wantActions(t, p, deployer.Keep, deployer.Recreate, deployer.Create, deployer.Create)
		if _, err := a.Apply(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if n := a.Calls("dynamodb", "CreateTable"); n != 1 {
			t.Errorf("the table was made %d times", n)
		}
	})
}

// TestDestroy takes everything away, in the right order, and leaves what is to stay; a later deployment takes it over.
func TestDestroy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		if _, err := a.Apply(t.Context(), a.plan(t, d)); err != nil {
			t.Fatal(err)
		}
		standing, err := a.Standing(t.Context(), "trailhold", home, []string{home, "us-west-2", "eu-west-1"})
		if err != nil || len(standing) != 4 || !standing[2].Protected || standing[2].Name != "trailhold" {
			t.Fatalf("%+v, %v", standing, err)
		}
		if err := a.Destroy(t.Context(), standing); err != nil {
			t.Fatal(err)
		}
		if left, err := a.Standing(t.Context(), "trailhold", home, []string{home, "us-west-2", "eu-west-1"}); err != nil || len(left) > 0 {
			t.Errorf("left: %+v, %v", left, err)
		}
		if n := a.Calls("dynamodb", "DeleteTable") + a.Calls("s3", "DeleteBucket") + a.Calls("sns", "DeleteTopic"); n > 0 {
			t.Errorf("%d of what is to stay was deleted", n)
		}
		p := a.plan(t, d)
		var taken []string
		for _, s := range p.Stacks {
			for _, c := range s.Changes {
				if c.Action == "Import" {
					taken = append(taken, c.LogicalID)
				}
			}
		}
		slices.Sort(taken)
		if want := []string{"AlertTopic", "Bucket", "FunctionLogGroup", "JournalTable"}; !slices.Equal(taken, want) {
			t.Errorf("taken over: %v, want %v", taken, want)
		}
		if _, err := a.Apply(t.Context(), p); err != nil {
			t.Error(err)
		}
		if key := p.Stacks[1].Parameters["AlertKeyArn"]; !strings.HasPrefix(key, "arn:aws:kms:us-east-1:") || a.Calls("kms", "CreateKey") != 1 {
			t.Errorf("the topic that stayed has its key still, and the function may use %q", key)
		}
	})
}

// TestDiscard: a plan that is not carried out leaves nothing.
func TestDiscard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		if err := a.Discard(t.Context(), a.plan(t, d)); err != nil {
			t.Fatal(err)
		}
		if left, err := a.Standing(t.Context(), "trailhold", home, []string{"us-west-2", "eu-west-1"}); err != nil || len(left) > 0 {
			t.Errorf("left: %+v, %v", left, err)
		}
		bad := design(t, options(t))
		bad.Stacks[0].Parameters["LambdaTimeout"] = "1"
		if _, err := a.Plan(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "the stack trailhold in us-east-1: ") {
			t.Errorf("a plan that CloudFormation refuses: %v", err)
		}
		if left, err := a.Standing(t.Context(), "trailhold", home, []string{"us-west-2", "eu-west-1"}); err != nil || len(left) > 0 {
			t.Errorf("a refused plan left: %+v, %v", left, err)
		}
		other := d
		other.Account = "444455556666"
		if _, err := a.Plan(t.Context(), other); err == nil || !strings.Contains(err.Error(), "the baseline is of 444455556666") {
			t.Errorf("a plan for another account: %v", err)
		}
	})
}

// TestLongTemplate: a template that is longer than a request takes is sent without what only people need, and means the same.
func TestLongTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		if _, err := a.Apply(t.Context(), a.plan(t, d)); err != nil {
			t.Fatal(err)
		}
		usual := a.notFine(t)
		d.Stacks[0].Template += "\n# " + strings.Repeat("a long comment ", 1000) + "\n"
		wantActions(t, a.plan(t, d), deployer.Keep, deployer.Keep, deployer.Keep, deployer.Keep)
		d.Stacks[0].Parameters["LambdaTimeout"] = "60"
		if _, err := a.Apply(t.Context(), a.plan(t, d)); err != nil {
			t.Fatal(err)
		}
		if got := a.notFine(t); len(got) != len(usual) {
			t.Errorf("a guard whose template was sent shortened: %v, before: %v", got, usual)
		}
	})
}

// TestTemplatesFit: the guard's template can grow by a seventh before no request takes it any more. The lab and AWS refuse longer ones.
func TestTemplatesFit(t *testing.T) {
	const most = 51_200 * 7 / 8
	for _, template := range []string{cloudformation.Guard, cloudformation.Store, cloudformation.Forwarder} {
		if text, err := deployer.Body(template + "\n#" + strings.Repeat(" comment", 51_200/8)); err != nil || len(text) > most {
			t.Errorf("%.60s … is sent with %d bytes, %v; want %d at most", text, len(text), err, most)
		}
	}
}

// TestStrays: a forwarder that a deployment does not have any more is told of, unless it is another guard's.
func TestStrays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, o := newAccount(t), options(t)
		p := a.plan(t, design(t, o))
		if len(p.Strays) > 0 || len(p.Deployment.Notes) > 0 {
			t.Errorf("before there is anything: %v, %v", p.Strays, p.Deployment.Notes)
		}
		if _, err := a.Apply(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		o.Regions = []string{"us-west-2"}
		p = a.plan(t, design(t, o))
		if want := []deployer.Stray{{Region: "eu-west-1", Stack: "trailhold-forwarder"}}; !slices.Equal(p.Strays, want) || p.Changes() {
			t.Errorf("strays are %v, want %v; something changes: %v", p.Strays, want, p.Changes())
		}
		o.Home = "eu-west-1"
		if p = a.plan(t, design(t, o)); len(p.Strays) > 0 {
			t.Errorf("of a guard of the same name elsewhere: %v", p.Strays)
		}
		if err := a.Discard(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		o.Home = home
		defer a.Inject(lab.Fault{Service: "account", Operation: "ListRegions", Kind: lab.AccessDenied})()
		if p = a.plan(t, design(t, o)); len(p.Deployment.Notes) != 1 || !strings.Contains(p.Deployment.Notes[0], "forwarders in other regions is not known") {
			t.Errorf("where regions may not be listed, the notes are %q", p.Deployment.Notes)
		}
	})
}

// TestThrottled: CloudFormation may be throttled for a while, in which a stack goes on being built.
func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := newAccount(t), design(t, options(t))
		a.on = func(p deployer.Progress) {
			if p.Resource == "JournalTable" && p.Status == "CREATE_COMPLETE" {
				a.Inject(lab.Fault{Service: "cloudformation", Operation: "DescribeStacks", Kind: lab.Throttle, Times: 15})
				a.Inject(lab.Fault{Service: "cloudformation", Operation: "DescribeStackEvents", Kind: lab.Throttle, Times: 15})
			}
		}
		defer a.Inject(lab.Fault{Service: "cloudformation", Operation: "DescribeChangeSet", Kind: lab.Throttle, Times: 15})()
		if _, err := a.Apply(t.Context(), a.plan(t, d)); err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, p := range a.told {
			if p.Resource == "JournalTable" && p.Status == "CREATE_COMPLETE" {
				told = append(told, p.Status)
			}
		}
		if len(told) != 1 {
			t.Errorf("told %d times that the table is there", len(told))
		}
		a.on = func(deployer.Progress) {}
		defer a.Inject(lab.Fault{Service: "cloudformation", Operation: "DescribeChangeSet", Kind: lab.Throttle})()
		if _, err := a.Plan(t.Context(), d); err == nil || !strings.Contains(err.Error(), "DescribeChangeSet: ") {
			t.Errorf("throttled for ever: %v", err)
		}
	})
}
