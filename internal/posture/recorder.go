package posture

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/trailhold/trailhold/internal/trail"
)

// recorder is a trail or an event data store, in the terms in which coverage is judged.
type recorder struct {
	arn       string
	recording truth
	doubt     string // why something of it is unknown
	multi     bool
	home      string
	global    bool            // events of global services too
	selectors trail.Selectors // if they are known
	selected  bool            // whether they are
	insights  []trail.InsightSelector
	asked     bool // whether the insights are known
	to        []string
	held      []Holder
	portions  map[string]portion // of the categories that were asked for
}

// truth is an answer that may be missing.
type truth uint8

const (
	no truth = iota
	maybe
	yes
)

// recorders are all of an account.
func (s scope) recorders() []recorder {
	var all []recorder
	for _, t := range s.account.Trails {
		all = append(all, s.trailRecorder(t))
	}
	for _, arn := range s.stores() {
		if r, read := s.resource(arn); read {
			all = append(all, storeRecorder(r))
		}
	}
	return all
}

// stores lists the event data stores of all regions.
func (s scope) stores() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.account.Regions)) {
		list, _ := s.account.Regions[name].Stores.Get()
		all = append(all, list...)
	}
	return all
}

func (s scope) trailRecorder(t trail.State) recorder {
	r := recorder{arn: t.ARN, portions: map[string]portion{}, recording: maybe, home: regionIn(t.ARN)}
	c, known := t.Config.Get()
	if !known {
		r.doubt = notRead("the trail "+t.ARN, t.Config).detail
		return r
	}
	r.multi, r.home, r.global = c.IsMultiRegionTrail, c.HomeRegion, c.IncludeGlobalServiceEvents
	r.recording, r.doubt = logging(t)
	r.selectors, r.selected = t.Selectors.Get()
	r.insights, r.asked = t.Insights.Get()
	if !r.selected {
		r.doubt = cmp.Or(r.doubt, notRead("the event selectors of "+c.Name, t.Selectors).detail)
	}
	r.to, r.held = s.destinations(c)
	return r
}

// logging says whether a trail is logging.
func logging(t trail.State) (truth, string) {
	status, known := t.Status.Get()
	switch {
	case !known:
		return maybe, notRead("its status", t.Status).detail
	case status.IsLogging:
		return yes, ""
	}
	return no, ""
}

// destinations are where a trail's events go, and in whose hands that is.
func (s scope) destinations(c trail.Config) (to []string, held []Holder) {
	held = []Holder{{Account: accountIn(c.ARN), What: "trail"}}
	hold := func(arn, what string) {
		if arn == "" {
			return
		}
		r, _ := s.resource(arn)
		held = append(held, Holder{Account: cmp.Or(r.Account, accountIn(arn)), What: what})
	}
	place := "s3://" + c.S3BucketName
	if c.S3KeyPrefix != "" {
		place += "/" + c.S3KeyPrefix
	}
	to = append(to, place)
	hold(bucketOf(c), "bucket")
	hold(c.KMSKeyID, "key")
	if group := logGroupOf(c); group != "" {
		to = append(to, group)
		hold(group, "log group")
	}
	return to, held
}

// storeRecorder is an event data store. It has no settings of its own for events of global services: it takes in what its
// regions have.
func storeRecorder(r Resource) recorder {
	made := recorder{arn: r.ARN, portions: map[string]portion{}, home: regionIn(r.ARN), global: true, asked: true, to: []string{r.ARN}, recording: maybe,
		held: []Holder{{Account: accountIn(r.ARN), What: "event data store"}}}
	document, known := r.Setting("configuration").Get()
	ingestion, asked := r.Setting("ingestion").Get()
	if !known || !asked {
		made.doubt = notRead("the event data store "+r.ARN, r.Setting("configuration")).detail
		return made
	}
	var parsed struct{ AdvancedEventSelectors []trail.AdvancedEventSelector }
	if json.Unmarshal([]byte(document), &parsed) != nil {
		made.doubt = "the selectors of " + r.ARN + " cannot be understood"
		return made
	}
	made.selectors, made.selected = trail.Selectors{Advanced: parsed.AdvancedEventSelectors}, true
	made.multi, made.recording = document.Flag("MultiRegionEnabled"), no
	if ingestion.Flag("Ingesting") {
		made.recording = yes
	}
	return made
}

// reaches says whether the recorder is responsible for a region.
func (r recorder) reaches(region string) bool { return r.multi || r.home == region }
