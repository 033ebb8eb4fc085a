package deploy_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pages are those that speak of deployments.
var pages = []string{"../docs/install.md", "../docs/costs.md", "../docs/threat-model.md", "../docs/runbooks.md", "../docs/from-the-recipe.md"}

// TestLinksLead follows the links of the pages to files of the repository, and to sections in them.
func TestLinksLead(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)]+)\)`)
	for _, page := range pages {
		for _, found := range link.FindAllStringSubmatch(content(t, page), -1) {
			if strings.HasPrefix(found[1], "https://") {
				continue
			}
			file, section, _ := strings.Cut(found[1], "#")
			if file == "" {
				file = filepath.Base(page)
			}
			path := filepath.Join("../docs", file)
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %s leads nowhere", page, found[1])
				continue
			}
			if section != "" && !slices.Contains(sections(content(t, path)), section) {
				t.Errorf("%s: %s leads to no section", page, found[1])
			}
		}
	}
}

// sections lists the headings of a page as links name them.
func sections(page string) []string {
	var found []string
	for line := range strings.Lines(page) {
		if title := strings.TrimLeft(line, "#"); title != line {
			title = regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			found = append(found, strings.ReplaceAll(title, " ", "-"))
		}
	}
	return found
}

// TestEveryKindOfAlertHasARunbook takes the words behind the severity from the subjects that the messages' own tests hold.
func TestEveryKindOfAlertHasARunbook(t *testing.T) {
	files, err := filepath.Glob("../internal/notify/testdata/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d messages, %v", len(files), err)
	}
	runbooks := sections(content(t, "../docs/runbooks.md"))
	flag := regexp.MustCompile(`^Subject: \[Trailhold\] [A-Z]+ ([A-Z][A-Z ]+[A-Z])`)
	kinds := map[string]bool{}
	for _, file := range files {
		if found := flag.FindStringSubmatch(content(t, file)); found != nil {
			kinds[strings.TrimSuffix(found[1], " ENDED")] = true
		}
	}
	if len(kinds) < 10 {
		t.Errorf("only %v were found", kinds)
	}
	for kind := range kinds {
		if section := strings.ReplaceAll(strings.ToLower(kind), " ", "-"); !slices.Contains(runbooks, section) {
			t.Errorf("the runbooks have no section for %s", kind)
		}
	}
}

// TestParametersExist holds the commands of the pages to the templates' parameters.
func TestParametersExist(t *testing.T) {
	known := map[string]bool{}
	files, err := filepath.Glob("cloudformation/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	for _, file := range files {
		for _, found := range regexp.MustCompile(`(?m)^  ([A-Z][A-Za-z0-9]+):(?: \{.*)?$`).FindAllStringSubmatch(content(t, file), -1) {
			known[found[1]] = true
		}
	}
	given := regexp.MustCompile("(?m)(?:^|[ `])([A-Z][A-Za-z0-9]+[a-z][A-Za-z0-9]*)=")
	found := 0
	for _, page := range pages {
		for _, parameter := range given.FindAllStringSubmatch(content(t, page), -1) {
			if name := parameter[1]; name != "AttributeKey" && !known[name] {
				t.Errorf("%s gives %s, which no template takes", page, name)
			}
			found++
		}
	}
	if found < 15 {
		t.Errorf("only %d parameters were found", found)
	}
}

// TestCostsAddUp multiplies and adds the worked estimate.
func TestCostsAddUp(t *testing.T) {
	_, worked, _ := strings.Cut(content(t, "../docs/costs.md"), "<!-- A test adds this up. -->")
	prices := content(t, "../docs/costs.md")
	sum, rows := 0.0, 0
	for line := range strings.Lines(worked) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 {
			continue
		}
		if total, ok := strings.CutPrefix(strings.TrimSpace(cells[3]), "**"); ok {
			if total = strings.TrimSuffix(total, "**"); fmt.Sprintf("%.2f", sum) != total || !strings.Contains(prices, total+" dollars") {
				t.Errorf("the month is said to be %s, and adds up to %.2f", total, sum)
			}
			break
		}
		quantity, err := strconv.ParseFloat(strings.TrimSpace(cells[1]), 64)
		if err != nil {
			continue // the table's head
		}
		price, err := strconv.ParseFloat(strings.TrimSpace(cells[2]), 64)
		if err != nil || !strings.Contains(prices, "| "+strings.TrimSpace(cells[2])+" | [") {
			t.Errorf("%s: the price %s has no page", cells[0], cells[2])
		}
		cost, err := strconv.ParseFloat(strings.TrimSpace(cells[3]), 64)
		if err != nil || math.Abs(cost-quantity*price) > 0.00501 {
			t.Errorf("%s: %v × %v is not %v", cells[0], quantity, price, cost)
		}
		sum, rows = sum+quantity*price, rows+1
	}
	if rows < 10 {
		t.Errorf("only %d rows were found", rows)
	}
}
