package incident

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// MarshalJSON writes the one JSON form that an incident has. Reading it and writing it again gives the same bytes, so
// that stored incidents can be compared, and it always satisfies Schema: times are UTC, lists that are always there are
// [] and never null, and the values of a drift have their keys in order whatever Go type they came as.
func (i Incident) MarshalJSON() ([]byte, error) {
	type plain Incident // without this method
	i.Techniques = present(i.Techniques)
	i.Drifts = present(slices.Clone(i.Drifts))
	i.Steps = present(slices.Clone(i.Steps))
	i.Proof = slices.Clone(i.Proof)
	i.Blind = slices.Clone(i.Blind)
	i.Told = slices.Clone(i.Told)
	i.Records = slices.Clone(i.Records)
	i.timesToUTC()
	for n, r := range i.Records {
		i.Records[n] = validRecord(r)
	}
	for n := range i.Steps {
		i.Steps[n].Mends = present(i.Steps[n].Mends)
	}
	for n := range i.Drifts {
		if err := i.generaliseDrift(n); err != nil {
			return nil, err
		}
	}
	data, err := encode(plain(i))
	if err != nil || !bytes.Contains(data, []byte(`\ufffd`)) {
		return data, err
	}
	// A byte that is no UTF-8 is written as this escape, but the character it is read as is written as itself.
	var read plain
	if err := decode(data, &read); err != nil {
		return nil, err
	}
	return encode(read)
}

// UnmarshalJSON reads what MarshalJSON wrote. Numbers inside drift values keep their digits.
func (i *Incident) UnmarshalJSON(data []byte) error {
	type plain Incident
	return decode(data, (*plain)(i))
}

func (i *Incident) timesToUTC() {
	for _, t := range []*time.Time{&i.Attack, &i.Seen, &i.Restored, &i.Proved} {
		*t = utc(*t)
	}
	for n := range i.Steps {
		i.Steps[n].Started = utc(i.Steps[n].Started)
	}
	for n := range i.Proof {
		i.Proof[n].LatestDeliveryTime = utc(i.Proof[n].LatestDeliveryTime)
	}
	for n := range i.Blind {
		w := &i.Blind[n]
		w.From, w.To, w.Until, w.Regions = utc(w.From), utc(w.To), utc(w.Until), present(w.Regions)
	}
	i.Recovered = i.Recovered.timesToUTC()
	for n := range i.Told {
		i.Told[n].At = utc(i.Told[n].At)
	}
}

// utc gives a time that JSON can carry. A year that RFC 3339 has no digits for can only come from a forged record;
// it becomes the zero time, unknown, because losing the whole incident to it would serve the forger.
func utc(t time.Time) time.Time {
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}
	}
	return t
}

// validRecord keeps a record that is not JSON from making the whole incident unwritable: it is carried as a string.
func validRecord(r json.RawMessage) json.RawMessage {
	r = bytes.ToValidUTF8(r, []byte("\uFFFD"))
	if json.Valid(r) {
		return r
	}
	quoted, err := json.Marshal(string(r))
	if err != nil {
		return json.RawMessage("null") // a string can always be written
	}
	return quoted
}

// generaliseDrift turns the drift's values into maps, lists, strings, booleans and numbers, which is what any reader
// of the JSON gets; maps are written with sorted keys.
func (i *Incident) generaliseDrift(n int) error {
	d := &i.Drifts[n]
	for _, value := range []*any{&d.Before, &d.After} {
		data, err := encode(*value)
		if err != nil {
			return fmt.Errorf("incident %s: the value of drift %q cannot be written as JSON: %w", i.ID, d.Field, err)
		}
		*value = nil // so that decoding does not fill the caller's value
		if err := decode(data, value); err != nil {
			return fmt.Errorf("incident %s: the value of drift %q does not survive JSON: %w", i.ID, d.Field, err)
		}
	}
	return nil
}

// present makes a nil list an empty one, which JSON writes as [].
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// encode leaves <, > and & as they are, so that records stay as received. (json.Marshal of an incident escapes them
// all the same; calling MarshalJSON does not.)
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}
