package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/trail"
	"github.com/trailhold/trailhold/internal/verification"
)

// notesLife is how long the notes of an interrupted run are good: what was whole then need not be whole any more.
const notesLife = 24 * time.Hour

// notebook remembers, in a file, which parts of a verification are settled. A part is the chains of one account and
// source region. The methods of a nil notebook do nothing.
type notebook struct {
	path    string
	settled map[string]digest.Result // by part
}

// The lines of the file: first the head, then a note for each part.
type (
	notesHead struct {
		Version int       `json:"version"` // 1
		From    time.Time `json:"from"`
		To      time.Time `json:"to"`
		Now     time.Time `json:"now"`
	}
	note struct {
		Part    string         `json:"part"`
		Result  digest.Result  `json:"result"`
		Anchors digest.Anchors `json:"anchors"`
	}
)

// resumable splits the jobs into parts and opens the notes of an earlier run of the same command, if there are any that
// are not too old. The time that is verified is then that of the earlier run.
func (a *app) resumable(ctx context.Context, f verifyFlags, s *verifyScope) ([]verifyJob, *notebook, error) {
	path, err := f.notesPath()
	if err != nil {
		return nil, nil, err
	}
	n := &notebook{path: path, settled: map[string]digest.Result{}}
	head := notesHead{1, s.from, s.to, s.jobs[0].options.Now}
	if old, ok := n.load(time.Now()); ok {
		head = old
		_, _ = fmt.Fprintf(a.progress(), "trailhold: going on where an earlier run ended: %s settled\n", plural(len(n.settled), "part"))
	} else if err := n.begin(head); err != nil {
		return nil, nil, err
	}
	s.from, s.to = head.From, head.To
	var parts []verifyJob
	for _, job := range s.jobs {
		job.options.From, job.options.To, job.options.Now = head.From, head.To, head.Now
		parts = append(parts, split(ctx, job)...)
	}
	return parts, n, nil
}

// notesPath names the notes by what the command was told to do.
func (f verifyFlags) notesPath() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("--resume has nowhere to keep its notes: %w", err)
	}
	if f.place != "" && !isBucket(f.place) {
		if f.place, err = filepath.Abs(f.place); err != nil {
			return "", err
		}
	}
	told := fmt.Sprintf("%q", []any{f.trail, f.baseline, f.place, f.from, f.to, f.regions, f.accounts, f.organization, f.keys, f.metadata, f.anchor})
	sum := sha256.Sum256([]byte(told))
	return filepath.Join(dir, "trailhold", "verify-"+hex.EncodeToString(sum[:8])+".jsonl"), nil
}

// load reads the notes. A last line that was cut off is a part that is not settled.
func (n *notebook) load(now time.Time) (head notesHead, ok bool) {
	file, err := os.Open(n.path)
	if err != nil {
		return head, false
	}
	defer func() { _ = file.Close() }() // only read from
	lines := bufio.NewReader(file)
	for first := true; ; first = false {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return head, !first
		}
		if first {
			if json.Unmarshal(line, &head) != nil || head.Version != 1 {
				return head, false
			}
			if info, err := file.Stat(); err != nil || now.Sub(info.ModTime()) > notesLife {
				return head, false
			}
			continue
		}
		var noted note
		if json.Unmarshal(line, &noted) == nil {
			noted.Result.Anchors = noted.Anchors
			n.settled[noted.Part] = noted.Result
		}
	}
}

func (n *notebook) begin(head notesHead) error {
	if err := os.MkdirAll(filepath.Dir(n.path), 0o700); err != nil {
		return fmt.Errorf("--resume cannot keep its notes: %w", err)
	}
	line, err := json.Marshal(head)
	if err == nil {
		err = os.WriteFile(n.path, append(line, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("--resume cannot keep its notes: %w", err)
	}
	return nil
}

// recall gives the result of a part that is settled.
func (n *notebook) recall(job verifyJob) (digest.Result, bool) {
	if n == nil {
		return digest.Result{}, false
	}
	r, ok := n.settled[job.part()]
	return r, ok
}

// remember notes a part, unless something in it could not be read: that is tried again.
func (n *notebook) remember(job verifyJob, r digest.Result) error {
	if n == nil || !verification.Complete(r) {
		return nil
	}
	line, err := json.Marshal(note{job.part(), r, r.Anchors})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(n.path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("--resume cannot keep its notes: %w", err)
	}
	_, err = file.Write(append(bytes.TrimSpace(line), '\n'))
	return errors.Join(err, file.Close())
}

// forget ends the notes of a verification that has nothing left to settle.
func (n *notebook) forget(r digest.Result) error {
	if n == nil || !verification.Complete(r) {
		return nil
	}
	if err := os.Remove(n.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// part names a job among all others of a command.
func (j verifyJob) part() string {
	o := j.options
	return strings.Join([]string{o.Bucket, o.Prefix, o.Trail, o.HomeRegion, strings.Join(o.Accounts, ","), strings.Join(o.Regions, ",")}, "|")
}

// split makes a job of each account and source region that is found or expected. Where a listing fails, the job stays whole.
func split(ctx context.Context, job verifyJob) []verifyJob {
	finder := &partFinder{store: job.store, bucket: job.options.Bucket, found: map[accountRegion]bool{}}
	if err := finder.search(ctx, folderOf(job.options.Prefix), 0); err != nil {
		return []verifyJob{job}
	}
	for _, e := range job.options.Expect {
		finder.found[accountRegion{e.Account, e.Region}] = true
	}
	var parts []verifyJob
	for pair := range finder.found {
		o := job.options
		if len(o.Accounts) > 0 && !slices.Contains(o.Accounts, pair.account) || len(o.Regions) > 0 && !slices.Contains(o.Regions, pair.region) {
			continue
		}
		o.Accounts, o.Regions, o.Expect = []string{pair.account}, []string{pair.region}, nil
		for _, e := range job.options.Expect {
			if e.Account == pair.account && e.Region == pair.region {
				o.Expect = append(o.Expect, e)
			}
		}
		parts = append(parts, verifyJob{job.store, o})
	}
	if len(parts) == 0 {
		return []verifyJob{job}
	}
	slices.SortFunc(parts, func(a, b verifyJob) int {
		return cmp.Or(cmp.Compare(a.options.Accounts[0], b.options.Accounts[0]), cmp.Compare(a.options.Regions[0], b.options.Regions[0]))
	})
	return parts
}

type accountRegion struct{ account, region string }

// partFinder finds accounts and regions in a bucket's layout: [prefix/]AWSLogs/[organization/]account/kind/region/.
type partFinder struct {
	store   digest.Store
	bucket  string
	visited int
	found   map[accountRegion]bool
}

const (
	partDepth   = 9    // folders from the top to a region
	partFolders = 5000 // that are listed to find parts
)

var errTooMany = errors.New("too many folders")

func folderOf(prefix string) string {
	if prefix == "" || strings.HasSuffix(prefix, "/") {
		return prefix
	}
	return prefix + "/"
}

func (p *partFinder) search(ctx context.Context, folder string, depth int) error {
	if p.visited++; p.visited > partFolders {
		return errTooMany
	}
	var below []string
	err := p.store.Folders(ctx, p.bucket, folder, func(sub string) error {
		if len(below) > partFolders {
			return errTooMany
		}
		below = append(below, sub)
		return nil
	})
	for _, sub := range below {
		parts := strings.Split(strings.TrimSuffix(sub, "/"), "/")
		region, kind, account := last(parts, 0), last(parts, 1), last(parts, 2)
		switch {
		case (kind == "CloudTrail" || kind == "CloudTrail-Digest") && trail.ValidAccount(account):
			p.found[accountRegion{account, region}] = true
		case err == nil && depth < partDepth && !trail.ValidAccount(kind) || region == "CloudTrail" || region == "CloudTrail-Digest":
			err = errors.Join(err, p.search(ctx, sub, depth+1))
		}
	}
	return err
}

// last is the n-th element from the end, empty if there is none.
func last(parts []string, n int) string {
	if len(parts) <= n {
		return ""
	}
	return parts[len(parts)-1-n]
}
