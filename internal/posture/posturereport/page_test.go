package posturereport_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/posture/posturereport"
)

// TestPageFetchesNothing looks for whatever could make a browser ask anybody for anything, or run anything.
func TestPageFetchesNothing(t *testing.T) {
	r, s := sample()
	out := string(render(t, "html", r, s))
	for _, bad := range []string{"<script", "src=", "@import", "url(", "<iframe", "<form", "ZgotmplZ", "NaN", "onload="} {
		if strings.Contains(out, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(out, -1) {
		if !strings.HasPrefix(link[1], "#") {
			t.Errorf("the page links %q", link[1])
		}
	}
	style := between(out, "<style>", "</style>")
	sum := sha256.Sum256([]byte(style))
	want := `content="default-src 'none'; style-src 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) + `'">`
	if !strings.Contains(html.UnescapeString(out), want) {
		t.Error("the policy does not allow the style, or allows more")
	}
	if regexp.MustCompile(`\sstyle="`).MatchString(out) {
		t.Error("there is a style that the policy forbids")
	}
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

// TestPageSaysEverything looks for what an auditor looks for.
func TestPageSaysEverything(t *testing.T) {
	r, s := sample()
	out := string(render(t, "html", r, s))
	for _, want := range []string{
		"10 × 4.33 earned ÷ 11 possible = 3.9", "at most 3.9", "the score is then", // the score and its arithmetic
		"&lt;script&gt;", "aws cloudtrail start-logging", "IsLogging", "mute.yaml:7", "owner=security", // findings
		"an account that was not read (bucket)", "What CloudTrail can never record", "in part", // coverage
		"by a wildcard", "? perhaps:", "Score 7.9 then", "nobody knows", "5.3 s", "6 min", // people and incidents
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if without := string(render(t, "html", posture.Report{At: at}, posturereport.Subject{})); strings.Contains(without, "Incidents") || strings.Contains(without, "Coverage") {
		t.Error("the page has sections of which there is nothing to say")
	}
}

// element is one of the page, with those around it.
type element struct {
	name, text string
	attributes map[string]string
	children   []*element
}

// all lists an element and everything in it, in order.
func (e *element) all(names ...string) (found []*element) {
	if len(names) == 0 || slices.Contains(names, e.name) {
		found = append(found, e)
	}
	for _, c := range e.children {
		found = append(found, c.all(names...)...)
	}
	return found
}

// words is the text of an element and everything in it.
func (e *element) words() string {
	text := e.text
	for _, c := range e.children {
		text += c.words()
	}
	return strings.TrimSpace(text)
}

func (e *element) class() []string { return strings.Fields(e.attributes["class"]) }

// parsed reads a page, which is as regular as XML but for elements that have no end.
func parsed(t *testing.T, page []byte) *element {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	stack := []*element{{}}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attributes: map[string]string{}}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			top.children = append(top.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			if top.name != token.Name.Local {
				t.Fatalf("</%s> ends <%s>", token.Name.Local, top.name)
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
	if len(stack) != 1 {
		t.Fatalf("%d elements have no end", len(stack)-1)
	}
	return stack[0]
}

// TestPageIsAccessible asks what axe asks of a page's structure.
func TestPageIsAccessible(t *testing.T) {
	r, s := sample()
	for name, page := range map[string][]byte{"sample": render(t, "html", r, s), "many": render(t, "html", many(), s), "nothing": render(t, "html", posture.Report{At: at}, posturereport.Subject{})} {
		t.Run(name, func(t *testing.T) {
			root := parsed(t, page)
			ids := checkIDs(t, root)
			checkHeadings(t, root)
			checkNames(t, root, ids)
			checkTables(t, root)
			checkLists(t, root)
			checkColours(t, root)
		})
	}
}

// checkIDs makes sure that each id is there once, and each reference has one.
func checkIDs(t *testing.T, root *element) map[string]bool {
	ids := map[string]bool{}
	for _, e := range root.all() {
		if id := e.attributes["id"]; id != "" {
			if ids[id] {
				t.Errorf("the id %s is there twice", id)
			}
			ids[id] = true
		}
	}
	for _, e := range root.all() {
		if target, ok := strings.CutPrefix(e.attributes["href"], "#"); ok && !ids[target] {
			t.Errorf("a link leads to #%s, which is nowhere", target)
		}
		for _, id := range strings.Fields(e.attributes["aria-labelledby"]) {
			if !ids[id] {
				t.Errorf("%s is named by %s, which is nowhere", e.name, id)
			}
		}
	}
	return ids
}

func checkHeadings(t *testing.T, root *element) {
	level := 0
	for n, h := range root.all("h1", "h2", "h3", "h4", "h5", "h6") {
		now := int(h.name[1] - '0')
		if n == 0 && now != 1 || now == 1 && n != 0 || now > level+1 || h.words() == "" {
			t.Errorf("after a heading of level %d comes <%s>%s", level, h.name, h.words())
		}
		level = now
	}
	for _, landmark := range []string{"header", "main", "nav", "footer"} {
		if len(root.all(landmark)) != 1 {
			t.Errorf("there are %d <%s>", len(root.all(landmark)), landmark)
		}
	}
	if root.all("html")[0].attributes["lang"] != "en" || root.all("title")[0].words() == "" {
		t.Error("the page has no language or title")
	}
}

// checkNames makes sure that pictures, links, buttons and whatever takes the focus have a name.
func checkNames(t *testing.T, root *element, ids map[string]bool) {
	for _, e := range root.all() {
		named := e.attributes["aria-label"] != "" || ids[e.attributes["aria-labelledby"]]
		switch {
		case e.name == "svg" && e.attributes["aria-hidden"] != "true" && (e.attributes["role"] != "img" || !named):
			t.Error("a picture has no name")
		case (e.name == "a" || e.name == "summary") && e.words() == "":
			t.Errorf("<%s> has no text", e.name)
		case e.attributes["tabindex"] != "" && (!named || e.attributes["role"] != "region" || e.attributes["tabindex"] != "0"):
			t.Errorf("<%s> takes the focus and has no name", e.name)
		case slices.Contains(e.class(), "wide") && e.attributes["tabindex"] == "":
			t.Error("what scrolls sideways cannot be reached with the keyboard")
		case e.name == "details" && e.children[0].name != "summary":
			t.Error("<details> has no summary")
		}
	}
}

// checkTables makes sure that every cell has a header, and every header says of what.
func checkTables(t *testing.T, root *element) {
	for _, table := range root.all("table") {
		columns := len(table.all("thead")[0].all("th"))
		for _, th := range table.all("th") {
			if th.attributes["scope"] == "" || th.words() == "" {
				t.Errorf("a header of a table says nothing: %q", th.words())
			}
		}
		for _, row := range table.all("tr") {
			if row.all("th") == nil {
				t.Errorf("a row has no header: %s", row.words())
			}
			n := 0
			for _, cell := range row.children {
				n++
				if cell.attributes["colspan"] == "2" {
					n++
				}
			}
			if n != columns {
				t.Errorf("a row has %d of %d cells: %s", n, columns, row.words())
			}
		}
	}
}

func checkLists(t *testing.T, root *element) {
	for _, list := range root.all("ul", "ol") {
		for _, c := range list.children {
			if c.name != "li" {
				t.Errorf("<%s> in a list", c.name)
			}
		}
	}
	for _, list := range root.all("dl") {
		for _, c := range list.children {
			if c.name != "dt" && c.name != "dd" {
				t.Errorf("<%s> in a list of terms", c.name)
			}
		}
	}
}

// checkColours makes sure that nothing is said by colour alone: each state has a word or sign, and each cell of a map one.
func checkColours(t *testing.T, root *element) {
	for _, e := range root.all() {
		if slices.Contains(e.class(), "state") && e.words() == "" {
			t.Errorf("<%s> says by its colour alone that it is %s", e.name, e.attributes["class"])
		}
	}
	signs := map[string]string{}
	for _, svg := range root.all("svg") {
		for n, c := range svg.children {
			for _, class := range c.class() {
				if c.name == "text" && strings.HasPrefix(class, "in-") && n > 0 {
					signs[class] = c.words()
				}
			}
		}
	}
	seen := map[string]bool{}
	for _, class := range []string{"in-whole", "in-none", "in-unknown"} {
		if sign := signs[class]; sign != "" && seen[sign] {
			t.Errorf("%s looks like another but for its colour", class)
		}
		seen[signs[class]] = true
	}
}
