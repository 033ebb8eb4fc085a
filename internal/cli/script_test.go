package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/journal/journaltest"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/verifytest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"trailhold": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		os.Exit(Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

var update = os.Getenv("TRAILHOLD_UPDATE_SCRIPTS") != ""

// TestScripts runs each script of testdata/script against an AWS of its own. Beside testscript's own commands and
// trailhold there are
//
//	trail NAME                      make a bucket NAME-logs and a trail that logs into it
//	attack HOW NAME [BUCKET]        change the trail as an intruder would: see the function attack
//	fault OPERATION KIND            make CloudTrail's operation fail, such as: fault StartLogging access-denied
//	queue NAME                      make a queue, and a rule that feeds it
//	send NAME TEXT                  put a message into the queue
//	queued STATE ...                check that the queue is in one of the states, such as '0 visible, 1 hidden'
//	await DIR N                     wait until N alerts are in the journal
//	stage DIR STAGE                 wait until an incident in the journal is at the stage
//	session FILE                    run the session that docs/FILE shows, and compare: see the function session
//	windowid DIR                    set $WINDOW to the id of the only open change window in the journal
//	age DIR HOURS                   make the only incident in the journal as many hours older
//	wrote FILE TEXT                  wait until a file holds a text
//	id DIR                          set $ID to the id of the only incident in the journal
//	code N COMMAND ...              check the command's exit code
//	mask                            copy stdout to the file masked, with ids, times and ports made the same
//	chain HOURS                     serve a bucket "logs" with a chain of digests of the trail $TRAIL
//	spoil HOW log|digest N          delete, change, deny, allow or plant the Nth of them
//	copybucket DIR                  copy the bucket into a directory, and its keys into DIR.keys
//	follows FILE                    check that a file follows the schema of verifications
//	fill N FILE                     let the Nth log of the bucket hold what the file does
//	followshunt FILE                check that a file follows the schema of hunts
//	move                            go on in the lab that listens on $METRICS
//	digested BUCKET N               wait until there are N logs in it, and digests of them
//	tamper HOW BUCKET log|digest N  delete or change the Nth of them
//	table                           make the journal's table
//	people                          make users, a group and a role with policies: see the function people
//	receiver NAME STATUS            serve a web service that answers with the status: see the function receiver
//	parameter NAME VALUE            put a value into Parameter Store
//	expand FILE                     replace the script's variables in a file
//	package FILE                    write what passes for the function's package
//	impair TARGET PARAMETERS        make a call of a JSON protocol as an intruder would
//	organize                        go on in the lab of an organization: see the function organize
//	inject ACCOUNT SERVICE CALL     have calls denied in an account; "inject none" ends it
//	get PATH FILE                   fetch a page from $METRICS, an address that is free, into a file
//
// The race detector makes the scripts slow, so that with -short only those run in which much happens at once.
func TestScripts(t *testing.T) {
	dir, files := "testdata/script", []string(nil)
	if testing.Short() {
		dir = ""
		for _, name := range []string{"watch", "windowwatch", "session", "backfill", "hunt", "verify", "audit", "notify"} {
			files = append(files, "testdata/script/"+name+".txtar")
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       update,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"trail": command(1, (*world).trail), "attack": command(2, (*world).attack), "fault": command(2, (*world).fault),
			"queue": command(1, (*world).queue), "send": command(2, (*world).send), "await": command(2, (*world).await),
			"mask": command(0, (*world).mask), "id": command(1, (*world).id), "code": command(2, (*world).code),
			"wrote": command(2, (*world).wrote), "age": command(2, (*world).age), "fill": command(2, (*world).fill), "followshunt": command(1, (*world).followsHunt),
			"chain": command(1, (*world).chain), "spoil": command(3, (*world).spoil), "copybucket": command(1, (*world).copyBucket), "follows": command(1, (*world).follows),
			"queued": command(1, (*world).queued), "get": command(2, (*world).get), "table": command(0, (*world).table), "package": command(1, (*world).pack), "impair": command(2, (*world).impair),
			"organize": command(0, (*world).organize), "inject": command(1, (*world).inject),
			"session": command(1, (*world).session), "stage": command(2, (*world).stage), "windowid": command(1, (*world).windowID),
			"move": command(0, (*world).move), "digested": command(2, (*world).digested), "tamper": command(4, (*world).tamper), "people": command(0, (*world).people),
			"receiver": command(2, (*world).receiver), "parameter": command(2, (*world).parameter), "expand": command(1, (*world).expand),
		},
	})
}

const home = "eu-west-1" // region of the scripts' trails

// world is the AWS of one script.
type world struct {
	box      *lab.Lab
	intruder *intruder.Intruder
	metrics  string // an address that is free

	cloud    *awscloud.Cloud     // of the lab that the command move found
	labFiles map[string][]string // the logs and digests that it had delivered

	mend func() // ends what the command inject began

	delivered *digesttest.Chain // what the command chain made
	aws       *verifytest.Server
}

type worldKey struct{}

// setUp serves a lab and exports what makes any client use it. Log files come late, so that nothing is proved while
// a script runs: that would depend on the clock.
func setUp(env *testscript.Env) error {
	box := lab.New(lab.Options{Regions: []string{home, "us-east-1"}, DeliveryDelay: time.Hour})
	server := httptest.NewServer(box)
	env.Defer(func() { server.CloseClientConnections(); server.Close(); box.Close() })
	cloud, err := awscloud.New(context.Background(), awscloud.Options{
		Region: home, AccessKeyID: "AKIAINTRUDER", SecretAccessKey: "x", HTTPClient: box.Client(),
	})
	free, freeErr := freeAddress()
	env.Vars = append(env.Vars, "METRICS="+free)
	env.Vars = append(env.Vars, box.Environment(server.URL)...)
	env.Vars = append(env.Vars, "AWS_CONFIG_FILE="+filepath.Join(env.WorkDir, "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(env.WorkDir, "none"))
	env.Values[worldKey{}] = &world{box: box, intruder: intruder.New(cloud), metrics: free}
	return errors.Join(err, freeErr)
}

// command makes a script's command of a method that needs so many arguments.
func command(least int, run func(*world, *testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least {
			ts.Fatalf("wrong use of a command of ours: see TestScripts")
		}
		ts.Check(run(ts.Value(worldKey{}).(*world), ts, args))
	}
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (w *world) trail(_ *testscript.TestScript, args []string) error {
	ctx, name := context.Background(), args[0]
	bucket := name + "-logs"
	err := errors.Join(
		w.intruder.CreateBucket(ctx, home, bucket),
		w.intruder.PutBucketPolicy(ctx, home, bucket, intruder.AllowTrails(bucket, lab.DefaultAccount)),
	)
	if err != nil {
		return err
	}
	config := trail.Config{Name: name, S3BucketName: bucket, LogFileValidationEnabled: true, IncludeGlobalServiceEvents: true}
	if _, err = w.intruder.CreateTrail(ctx, home, trail.Create{Config: config}); err != nil {
		return err
	}
	return w.intruder.StartLogging(ctx, home, name)
}

func (w *world) attack(_ *testscript.TestScript, args []string) error {
	ctx, how, name := context.Background(), args[0], args[1]
	off := false
	switch how {
	case "stop-logging":
		return w.intruder.StopLogging(ctx, home, name)
	case "delete-trail":
		return w.intruder.DeleteTrail(ctx, home, name)
	case "validation-off":
		return w.intruder.UpdateTrail(ctx, home, name, trail.Update{EnableLogFileValidation: &off})
	case "change-bucket": // to that of another trail
		return w.intruder.UpdateTrail(ctx, home, name, trail.Update{S3BucketName: &args[2]})
	case "bucket-policy": // an Allow for CloudTrail, and a Deny that is stronger
		return w.intruder.PutBucketPolicy(ctx, home, name+"-logs", strings.Replace(intruder.AllowTrails(name+"-logs", lab.DefaultAccount),
			`"Statement":[`, `"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::`+name+`-logs/*"},`, 1))
	case "blind-selectors":
		return w.intruder.PutEventSelectors(ctx, home, name, trail.Selectors{Basic: []trail.EventSelector{{ReadWriteType: "ReadOnly", IncludeManagementEvents: true}}})
	}
	return errors.New("no such attack: " + how)
}

func (w *world) fault(_ *testscript.TestScript, args []string) error {
	w.box.Inject(lab.Fault{Service: "cloudtrail", Operation: args[0], Kind: lab.FaultKind(args[1])})
	return nil
}

// await polls the journal, which is the only sign that a process in the background gives.
func (w *world) await(ts *testscript.TestScript, args []string) error {
	want, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return soon(func() bool { return told(ts.MkAbs(args[0])) >= want })
}

func (w *world) id(ts *testscript.TestScript, args []string) error {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.json"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("%d incidents, %v", len(files), err)
	}
	ts.Setenv("ID", strings.TrimSuffix(filepath.Base(files[0]), ".json"))
	return nil
}

func (w *world) wrote(ts *testscript.TestScript, args []string) error {
	return soon(func() bool {
		content, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && strings.Contains(string(content), args[1])
	})
}

// age lets time pass for an incident, which scripts cannot wait for.
func (w *world) age(ts *testscript.TestScript, args []string) error {
	j, err := (&app{}).openJournal(context.Background(), ts.MkAbs(args[0]))
	if err != nil {
		return err
	}
	found, err := j.Recent(context.Background(), "", time.Time{})
	hours, notNumber := strconv.Atoi(args[1])
	if err != nil || notNumber != nil || len(found) != 1 {
		return fmt.Errorf("%d incidents, %v, %v", len(found), err, notNumber)
	}
	i, by := found[0], -time.Duration(hours)*time.Hour
	for n := range i.Blind {
		i.Blind[n].From, i.Blind[n].To = i.Blind[n].From.Add(by), i.Blind[n].To.Add(by)
	}
	i.Seen, i.Attack, i.Restored = i.Seen.Add(by), i.Attack.Add(by), i.Restored.Add(by)
	_, err = j.Save(context.Background(), i)
	return err
}

func (w *world) code(ts *testscript.TestScript, args []string) error {
	err := ts.Exec(args[1], args[2:]...)
	code, exit := 0, (*exec.ExitError)(nil)
	if errors.As(err, &exit) {
		code, err = exit.ExitCode(), nil
	}
	if err == nil && strconv.Itoa(code) != args[0] {
		err = fmt.Errorf("exit code %d, want %s", code, args[0])
	}
	return err
}

// get fetches a page of a process that may still be starting.
func (w *world) get(ts *testscript.TestScript, args []string) error {
	return soon(func() bool {
		answer, err := http.Get("http://" + w.metrics + args[0])
		if err != nil {
			return false
		}
		defer func() { _ = answer.Body.Close() }()
		page, err := io.ReadAll(answer.Body)
		ts.Check(errors.Join(err, os.WriteFile(ts.MkAbs(args[1]), page, 0o600)))
		return true
	})
}

func (w *world) table(*testscript.TestScript, []string) error {
	return journaltest.MakeTable(context.Background(), w.box.Client(), home, "../../docs/dynamodb-table.json")
}

// soon waits until something is so.
func soon(so func() bool) error {
	deadline, tick := time.After(30*time.Second), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			return errors.New("it did not come about within 30 seconds")
		}
	}
	return nil
}

// told counts the alerts in a journal.
func told(dir string) (alerts int) {
	j, err := (&app{}).openJournal(context.Background(), dir)
	if err != nil {
		return 0
	}
	return len(alertsIn(j))
}

// alertsIn lists what people were told for the first time: one entry for each telling.
func alertsIn(j guard.Journal) (techniques []string) {
	found, _ := j.Recent(context.Background(), "", time.Time{})
	for _, i := range found {
		for _, telling := range i.Told {
			if telling.Kind == "alert" && telling.Error == "" {
				techniques = append(techniques, strings.Join(i.Techniques, " "))
			}
		}
	}
	return techniques
}

// masks are what differs from run to run.
var masks = []struct {
	pattern *regexp.Regexp
	same    string
}{
	{regexp.MustCompile(`\b(sweep|event)-[0-9a-f]{16}`), "$1-ID"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?`), "TIME"},
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "sha256:HASH"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\b\d+(\.\d+)? m?s\b`), "SOME TIME"},
}

func (w *world) mask(ts *testscript.TestScript, _ []string) error {
	return os.WriteFile(ts.MkAbs("masked"), []byte(masked(ts.ReadFile("stdout"))), 0o600)
}

// masked makes what differs from run to run the same.
func masked(text string) string {
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.same)
	}
	return text
}

// incidentsAt lists the incidents of a journal that are at a stage.
func incidentsAt(dir string, stage incident.Stage) (at []incident.Incident) {
	j, err := (&app{}).openJournal(context.Background(), dir)
	if err != nil {
		return nil
	}
	found, _ := j.Recent(context.Background(), "", time.Time{})
	for _, i := range found {
		if i.Stage == stage {
			at = append(at, i)
		}
	}
	return at
}
