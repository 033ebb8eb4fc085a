package verifytest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/cli"
	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
	"github.com/trailhold/trailhold/internal/verification"
)

// comparison is a way to tamper, and which objects each of the two programs finds bad. Where they differ, why says what the
// AWS CLI gets wrong, or that it is a matter of words.
type comparison struct {
	name   string
	tamper func(c *digesttest.Chain, logs, digests []string)
	ours   []string // "log N" and "digest N", counted from 0
	theirs []string
	code   int // our exit code
	why    string
}

var comparisons = []comparison{
	{name: "whole", tamper: func(*digesttest.Chain, []string, []string) {}},
	{name: "a log deleted", tamper: func(c *digesttest.Chain, logs, _ []string) { c.World.Delete(bucket, logs[4]) },
		ours: []string{"log 4"}, theirs: []string{"log 4"}, code: 3},
	{name: "a log changed", tamper: func(c *digesttest.Chain, logs, _ []string) {
		c.World.Object(bucket, logs[4]).Body = digesttest.Gzip([]byte("{}"))
	}, ours: []string{"log 4"}, theirs: []string{"log 4"}, code: 3},
	{name: "a log that is no gzip", tamper: func(c *digesttest.Chain, logs, _ []string) {
		c.World.Object(bucket, logs[4]).Body = []byte("plain")
	}, ours: []string{"log 4"}, theirs: []string{"log 4"}, code: 3},
	{name: "a digest changed", tamper: func(c *digesttest.Chain, _, digests []string) {
		text, _ := digesttest.Gunzip(c.World.Object(bucket, digests[2]).Body)
		c.World.Object(bucket, digests[2]).Body = digesttest.Gzip(append(text, ' '))
	}, ours: []string{"digest 2", "log 4", "log 5"}, theirs: []string{"digest 2"}, code: 3,
		why: "they drop the logs of an invalid digest from the totals; we list them as not proved"},
	{name: "a digest deleted", tamper: func(c *digesttest.Chain, _, digests []string) { c.World.Delete(bucket, digests[2]) },
		ours: []string{"digest 2"}, theirs: []string{"digest 2"}, code: 3},
	{name: "two adjacent digests deleted", tamper: func(c *digesttest.Chain, _, digests []string) {
		c.World.Delete(bucket, digests[2])
		c.World.Delete(bucket, digests[3])
	}, ours: []string{"digest 2", "digest 3"}, theirs: []string{"digest 3"}, code: 3,
		why: "they report the run by its newest digest only"},
	{name: "a log planted", tamper: func(c *digesttest.Chain, logs, _ []string) {
		c.World.Put(bucket, strings.Replace(logs[4], "_0", "_1", 1), *c.World.Object(bucket, logs[4]))
	}, ours: []string{"planted"}, code: 3, why: "they never list the logs"},
	{name: "bytes after a log", tamper: func(c *digesttest.Chain, logs, _ []string) {
		o := c.World.Object(bucket, logs[4])
		o.Body = append(o.Body, "trailing"...)
	}, ours: []string{"log 4"}, code: 3, why: "they ignore what follows the first gzip member"},
	{name: "a second member after a log", tamper: func(c *digesttest.Chain, logs, _ []string) {
		o := c.World.Object(bucket, logs[4])
		o.Body = append(o.Body, digesttest.Gzip(nil)...)
	}, ours: []string{"log 4"}, code: 3, why: "they ignore what follows the first gzip member, which other programs read"},
	{name: "a truncated trailer", tamper: func(c *digesttest.Chain, logs, _ []string) {
		o := c.World.Object(bucket, logs[4])
		o.Body = o.Body[:len(o.Body)-4]
	}, ours: []string{"log 4"}, code: 3, why: "they take a stream without its end for whole"},
	{name: "bytes after a digest", tamper: func(c *digesttest.Chain, _, digests []string) {
		o := c.World.Object(bucket, digests[2])
		o.Body = append(o.Body, "trailing"...)
	}, ours: []string{"digest 2", "log 4", "log 5"}, code: 3, why: "they ignore what follows the first gzip member"},
	{name: "a log that may not be read", tamper: func(c *digesttest.Chain, logs, _ []string) {
		c.World.Object(bucket, logs[4]).Fault = digest.Denied
	}, ours: []string{"log 4"}, code: 1, why: "they stop at the first one, without a verdict on the rest"},
	{name: "all digests deleted", tamper: func(c *digesttest.Chain, _, digests []string) {
		for _, key := range digests {
			c.World.Delete(bucket, key)
		}
	}, ours: []string{"chain"}, code: 3, why: "they find nothing, and nothing wrong"},
}

// TestSameVerdictAsTheAWSCLI runs both programs against the same chains.
func TestSameVerdictAsTheAWSCLI(t *testing.T) {
	_, missing := exec.LookPath("aws")
	for _, test := range comparisons {
		t.Run(test.name, func(t *testing.T) {
			chain, server := newChain(t, 2, nil)
			chain.Deliver(6)
			names := map[string]string{}
			var logs, digests []string
			for _, key := range chain.World.Names(bucket) {
				if strings.Contains(key, "_CloudTrail-Digest_") {
					names["s3://"+bucket+"/"+key] = fmt.Sprintf("digest %d", len(digests))
					digests = append(digests, key)
				} else {
					names["s3://"+bucket+"/"+key] = fmt.Sprintf("log %d", len(logs))
					logs = append(logs, key)
				}
			}
			test.tamper(chain, logs, digests)
			use(t, server)
			if got, code := ours(t, names); !slices.Equal(got, test.ours) || code != test.code {
				t.Errorf("we find %q with exit code %d, want %q and %d", got, code, test.ours, test.code)
			}
			if missing != nil {
				t.Skip("the AWS CLI is not installed: only our own verdict was checked")
			}
			if got := theirs(t, names); !slices.Equal(got, test.theirs) {
				t.Errorf("the AWS CLI finds %q, want %q", got, test.theirs)
			}
			if same := slices.Equal(test.ours, test.theirs); same != (test.why == "") {
				t.Errorf("the two agree: %v; but the reason is %q", same, test.why)
			}
		})
	}
}

// ours lists the objects that trailhold finds bad or cannot settle.
func ours(t *testing.T, names map[string]string) (bad []string, code int) {
	var out, errs bytes.Buffer
	args := strings.Fields("verify s3://" + bucket + " --from 2026-03-01 --to 2026-03-01T06:00:00Z --output json")
	code = cli.Main(t.Context(), args, strings.NewReader(""), &out, &errs)
	var v verification.Outcome
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s %s", err, out.Bytes(), errs.Bytes())
	}
	for _, p := range v.Problems {
		name := names[p.Object]
		switch {
		case p.Kind == digest.LogUnlisted:
			name = "planted"
		case name == "":
			name = "chain"
		}
		bad = append(bad, name)
	}
	slices.Sort(bad)
	return slices.Compact(bad), code
}

// theirs lists the objects that the AWS CLI calls INVALID.
func theirs(t *testing.T, names map[string]string) (bad []string) {
	command := exec.Command("aws", "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", "2026-03-01T00:00:00Z", "--end-time", "2026-03-01T06:00:00Z", "--verbose")
	out, _ := command.CombinedOutput() // it exits with 1 when it finds something
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) >= 3 && strings.HasPrefix(fields[2], "INVALID") {
			bad = append(bad, names[fields[1]])
		}
	}
	slices.Sort(bad)
	t.Logf("%s", out)
	return slices.Compact(bad)
}
