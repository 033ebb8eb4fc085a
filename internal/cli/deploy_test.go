package cli

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/awscloud/intruder"
	"github.com/trailhold/trailhold/internal/lab"
	"github.com/trailhold/trailhold/internal/trail"
)

// pack writes a zip with the header of a program for Lambda's arm64, which is all that deploying looks at.
func (w *world) pack(ts *testscript.TestScript, args []string) error {
	var program, content bytes.Buffer
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_AARCH64), Version: uint32(elf.EV_CURRENT), Ehsize: 64,
	}
	if err := binary.Write(&program, binary.LittleEndian, header); err != nil {
		return err
	}
	archive := zip.NewWriter(&content)
	f, err := archive.Create("bootstrap")
	if err != nil {
		return err
	}
	if _, err := f.Write(program.Bytes()); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return os.WriteFile(ts.MkAbs(args[0]), content.Bytes(), 0o600)
}

// Accounts of the organization that organize makes, beside the one that manages it, with the keys of their users.
const (
	memberAccount, memberKey = "222233334444", "AKIAMEMBER0000000001"
	otherAccount, otherKey   = "333344445555", "AKIAOTHER00000000001"
)

// organize goes on in another lab, in which the account manages an organization with two members, one of which has a trail "own".
func (w *world) organize(ts *testscript.TestScript, _ []string) error {
	ctx := context.Background()
	w.box = lab.New(lab.Options{Regions: []string{home, "us-east-1"}, DeliveryDelay: time.Hour, ManagementAccount: lab.DefaultAccount,
		Accounts: map[string]string{memberKey: memberAccount, otherKey: otherAccount}})
	server := httptest.NewServer(w.box)
	ts.Defer(func() { server.CloseClientConnections(); server.Close(); w.box.Close() })
	for _, variable := range w.box.Environment(server.URL) {
		name, value, _ := strings.Cut(variable, "=")
		ts.Setenv(name, value)
	}
	w.cloud = awscloud.Isolated(home, "AKIAINTRUDER", "x", w.box.Client())
	w.intruder = intruder.New(w.cloud)
	member := intruder.New(awscloud.Isolated(home, memberKey, "x", w.box.Client()))
	err := errors.Join(
		member.CreateBucket(ctx, home, "own-logs"),
		member.PutBucketPolicy(ctx, home, "own-logs", intruder.AllowTrails("own-logs", memberAccount)),
	)
	if err != nil {
		return err
	}
	arn, err := member.CreateTrail(ctx, home, trail.Create{Config: trail.Config{Name: "own", S3BucketName: "own-logs", IncludeGlobalServiceEvents: true}})
	return errors.Join(err, member.StartLogging(ctx, home, arn))
}

// inject makes all calls of an operation fail in one account until the script ends or "inject none" is called.
func (w *world) inject(_ *testscript.TestScript, args []string) error {
	if w.mend != nil {
		w.mend()
		w.mend = nil
	}
	if args[0] != "none" {
		w.mend = w.box.Inject(lab.Fault{Account: args[0], Service: args[1], Operation: args[2], Kind: lab.AccessDenied})
	}
	return nil
}

// signingNames are the services of the calls that impair makes, by the beginning of their targets.
var signingNames = map[string]string{"AWSEvents": "events", "GraniteServiceVersion20100801": "monitoring", "DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs"}

// impair makes one call of one of AWS's JSON protocols.
func (w *world) impair(_ *testscript.TestScript, args []string) error {
	var in map[string]any
	if err := json.Unmarshal([]byte(args[1]), &in); err != nil {
		return err
	}
	service, _, _ := strings.Cut(args[0], ".")
	_, err := wire(w.box, signingNames[service], args[0], in)
	return err
}
