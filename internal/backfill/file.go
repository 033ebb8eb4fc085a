package backfill

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/plain"
)

const stamp = "20060102T150405Z"

// keyOf is where the file of a part is. It looks like a log file's key, so that tools find their way, but for the folder and the
// name: nobody must take it for what CloudTrail delivered and signed.
func keyOf(account, region string, s Span) string {
	return fmt.Sprintf("AWSLogs/%s/TrailholdBackfill/%s/%s/%s_TrailholdBackfill_%s_%s_%s.json.gz",
		account, region, s.From.UTC().Format("2006/01/02"), account, region, s.From.UTC().Format(stamp), s.To.UTC().Format(stamp))
}

// keep writes the events of a part into a file of its own; nil if there are none.
func (r *run) keep(ctx context.Context, region string, s Span, events []Event) (*File, error) {
	if len(events) == 0 {
		return nil, nil
	}
	f := &File{Key: keyOf(r.account, region, s), Span: s}
	content, err := f.fill(events)
	if err == nil {
		err = r.store.Put(ctx, f.Key, content)
	}
	if err != nil {
		return nil, fmt.Errorf("evidence cannot be written to %s: %w", r.store.Location(), err)
	}
	f.SHA256, f.Bytes = digestOf(content), len(content)
	return f, nil
}

// fill makes the content of a file, oldest event first, and each event once. It is the same whenever it is made of the same
// events, so that writing it again changes nothing.
func (f *File) fill(events []Event) ([]byte, error) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID)) })
	var content bytes.Buffer
	content.WriteString(`{"Records":[`)
	seen := map[string]bool{}
	for _, e := range events {
		if e.ID != "" && seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		if !strings.HasPrefix(strings.TrimSpace(e.Raw), "{") || !json.Valid([]byte(e.Raw)) {
			f.Unreadable++
			if len(f.UnreadableIDs) < maxNamed {
				f.UnreadableIDs = append(f.UnreadableIDs, plain.Text(e.ID, 64))
			}
			continue
		}
		if f.Records++; f.Records > 1 {
			content.WriteByte(',')
		}
		content.WriteString(e.Raw)
	}
	content.WriteString("]}")
	return pack(content.Bytes())
}

func pack(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}
