package posture

import (
	"cmp"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/shell"
	"github.com/trailhold/trailhold/internal/trail"
)

// dataChecks ask which data events are recorded, and about event data stores.
var dataChecks = []check{
	{Check{ID: "ct-s3-data-write", Group: GroupData, Severity: severity.Medium,
		Title:      "Writes of S3 objects are recorded, in all buckets and regions",
		Rationale:  "Without data events nobody sees objects being deleted, overwritten or encrypted for ransom.",
		Remedy:     addSelectors,
		References: refs("3.10 3.8 3.8 3.8 4.8", "S3.22", "cloudtrail-all-write-s3-data-event-check cloudtrail-s3-dataevents-enabled", "", ""),
	}, perAccount(covered(s3Write))},
	{Check{ID: "ct-s3-data-read", Group: GroupData, Severity: severity.Medium,
		Title:      "Reads of S3 objects are recorded, in all buckets and regions",
		Rationale:  "Without data events nobody can say which objects an intruder took.",
		Remedy:     addSelectors,
		References: refs("3.11 3.9 3.9 3.9 4.9", "S3.23", "cloudtrail-all-read-s3-data-event-check", "", ""),
	}, perAccount(covered(s3Read))},
	{Check{ID: "ct-lambda-data", Group: GroupData, Severity: severity.Low,
		Title:      "Invocations of Lambda functions are recorded, in all regions",
		Rationale:  "A function that an intruder invokes acts with the function's rights; only its data events say who called it.",
		Remedy:     addSelectors,
		References: nobodyElse,
	}, perAccount(covered("Lambda invocation"))},
	{Check{ID: "ct-dynamodb-data", Group: GroupData, Severity: severity.Info,
		Title:      "Calls on items of DynamoDB tables are recorded, in all regions",
		Rationale:  "Without data events nobody can say which items were read or changed.",
		Remedy:     addSelectors,
		References: nobodyElse,
	}, perAccount(covered("DynamoDB item"))},
	{Check{ID: "ct-bedrock-data", Group: GroupData, Severity: severity.Low,
		Title:      "Calls of Bedrock's models and agents are recorded, in all regions",
		Rationale:  "Stolen keys are used to run models on somebody else's bill.",
		Remedy:     addSelectors,
		References: nobodyElse,
	}, perAccount(covered("Bedrock"))},
	{Check{ID: "ct-lake-cmk", Group: GroupData, Severity: severity.Low,
		Title:      "The event data store is encrypted with a key of one's own",
		Rationale:  "Reading events then takes two permissions. The key cannot be changed later.",
		Remedy:     "aws cloudtrail update-event-data-store --region {region} --event-data-store {arn} --kms-key-id " + shell.Ask("KEY", "ARN of a key; it can never be changed again"),
		References: refs(noCIS, "CloudTrail.10", "event-data-store-cmk-encryption-enabled", "", ""),
	}, perStore(storeKey)},
	{Check{ID: "ct-lake-ingesting", Group: GroupData, Severity: severity.Medium,
		Title:      "The event data store takes in events, and cannot be deleted by one call",
		Rationale:  "An event data store whose ingestion is stopped records nothing; one that is about to be deleted takes all its events with it.",
		Remedy:     "aws cloudtrail start-event-data-store-ingestion --region {region} --event-data-store {arn}",
		References: nobodyElse,
	}, perStore(storeIngests)},
}

// addSelectors is the command where nobody knows which selectors the trail has: PutEventSelectors replaces them all.
var addSelectors = "aws cloudtrail put-event-selectors --region {region} --trail-name {trail} --advanced-event-selectors " +
	shell.Ask("SELECTORS", "those that get-event-selectors shows and those for the events that are missing")

// covered asks the coverage map: all trails and event data stores together must record a category in every region.
func covered(name string) func(scope) verdict {
	return func(s scope) verdict { return s.whole(name) }
}

func (s scope) whole(name string) verdict {
	if _, known := s.account.Enabled.Get(); !known {
		return notRead("which regions are enabled", s.account.Enabled)
	}
	result := pass("%s events are recorded in all regions", name)
	at := map[string][]string{} // regions by what is wrong
	worst := map[string]Recorded{}
	var by []string
	for _, c := range s.cells(category(name)) {
		for _, r := range c.By {
			if !contains(by, r.ARN) {
				by = append(by, r.ARN)
			}
		}
		if c.State != Whole {
			text := blindText(category(name), c)
			at[text] = append(at[text], c.Region)
			worst[text] = c.State
		}
	}
	for _, text := range sortedKeys(at) {
		v := fail("%s, in %s", text, regionWords(at[text]))
		if worst[text] == Uncertain {
			v = unknown("%s, in %s", text, regionWords(at[text]))
		}
		result = all(result, v)
	}
	slices.Sort(by)
	if len(by) > 0 {
		result = result.with("recorded by", strings.Join(by, ", "))
	}
	if t, ok := s.account.PrincipalTrail(); ok {
		if is, _ := logging(t); is == no { // whatever it selects
			return result.by(startLogging)
		}
	}
	return result
}

// regionWords names a few regions and counts many.
func regionWords(regions []string) string {
	const few = 3
	if len(regions) > few {
		return strings.Join(regions[:few], ", ") + " and " + count(len(regions)-few, "more region")
	}
	return strings.Join(regions, ", ")
}

// perStore puts a question to each event data store.
func perStore(ask func(scope, Resource) verdict) func(scope) []judged {
	return func(s scope) []judged {
		var all []judged
		for _, arn := range s.stores() {
			r, known := s.resource(arn)
			j := judged{region: cmp.Or(r.Region, regionIn(arn)), resource: arn, tags: r.Tags}
			if j.verdict = ask(s, r); !known {
				j.verdict = unknown("the event data store was not read")
			}
			all = append(all, j)
		}
		for _, region := range s.regions() {
			if list := s.account.Regions[region].Stores; list.Knowledge() == trail.Unknown {
				all = append(all, judged{verdict: notRead("the list of event data stores in "+region, list), region: region})
			}
		}
		return all
	}
}

func storeKey(_ scope, r Resource) verdict {
	document, known := r.Setting("configuration").Get()
	switch {
	case !known:
		return notRead("the event data store's configuration", r.Setting("configuration"))
	case document.Text("KmsKeyId") == "":
		return fail("events are encrypted with a key of CloudTrail's own")
	}
	return pass("events are encrypted with %s", document.Text("KmsKeyId")).with("KmsKeyId", document.Text("KmsKeyId"))
}

func storeIngests(_ scope, r Resource) verdict {
	deletion, known := r.Setting("deletion").Get()
	ingestion, asked := r.Setting("ingestion").Get()
	document, configured := r.Setting("configuration").Get()
	switch {
	case !known || !asked:
		return notRead("the state of the event data store", r.Setting("ingestion"))
	case deletion.Flag("Pending"):
		return fail("the event data store is about to be deleted, with all its events").with("Pending", true).
			by("aws cloudtrail restore-event-data-store --region {region} --event-data-store {arn}")
	case !ingestion.Flag("Ingesting"):
		return fail("the event data store takes in no events").with("Ingesting", false)
	case !configured:
		return notRead("whether the event data store is protected from deletion", r.Setting("configuration"))
	case !document.Flag("TerminationProtectionEnabled"):
		return fail("one call deletes the event data store").with("TerminationProtectionEnabled", false).rated(severity.Low).
			by("aws cloudtrail update-event-data-store --region {region} --event-data-store {arn} --termination-protection-enabled")
	}
	return pass("the event data store takes in events").with("Ingesting", true)
}
