package sigma

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// value compiles one of an item's values. After an error the test is never used.
func (c *compiler) value(it item, v scalar) test {
	o := it.op
	switch {
	case len(v.text) > maxPattern:
		c.add(v.at, fmt.Sprintf("the value has more than %d bytes", maxPattern), "shorten it")
	case v.kind == Null:
		if o.comparison != equals || o.before || o.after || o.windash || o.expand || o.part != noPart || len(o.encodings) > 0 {
			c.add(v.at, "null does not go with these modifiers", "write field: null, or remove the null")
		}
		return nullTest{}
	case o.part != noPart || o.comparison >= less:
		return c.numeric(o, v)
	case o.comparison == matchesRegexp:
		return c.each(o, v, c.regexp)
	case o.comparison == inNetwork:
		return c.each(o, v, c.network)
	default:
		return c.each(o, v, c.pattern(it.field == ""))
	}
	return nullTest{}
}

// each compiles all texts that a value with placeholders stands for.
func (c *compiler) each(o operation, v scalar, compile func(operation, scalar) test) test {
	if !o.expand {
		return compile(o, v)
	}
	texts, what := expand(v.text, c.placeholders)
	if what != "" {
		c.add(v.at, what, "give the placeholder values")
		return nullTest{}
	}
	var either anyTest
	for _, text := range texts {
		either = append(either, compile(o, scalar{v.at, String, text}))
	}
	return either
}

func (c *compiler) regexp(o operation, v scalar) test {
	text := v.text
	if o.flags != "" {
		text = "(?" + o.flags + ")" + text
	}
	re, err := regexp.Compile(text)
	if err == nil {
		parsed, _ := syntax.Parse(text, syntax.Perl) // Compile has parsed it, too
		return regexpTest{re, expressionLiteral(parsed)}
	}
	what, fix := err.Error(), "correct the expression; the syntax is RE2's"
	if e, ok := err.(*syntax.Error); ok {
		what = fmt.Sprintf("%s: %q", e.Code, clip(e.Expr))
		if e.Code == syntax.ErrInvalidPerlOp || e.Code == syntax.ErrMissingRepeatArgument {
			fix = "look-around, back-references and possessive repetition need unbounded time and are not supported: use a second selection with not"
		}
	}
	c.add(v.at, "regular expression: "+what, fix)
	return nullTest{}
}

func (c *compiler) network(_ operation, v scalar) test {
	if prefix, err := netip.ParsePrefix(v.text); err == nil {
		if prefix.Masked() == prefix {
			return networkTest{prefix}
		}
		c.add(v.at, fmt.Sprintf("%q has bits set outside of the network", clip(v.text)), "write "+prefix.Masked().String())
		return nullTest{}
	}
	addr, err := netip.ParseAddr(v.text)
	if err != nil || addr.Zone() != "" {
		c.add(v.at, fmt.Sprintf("%q is no network", clip(v.text)), "write one such as 10.0.0.0/8 or 2001:db8::/32")
		return nullTest{}
	}
	return networkTest{netip.PrefixFrom(addr, addr.BitLen())}
}

// numeric compiles a comparison of numbers, or of parts of a time.
func (c *compiler) numeric(o operation, v scalar) test {
	n, ok := parseNumber(strings.TrimSpace(v.text))
	if !ok && o.part != noPart {
		n, ok = parseNumber(withoutZeros(v.text)) // 08 is how people write hours
	}
	if !ok {
		c.add(v.at, fmt.Sprintf("%q is no number", clip(v.text)), "write a number, or compare text without this modifier")
		return nullTest{}
	}
	if o.part == noPart {
		return numberTest{o.comparison, n}
	}
	least, most := o.part.bounds()
	if !n.exact || n.i < least || n.i > most {
		c.add(v.at, fmt.Sprintf("%q is outside of %d to %d", clip(v.text), least, most), "correct the number")
	}
	return timeTest{o.part, o.comparison, n}
}

// withoutZeros removes leading zeros, but for the last digit.
func withoutZeros(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}

// pattern compiles text. Keywords are looked for anywhere in what is searched.
func (c *compiler) pattern(keyword bool) func(operation, scalar) test {
	return func(o operation, v scalar) test {
		list := elements(v.text)
		if len(o.encodings) > 0 {
			return c.encoded(o, v, list, keyword)
		}
		if o.windash {
			list = windash(list)
		}
		t := textTest{pattern: newPattern(wrap(list, o.before || keyword, o.after || keyword), o.cased), literal: jsonLiteral(list)}
		if text, ok := plainText(list); ok && t.pattern.shape == exactly {
			t.number, t.numeric = parseNumber(text)
		}
		return t
	}
}

// encoded compiles text that is looked for in its encoded form.
func (c *compiler) encoded(o operation, v scalar, list []element, keyword bool) test {
	if o.windash {
		list = windash(list)
	}
	variants := windashVariants(list, maxAlternatives)
	if _, ok := plainText(list); !ok && (!o.windash || slices.ContainsFunc(list, isWildcard)) {
		c.add(v.at, "a value with wildcards can't be encoded", "escape them with a backslash, or remove them")
		return nullTest{}
	}
	var either anyTest
	for _, variant := range variants {
		for _, text := range encode(variant, o.encodings) {
			plain := plainElements(text)
			pattern := newPattern(wrap(plain, o.before || keyword, o.after || keyword), o.cased)
			either = append(either, textTest{pattern: pattern, literal: jsonLiteral(plain)})
		}
	}
	if len(either) == 0 {
		c.add(v.at, "the encoded value is nothing that could be found", "use a longer value, base64 or base64offset after utf16, or fewer dashes")
	}
	return either
}

func isWildcard(e element) bool { return e.kind == star || e.kind == oneOf }

func wrap(list []element, before, after bool) []element {
	if before {
		list = append([]element{{kind: star}}, list...)
	}
	if after {
		list = append(slices.Clip(list), element{kind: star})
	}
	return list
}
