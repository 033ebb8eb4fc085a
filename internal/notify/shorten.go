package notify

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/trail"
)

// shorten makes the incident's JSON such that it has at most limit bytes inside the JSON that wraps it. It gives up
// what matters least first: original events, then long drift values, then the arguments of steps, then the ends of long
// lists and strings. What it gave up, its notes say.
func shorten(i incident.Incident, limit int) []byte {
	data := incidentJSON(i)
	if len(quote(string(data))) <= limit {
		return data
	}
	short := clone(data, i)
	for _, cut := range cuts {
		note := cut(&short)
		if note == "" {
			continue
		}
		short.Notes = append([]string{"Left out of this message for its size: " + note + ". The journal has it."}, short.Notes...)
		if data = incidentJSON(short); len(quote(string(data))) <= limit {
			break
		}
	}
	return data
}

// clone keeps the caller's incident from being cut.
func clone(data []byte, i incident.Incident) incident.Incident {
	var c incident.Incident
	if json.Unmarshal(data, &c) != nil {
		return incident.Incident{ID: i.ID, Stage: i.Stage, TrailARN: i.TrailARN, Severity: i.Severity, Cause: i.Cause, Seen: i.Seen}
	}
	return c
}

// cuts are the ways to shorten, the least painful first. Each returns what it left out, empty if nothing.
var cuts = []func(*incident.Incident) string{
	func(i *incident.Incident) string { return cutRecords(i, 3) },
	func(i *incident.Incident) string { return cutRecords(i, 1) },
	trimRecord,
	func(i *incident.Incident) string { return cutDrifts(i, 4000) },
	func(i *incident.Incident) string { return cutDrifts(i, 400) },
	cutArguments,
	cutRecovered,
	func(i *incident.Incident) string { return cutEverything(i, 500, 40) },
	func(i *incident.Incident) string { return cutRecords(i, 0) },
	func(i *incident.Incident) string { return cutEverything(i, 200, 20) },
	essentials,
}

func cutRecords(i *incident.Incident, keep int) string {
	all := len(i.Records)
	if all <= keep {
		return ""
	}
	i.Records = i.Records[:keep]
	return fmt.Sprintf("%d of %d original events", all-keep, all)
}

// trimRecord leaves the first record only what is short in it: who, what, when and from where are.
func trimRecord(i *incident.Incident) string {
	const longest = 4000
	var parts map[string]json.RawMessage
	if len(i.Records) == 0 || json.Unmarshal(i.Records[0], &parts) != nil {
		return ""
	}
	trimmed := 0
	for name, value := range parts {
		if len(name)+len(value) > longest {
			delete(parts, name)
			trimmed++
		}
	}
	data, err := json.Marshal(parts)
	if err != nil || trimmed == 0 {
		return ""
	}
	i.Records[0] = data
	return fmt.Sprintf("the %d longest parts of the first original event", trimmed)
}

func cutDrifts(i *incident.Incident, longest int) string {
	count := 0
	for n := range i.Drifts {
		for _, v := range []*any{&i.Drifts[n].Before, &i.Drifts[n].After} {
			data, err := json.Marshal(*v)
			if err == nil && len(data) > longest {
				*v = plain.Text(string(data), longest)
				count++
			}
		}
	}
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("the ends of %d long drift values", count)
}

func cutArguments(i *incident.Incident) string {
	for n := range i.Steps {
		s := &i.Steps[n].Step
		i.Steps[n].Step = trail.Step{ID: s.ID, Op: s.Op, Region: s.Region, ARN: s.ARN, Mends: s.Mends, After: s.After, Lost: s.Lost,
			Resource: s.Resource, Account: s.Account, Setting: s.Setting, Member: s.Member}
	}
	return "the arguments of the steps"
}

// cutRecovered leaves the first actors, the incident's own among them, and what they did first of all.
func cutRecovered(i *incident.Incident) string {
	const actors, calls = 5, 5
	if i.Recovered == nil {
		return ""
	}
	r := i.Recovered
	for n := range r.Actors {
		a := &r.Actors[n]
		for _, c := range a.Made[min(len(a.Made), calls):] {
			a.OtherCalls += c.Count
		}
		a.Made = a.Made[:min(len(a.Made), calls)]
	}
	r.OtherActors += max(len(r.Actors)-actors, 0)
	r.Actors = r.Actors[:min(len(r.Actors), actors)]
	return "the less telling of the recovered calls"
}

// essentials is the last resort, for incidents that only a forger makes.
func essentials(i *incident.Incident) string {
	i.Drifts, i.Unknown, i.Steps, i.Proof, i.Blind = nil, nil, nil, nil, nil
	i.Lost, i.Notes, i.EventIDs, i.Told, i.Recovered = nil, nil, nil, nil, nil
	return "all but who, what and when"
}

// cutEverything bounds every string and every list. The essentials are all shorter than that, unless they are forged.
func cutEverything(i *incident.Incident, longest, items int) string {
	records := i.Records
	i.Records = nil // they are JSON, not text
	bound(reflect.ValueOf(i).Elem(), longest, items)
	i.Records = records
	return fmt.Sprintf("what exceeds %d characters, or %d entries of a list", longest, items)
}

func bound(v reflect.Value, longest, items int) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() > longest {
			v.SetString(plain.Text(strings.ToValidUTF8(v.String(), "?"), longest))
		}
	case reflect.Slice:
		if v.Len() > items {
			v.SetLen(items)
		}
		for n := range v.Len() {
			bound(v.Index(n), longest, items)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			bound(v.Elem(), longest, items)
		}
	case reflect.Struct:
		for n := range v.NumField() {
			if field := v.Field(n); field.CanSet() {
				bound(field, longest, items)
			}
		}
	}
}
