package journal

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
)

// maxBody is the largest body of a row, in bytes: what DynamoDB's 400 KB for an item leave beside the other attributes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
const maxBody = 400<<10 - 2<<10

// tooLarge is how the notes about cuts begin.
const tooLarge = "The incident is too large for the journal's table, which does not keep "

// cut makes an incident smaller.
type cut struct {
	lost  string
	apply func(*incident.Incident)
}

// cuts are made one after the other until an incident fits. What can be looked up elsewhere goes first: records are in
// Event history for 90 days, and in the logs that were delivered.
var cuts = []cut{
	{"its records", func(i *incident.Incident) { i.Records = nil }},
	{"the values of its drifts", func(i *incident.Incident) {
		i.Drifts = slices.Clone(i.Drifts)
		for n := range i.Drifts {
			i.Drifts[n].Before, i.Drifts[n].After = nil, nil
		}
	}},
	{"its drifts and steps", func(i *incident.Incident) { i.Drifts, i.Steps = nil, nil }},
	{"everything but its stage, its times and what was told", func(i *incident.Incident) {
		*i = incident.Incident{
			ID: i.ID, Version: i.Version, Stage: i.Stage, TrailARN: i.TrailARN, DryRun: i.DryRun, Severity: i.Severity, Cause: i.Cause,
			Occurrences: i.Occurrences, Attack: i.Attack, Seen: i.Seen, Restored: i.Restored, Proved: i.Proved, Identified: i.Identified,
			Told:  newestTold(i.Told),
			Notes: slices.DeleteFunc(slices.Clone(i.Notes), func(note string) bool { return !strings.HasPrefix(note, tooLarge) }),
		}
	}},
}

// newestTold keeps of each kind of telling the newest, without its error: whoever reads them asks what was told, and when.
func newestTold(told []incident.Telling) []incident.Telling {
	var kept []incident.Telling
	for _, t := range slices.Backward(told) {
		same := func(k incident.Telling) bool { return k.Kind == t.Kind }
		if !slices.ContainsFunc(kept, same) {
			kept = append(kept, incident.Telling{Kind: t.Kind, At: t.At})
		}
	}
	slices.Reverse(kept)
	return kept
}

// fit makes the body of the version that follows. Where the incident is too large, the body has less of it, and saved,
// which is what the caller goes on with, says so in a note: people are told everything all the same.
func fit(i incident.Incident) (body []byte, saved incident.Incident, err error) {
	_, saved, err = next(i, i.Version)
	if err != nil {
		return nil, i, err
	}
	small := saved
	for n := 0; ; n++ {
		if body, err = pack(small); err != nil || len(body) <= maxBody {
			return body, saved, err
		}
		if n == len(cuts) {
			return nil, i, fmt.Errorf("journal: incident %s has %d bytes and cannot be made smaller than the %d that an item may have", i.ID, len(body), maxBody)
		}
		note := tooLarge + cuts[n].lost + "."
		if !slices.Contains(saved.Notes, note) {
			saved.Notes = append(slices.Clone(saved.Notes), note)
			small.Notes = saved.Notes
		}
		cuts[n].apply(&small)
	}
}

func pack(i incident.Incident) ([]byte, error) {
	data, err := i.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("journal: incident %s: %w", i.ID, err)
	}
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // a restoration waits for it; the level is valid
	_, _ = z.Write(data)                              // a buffer takes everything
	_ = z.Close()
	return out.Bytes(), nil
}

// unpack reads a row. Whoever may write to the table may have made it, so nothing in it is believed.
func unpack(row Row) (i incident.Incident, err error) {
	z, err := gzip.NewReader(bytes.NewReader(row.Body))
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(z, maxFile+1))
	}
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	if err == nil {
		err = json.Unmarshal(data, &i)
	}
	if err == nil && (i.ID != row.ID || i.Version != row.Version) {
		err = fmt.Errorf("it holds version %d of the incident %q", i.Version, i.ID)
	}
	if err != nil {
		return incident.Incident{}, fmt.Errorf("journal: item %q cannot be read as an incident (delete it to silence this): %w", row.ID, err)
	}
	return i, nil
}
