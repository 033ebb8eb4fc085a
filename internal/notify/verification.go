package notify

import (
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/incident"
	"github.com/trailhold/trailhold/internal/plain"
)

// verified is what a message tells about a trail's delivered logs: that they are not whole, or that nothing could prove
// whether they are. Nobody is seen doing it, no call tells of it, and there is nothing to restore.
type verified struct {
	incident.Incident
	trail    string
	broken   bool
	summary  string // such as "1 log missing"
	findings []finding
}

// finding is one thing that a verification found. All of it is hostile text.
type finding struct {
	kind, object, detail string
}

func readVerified(i incident.Incident, broken bool, summary string, details []string) verified {
	_, name := unitName(i.TrailARN)
	v := verified{Incident: i, trail: name, broken: broken, summary: plain.Text(summary, maxValue)}
	for _, d := range details {
		v.findings = append(v.findings, readFinding(d))
	}
	return v
}

// readFinding takes a note apart, such as "log-missing: s3://bucket/key: it is not there".
func readFinding(note string) finding {
	kind, rest, ok := strings.Cut(note, ": ")
	object, detail, complete := strings.Cut(rest, ": ")
	if !ok || !complete || !strings.HasPrefix(object, "s3://") {
		return finding{detail: note}
	}
	return finding{kind, strings.TrimPrefix(object, "s3://"), detail}
}

func (v verified) compose(kind incident.Kind) Message {
	return Message{
		Kind: kind, Incident: v.Incident,
		Subject: plain.ASCII(fmt.Sprintf("[Trailhold] %s trail %s: %s", v.alarm(), plain.ASCII(v.trail, 30), v.summary), maxSubject),
		Line:    v.line(), JSON: incidentJSON(v.Incident), Brief: v.brief(),
	}.laidOut(v.page())
}

func (v verified) alarm() string { return strings.ToUpper(v.Severity.String()) + " " + v.flag() }

func (v verified) flag() string {
	if v.broken {
		return "LOGS NOT WHOLE"
	}
	return "LOGS NOT VERIFIED"
}

func (v verified) line() string {
	id := " [" + plain.Text(v.ID, maxName) + "]"
	return plain.Text(stamp(v.Seen)+"Z "+v.alarm()+" trail "+v.trail+": "+v.summary, maxLine-len(id)) + id
}

func (v verified) page() *page {
	p := &page{}
	p.para(v.flag() + ". Trail " + v.trail + ": " + v.summary + ".")
	p.out.WriteString("\n")
	p.para(v.story())
	p.todos(v.advice())
	v.found(p)
	p.heading("REFERENCE")
	p.value("Incident", plain.Text(v.ID, maxValue))
	p.value("Severity", v.Severity.String())
	p.value("Trail", plain.Text(v.TrailARN, maxValue))
	p.value("Seen", stamp(v.Seen)+" UTC")
	p.value("Baseline", plain.Text(v.BaselineHash, maxValue))
	return p
}

func (v verified) story() string {
	name := "trail " + v.trail + " (account " + plain.Text(v.Account, maxName) + ", " + plain.Text(v.Region, maxName) + ")"
	if v.broken {
		return "The files that " + name + " delivered are no longer as CloudTrail's signed digests say: some were " +
			"deleted, changed or added, or the chain of digests broke off for no known reason. What the logs say of that time " +
			"cannot be relied on. Nothing was restored: " +
			"deleted or changed files come back only from an older version or a copy. Whether the trail still records is another " +
			"matter, which every sweep looks at."
	}
	return "Trailhold could not read all that proves the logs of " + name + " whole. This need not be tampering, but it would hide " +
		"tampering: take nothing for proven until it can be read. You are told of it once a day."
}

func (v verified) advice() []todo {
	again := command("trailhold verify", "--trail", v.TrailARN)
	if !v.broken {
		return []todo{
			{text: "Mend what is named below. To verify, Trailhold needs s3:ListBucket and s3:GetObject on the trail's bucket, " +
				"cloudtrail:ListPublicKeys, and kms:Decrypt if the files are encrypted with a KMS key."},
			{"Then verify by hand, which covers the last 30 days:", again},
		}
	}
	todos := []todo{{text: "Leave the bucket as it is: delete nothing, and upload nothing in the place of what is gone."}}
	bucket, key := v.evidence()
	if versions := command("aws s3api list-object-versions", "--bucket", bucket, "--prefix", key); versions != nil {
		todos = append(todos, todo{"If the bucket keeps versions, see when the first of these files was deleted or replaced; what was delivered is still there then:", versions})
	}
	todos = append(todos, todo{text: "Find out who did it. Event history does not have it: deleting and writing files are S3 data events. Look where " +
		"the data events of this bucket are recorded, or into its server access logs."})
	if expiry := command("aws s3api get-bucket-lifecycle-configuration", "--bucket", bucket); expiry != nil {
		todos = append(todos, todo{"Rule out an accident: a lifecycle rule that deletes files too early would look like this.", expiry})
	}
	return append(todos, todo{"See whether older files are affected; this verifies the last 30 days:", again})
}

// evidence is the first file below that is named in full.
func (v verified) evidence() (bucket, key string) {
	for _, f := range v.findings {
		if bucket, key, _ = strings.Cut(f.object, "/"); strings.HasSuffix(key, ".json.gz") {
			return bucket, key
		}
	}
	return "", ""
}

func (v verified) found(p *page) {
	if len(v.findings) == 0 {
		return
	}
	if v.broken {
		p.heading("WHAT IS WRONG")
	} else {
		p.heading("WHAT COULD NOT BE VERIFIED")
	}
	for _, f := range head(p, v.findings) {
		if f.kind == "" {
			p.bullet("*", plain.Text(f.detail, maxValue))
			continue
		}
		p.bullet("*", plain.Text(f.kind, maxName)+": "+plain.Text(f.detail, maxValue))
		if harmless(f.object) {
			p.command([]string{"s3://" + f.object}) // in one piece, to be copied
		} else {
			p.value("  file", plain.Text(f.object, maxValue))
		}
	}
}
