// Package sigmatest makes random rules and records, for tests that compare ways to match them.
package sigmatest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Dice makes random rules and records of so few words that they often meet.
type Dice struct {
	*rand.Rand
	Prefix string // of the paths in rules
}

// New returns the dice with a seed.
func New(seed uint64) Dice { return Dice{Rand: rand.New(rand.NewPCG(seed, 9))} }

func (d Dice) of(choices ...string) string { return choices[d.IntN(len(choices))] }

func (d Dice) path() string { return d.Prefix + d.of(paths...) }

var (
	paths = []string{
		"eventName", "eventName", "eventName", "eventSource", "errorCode", "userIdentity.type", "userIdentity.arn", "userIdentity", "p.q",
		"p.q.r", "p", "p.name", "list", "list.name", "n", "b", "eventName.x", "ä", "x/y", "p.eventName",
	}
	words = []string{
		"StopLogging", "DeleteTrail", "stoplogging", "Ünïcode", "a", "aXb", "1", "1.0", "true", "null", "", `q"uote`, "back\\slash", "10.0.0.1", "Root", "a/b", "K",
	}
)

// Rule makes a rule's detection, in YAML's flow style. It may name the placeholder admins.
func (d Dice) Rule() string {
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

func (d Dice) condition(names []string, depth int) string {
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

func (d Dice) selection() string {
	switch d.IntN(8) {
	case 0:
		return "[" + d.yaml(d.word()) + ", " + d.yaml(d.word()) + "]"
	case 1:
		return "[" + d.fields() + ", " + d.fields() + "]"
	}
	return d.fields()
}

func (d Dice) fields() string {
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

func (d Dice) item() (key, value string) {
	path := d.path()
	switch modifier := d.of("", "", "", "", "contains", "startswith", "endswith", "contains|all", "all", "cased", "neq", "re", "re|i", "cidr", "exists", "fieldref", "gt", "lte",
		"windash", "base64", "expand", "contains|cased", "neq|contains", "hour"); modifier {
	case "":
		return path, d.of(d.yaml(d.word()), "["+d.yaml(d.word())+", "+d.yaml(d.word())+"]", "null", "true", "1", "[null, x]", "'*'", "'?*'")
	case "cidr":
		return path + "|cidr", "10.0.0.0/8"
	case "exists":
		return path + "|exists", d.of("true", "false")
	case "fieldref":
		return path + "|fieldref", d.yaml(d.path())
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
func (d Dice) word() string {
	word := d.of(words...)
	switch d.IntN(6) {
	case 0:
		return word + "*"
	case 1:
		return "*" + word
	}
	return word
}

func (d Dice) yaml(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Record makes a record's JSON, with all the freedom that JSON gives.
func (d Dice) Record() string {
	var b strings.Builder
	d.space(&b)
	d.object(&b, []string{"eventName", "eventName", "eventSource", "errorCode", "userIdentity", "p", "list", "n", "b", "p.q", "ä", "x/y", "other"}, 3)
	return b.String()
}

func (d Dice) object(b *strings.Builder, keys []string, depth int) {
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

func (d Dice) value(b *strings.Builder, depth int) {
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
		d.text(b, d.of(words...))
	}
}

// text writes a string, sometimes with escapes that it doesn't need.
func (d Dice) text(b *strings.Builder, s string) {
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

func (d Dice) space(b *strings.Builder) { b.WriteString(d.of("", "", "", "", " ", "\n\t")) }
