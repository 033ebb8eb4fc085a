package sigma

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// dice makes random rules and records of so few words that they often meet.
type dice struct{ *rand.Rand }

func (d dice) of(words ...string) string { return words[d.IntN(len(words))] }

var (
	dicePaths = []string{
		"eventName", "eventName", "eventName", "eventSource", "errorCode", "userIdentity.type", "userIdentity.arn", "userIdentity", "p.q",
		"p.q.r", "p", "p.name", "list", "list.name", "n", "b", "eventName.x", "ä", "x/y", "p.eventName",
	}
	diceTexts = []string{
		"StopLogging", "DeleteTrail", "stoplogging", "Ünïcode", "a", "aXb", "1", "1.0", "true", "null", "", `q"uote`, "back\\slash", "10.0.0.1", "Root", "a/b", "K",
	}
)

// rule is a rule's detection in YAML's flow style.
func (d dice) rule() string {
	var names []string
	var b strings.Builder
	b.WriteByte('{')
	for i := range 1 + d.IntN(3) {
		name := fmt.Sprintf("s%d", i)
		names = append(names, name)
		b.WriteString(name + ": " + d.selection() + ", ")
	}
	b.WriteString("condition: " + d.condition(names, 3) + "}")
	return b.String()
}

func (d dice) condition(names []string, depth int) string {
	if depth == 0 {
		return d.of(names...)
	}
	sub := func() string { return d.condition(names, depth-1) }
	switch d.IntN(9) {
	case 0:
		return sub() + " and " + sub()
	case 1:
		return sub() + " or " + sub()
	case 2:
		return "not " + d.of(names...)
	case 3:
		return "(" + sub() + ")"
	case 4:
		return d.of("1", "all", "any") + " of " + d.of("them", "s*")
	case 5:
		return fmt.Sprintf("%d of them", 1+d.IntN(len(names)))
	}
	return d.of(names...)
}

func (d dice) selection() string {
	switch d.IntN(8) {
	case 0:
		return "[" + d.yaml(d.word()) + ", " + d.yaml(d.word()) + "]"
	case 1:
		return "[" + d.fields() + ", " + d.fields() + "]"
	}
	return d.fields()
}

func (d dice) fields() string {
	seen := map[string]bool{}
	var items []string
	for range 1 + d.IntN(2) {
		key, value := d.item()
		if !seen[key] {
			seen[key] = true
			items = append(items, d.yaml(key)+": "+value)
		}
	}
	return "{" + strings.Join(items, ", ") + "}"
}

func (d dice) item() (key, value string) {
	path := d.of(dicePaths...)
	switch modifier := d.of("", "", "", "", "contains", "startswith", "endswith", "contains|all", "all", "cased", "neq", "re", "re|i", "cidr", "exists", "fieldref", "gt", "lte",
		"windash", "base64", "expand", "contains|cased", "neq|contains", "hour"); modifier {
	case "":
		return path, d.of(d.yaml(d.word()), "["+d.yaml(d.word())+", "+d.yaml(d.word())+"]", "null", "true", "1", "[null, x]", "'*'", "'?*'")
	case "cidr":
		return path + "|cidr", "10.0.0.0/8"
	case "exists":
		return path + "|exists", d.of("true", "false")
	case "fieldref":
		return path + "|fieldref", d.yaml(d.of(dicePaths...))
	case "gt", "lte", "hour":
		return path + "|" + modifier, d.of("0", "1", "5")
	case "expand":
		return path + "|expand", "'%admins%'"
	case "re", "re|i":
		return path + "|" + modifier, d.of("'^S.*g$'", "'[Tt]rail'", "'log+ing'", "'a.b|x'", "'(abc|StopL)ogging'", `'"name":"a"'`)
	default:
		if modifier == "base64" {
			return path + "|base64", "StopLogging"
		}
		return path + "|" + modifier, "[" + d.yaml(d.word()) + ", " + d.yaml(d.word()) + "]"
	}
}

// word is a value of a rule, at times with wildcards.
func (d dice) word() string {
	word := d.of(diceTexts...)
	switch d.IntN(6) {
	case 0:
		return word + "*"
	case 1:
		return "*" + word
	}
	return word
}

func (d dice) yaml(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// record is a record's JSON, with all the freedom that JSON gives.
func (d dice) record() string {
	var b strings.Builder
	d.space(&b)
	d.object(&b, []string{"eventName", "eventName", "eventSource", "errorCode", "userIdentity", "p", "list", "n", "b", "p.q", "ä", "x/y", "other"}, 3)
	return b.String()
}

func (d dice) object(b *strings.Builder, keys []string, depth int) {
	b.WriteByte('{')
	d.space(b)
	for i := range d.IntN(6) {
		if i > 0 {
			b.WriteByte(',')
			d.space(b)
		}
		d.text(b, d.of(keys...))
		d.space(b)
		b.WriteByte(':')
		d.space(b)
		d.value(b, depth-1)
		d.space(b)
	}
	b.WriteByte('}')
}

func (d dice) value(b *strings.Builder, depth int) {
	choice := d.IntN(12)
	switch {
	case choice == 0 && depth > 0:
		b.WriteByte('[')
		for i := range d.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
				d.space(b)
			}
			d.value(b, depth-1)
		}
		b.WriteByte(']')
	case choice <= 2 && depth > 0:
		d.object(b, []string{"q", "q", "name", "type", "arn", "r", "q.r", "x", "eventName"}, depth)
	case choice == 3:
		b.WriteString(d.of("null", "true", "false"))
	case choice == 4:
		b.WriteString(d.of("0", "1", "1.0", "-1", "1e0", "443", "2.5E+1"))
	default:
		d.text(b, d.of(diceTexts...))
	}
}

// text writes a string, sometimes with escapes that it doesn't need.
func (d dice) text(b *strings.Builder, s string) {
	odd := d.IntN(12) == 0
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case odd && r < 0x10000 && d.IntN(2) == 0:
			fmt.Fprintf(b, `\u%04x`, r)
		case r == '"', r == '\\':
			b.WriteString(`\` + string(r))
		case r == '/' && d.IntN(2) == 0:
			b.WriteString(`\/`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

func (d dice) space(b *strings.Builder) { b.WriteString(d.of("", "", "", "", " ", "\n\t")) }

// TestRandomRulesAndRecords compares the plan with each rule by itself, and JSON with what is decoded.
func TestRandomRulesAndRecords(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	pairs, matches := 0, 0
	var reused Record
	for seed := range rounds {
		d := dice{rand.New(rand.NewPCG(uint64(seed), 9))}
		var text strings.Builder
		for range 20 {
			fmt.Fprintf(&text, "---\n%sdetection: %s\n", head, d.rule())
		}
		f, err := Parse("random.yml", []byte(text.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		p, err := Compile(f.Rules, testPlaceholders)
		if err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		var records []string
		for range 40 {
			records = append(records, d.record())
			matched := agree(t, p, records[len(records)-1])
			matches += len(matched)
			var again []int
			if _, err := reused.Read([]byte(records[len(records)-1])); err != nil {
				t.Fatal(err)
			}
			p.Match(&reused, func(m *Matcher) { again = append(again, slices.Index(p.matchers, m)) })
			if !slices.Equal(again, matched) {
				t.Errorf("a record that is used again matches %v instead of %v", again, matched)
			}
			pairs += len(p.matchers)
		}
		searchAgrees(t, f.Rules, records)
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, text.String())
		}
	}
	t.Logf("%d of %d pairs of rule and record match", matches, pairs)
	if matches < pairs/20 {
		t.Errorf("only %d of %d pairs match: that is no test", matches, pairs)
	}
}

// searchAgrees makes sure that reading only the records where a search sees something finds all that match. It takes one
// rule at a time: in a plan of many, some rule that looks at everything would hide what the others need.
func searchAgrees(t *testing.T, rules []*Rule, records []string) {
	t.Helper()
	data := []byte("[" + strings.Join(records, ",") + "]")
	for _, r := range rules {
		p, err := Compile([]*Rule{r}, testPlaceholders)
		if err != nil {
			t.Fatal(err)
		}
		s := p.Search(data)
		from := 1
		for _, raw := range records {
			to := from + len(raw)
			if skipped := s.Next(from) >= to; skipped {
				agreed := Record{}
				if _, err := agreed.Read([]byte(raw)); err != nil {
					t.Fatal(err)
				}
				if p.matchers[0].Match(&agreed) {
					t.Fatalf("the search passes over a record that rule %s matches\n%q", r.Position, raw)
				}
			}
			from = to + 1
		}
	}
}
