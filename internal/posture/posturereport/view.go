package posturereport

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/plain"
	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
	"github.com/trailhold/trailhold/internal/severity"
)

// maxShown is how many characters of a value are shown to people. A remedy is never cut: half a command is another command.
const maxShown = 600

// asked is a check and what it found, the worst first.
type asked struct {
	posture.Check
	Findings []posture.Finding
}

// counts are the findings of each status.
type counts map[posture.Status]int

func count(findings []posture.Finding) counts {
	c := counts{}
	for _, f := range findings {
		c[f.Status]++
	}
	return c
}

// Worst is the severity of the worst finding that fails; that of the check if none does.
func (a asked) Worst() severity.Severity {
	worst := severity.None
	for _, f := range a.Findings {
		if f.Status == posture.Fail {
			worst = max(worst, f.Severity)
		}
	}
	return cmp.Or(worst, a.Severity)
}

// Fails says whether a finding fails, not only is unknown.
func (a asked) Fails() bool { return len(a.of(posture.Fail)) > 0 }

// Bad are the findings that ask somebody to do something.
func (a asked) Bad() []posture.Finding { return a.of(posture.Fail, posture.Unknown) }

// Silent are those that somebody answers for.
func (a asked) Silent() []posture.Finding { return a.of(posture.Muted) }

// Good are those that ask nobody for anything.
func (a asked) Good() []posture.Finding { return a.of(posture.Pass, posture.NotApplicable) }

// Tally counts them in words.
func (a asked) Tally() string {
	c := count(a.Findings)
	if c[posture.Pass] == 0 {
		return "not applicable"
	}
	return report.Thousands(c[posture.Pass]) + " of " + report.Count(len(a.Findings), "result")
}

// Standards groups the references of the check by framework.
func (a asked) Standards() []standard { return standards(a.Check) }

func (a asked) of(statuses ...posture.Status) (found []posture.Finding) {
	for _, f := range a.Findings {
		if slices.Contains(statuses, f.Status) {
			found = append(found, f)
		}
	}
	return found
}

// weight orders checks: those that fail before those that are unknown, and these before all others, the most severe first.
func (a asked) weight() int {
	const more = int(severity.Critical) + 1
	switch {
	case a.Fails():
		return 2*more + int(a.Worst())
	case len(a.Bad()) > 0:
		return more + int(a.Worst())
	}
	return 0
}

// byCheck sorts findings by check, in the order of the groups, the worst check of each first. A finding of a check that the report does not describe gets
// one that has nothing but an ID.
func byCheck(r posture.Report) []asked {
	var all []asked
	at := map[string]int{}
	for _, c := range r.Checks {
		at[c.ID] = len(all)
		all = append(all, asked{Check: c})
	}
	for _, f := range r.Findings {
		n, known := at[f.Check]
		if !known {
			n = len(all)
			at[f.Check] = n
			all = append(all, asked{Check: posture.Check{ID: f.Check, Title: f.Check, Severity: f.Severity}})
		}
		all[n].Findings = append(all[n].Findings, f)
	}
	order := posture.Statuses()
	for _, a := range all {
		slices.SortStableFunc(a.Findings, func(x, y posture.Finding) int {
			return cmp.Compare(slices.Index(order, x.Status), slices.Index(order, y.Status))
		})
	}
	groups := posture.Groups()
	slices.SortStableFunc(all, func(x, y asked) int {
		return cmp.Or(cmp.Compare(slices.Index(groups, x.Group), slices.Index(groups, y.Group)), cmp.Compare(y.weight(), x.weight()))
	})
	return all
}

// was is the status that a finding has or, if somebody answers for it, had: only what fails has a remedy.
func was(f posture.Finding) posture.Status {
	switch {
	case f.Status != posture.Muted:
		return f.Status
	case f.Remedy != "":
		return posture.Fail
	}
	return posture.Unknown
}

// place says what a finding is about, in words.
func place(f posture.Finding) string {
	parts := slices.DeleteFunc([]string{f.Account, f.Region, f.Resource}, func(part string) bool { return part == "" })
	return strings.Join(parts, " ")
}

// about is the resource that a finding is about, or the account as Security Hub names it.
func about(f posture.Finding) string {
	return cmp.Or(f.Resource, "AWS::::Account:"+f.Account)
}

// partition is the partition of AWS that a finding is in.
func partition(f posture.Finding) string {
	if parts := strings.SplitN(f.Resource, ":", 3); len(parts) == 3 && parts[0] == "arn" {
		return parts[1]
	}
	switch {
	case strings.HasPrefix(f.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(f.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// show makes text harmless to show as prose.
func show(text string) string { return plain.Text(text, maxShown) }

// literal makes text harmless where nothing turns it into a link, such as code: addresses stay what they are, so that people
// can copy them.
func literal(text string, most int) string {
	return strings.NewReplacer("[:]//", "://", "[.]", ".").Replace(plain.Text(text, most))
}

// command makes a remedy harmless. It keeps its lines.
func command(text string) string {
	lines := strings.Split(text, "\n")
	for n := range lines {
		lines[n] = literal(lines[n], math.MaxInt32)
	}
	return strings.Join(lines, "\n")
}

// frameworkName is what people call a framework.
func frameworkName(f posture.Framework) string {
	for _, n := range posture.Frameworks() {
		if n.Framework == f {
			return n.Name
		}
	}
	return string(f)
}

// standard is a framework and the controls of it that ask for a check.
type standard struct {
	Name string
	IDs  []string
}

// standards groups the references of a check by framework.
func standards(c posture.Check) (list []standard) {
	for _, ref := range c.References {
		name := frameworkName(ref.Framework)
		if n := len(list); n > 0 && list[n-1].Name == name {
			list[n-1].IDs = append(list[n-1].IDs, ref.ID)
			continue
		}
		list = append(list, standard{name, []string{ref.ID}})
	}
	return list
}

// verdict is the one line that everything comes down to.
func verdict(r posture.Report) report.Verdict {
	c := count(r.Findings)
	text := fmt.Sprintf("Score %s of 10: %s, %d not known, %d muted, %s.", score(r.Score.Value), fails(c[posture.Fail]), c[posture.Unknown], c[posture.Muted], passes(c[posture.Pass]))
	switch {
	case c[posture.Fail] > 0:
		return report.Verdict{State: report.Bad, Text: text}
	case c[posture.Unknown] > 0 || c[posture.Pass] == 0:
		return report.Verdict{State: report.Unknown, Text: text}
	}
	return report.Verdict{State: report.Good, Text: text}
}

func fails(n int) string {
	if n == 1 {
		return "1 finding fails"
	}
	return report.Thousands(n) + " findings fail"
}

func passes(n int) string {
	if n == 1 {
		return "1 passes"
	}
	return report.Thousands(n) + " pass"
}

// score is a score with its one decimal.
func score(value float64) string { return strconv.FormatFloat(value, 'f', 1, 64) }

// points is a sum of weights, as short as it can be.
func points(value float64) string {
	return strconv.FormatFloat(math.Round(value*100)/100, 'f', -1, 64)
}

// arithmetic says how the score comes about.
func arithmetic(s posture.Score) string {
	if s.Possible == 0 {
		return "Nothing that was asked applies, so that nothing is known to be right: 0."
	}
	raw := math.Floor(100*s.Earned/s.Possible+1e-9) / 10
	text := fmt.Sprintf("10 × %s earned ÷ %s possible = %s", points(s.Earned), points(s.Possible), score(raw))
	if s.CapBy != "" {
		text += fmt.Sprintf("; while %s fails, at most %s", show(s.CapBy), score(s.Cap))
	}
	return text + ". The score is " + score(s.Value) + "."
}

// stamp is a time as people read it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
