package posturereport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
	"github.com/trailhold/trailhold/internal/report"
)

// sayMap puts one category into words, regions in which the same is true together.
func sayMap(c posture.Category, regions []string, in map[string]map[string]posture.Cell, l *letters) (said []mapWords) {
	at, names := map[string]int{}, map[int][]string{}
	for _, region := range regions {
		cell, ok := in[region][c.Name]
		if !ok {
			continue
		}
		words := mapWords{Category: c.Name, State: cell.State, Detail: cell.Detail}
		for _, by := range cell.By {
			words.By = append(words.By, byText(l.of[by.ARN], by))
		}
		key := fmt.Sprintf("%q %q %q", words.State, words.Detail, words.By)
		n, same := at[key]
		if !same {
			n = len(said)
			at[key] = n
			said = append(said, words)
		}
		names[n] = append(names[n], region)
	}
	for n := range said {
		said[n].Regions = within(names[n], regions)
	}
	return said
}

func byText(letter string, by posture.Recording) string {
	if by.Missing == "" {
		return letter
	}
	return letter + " without: " + by.Missing
}

// blindSpot is what is not recorded in one account: categories of which the same is true in the same regions.
type blindSpot struct {
	Account, Regions string
	Categories       []string
	State            posture.Recorded
	Text             string // what is missing, or why that is not known
}

// blindSpots lists what is not recorded, what is certain first.
func blindSpots(c posture.Coverage) (list []blindSpot) {
	cells, regions := map[[3]string]posture.Cell{}, map[string][]string{}
	for _, cell := range c.Cells {
		cells[[3]string{cell.Account, cell.Region, cell.Category}] = cell
		if !slices.Contains(regions[cell.Account], cell.Region) {
			regions[cell.Account] = append(regions[cell.Account], cell.Region)
		}
	}
	at := map[string]int{}
	for _, b := range c.Blind {
		spot := blindSpot{Account: b.Account, Regions: within(b.Regions, regions[b.Account]), State: posture.None}
		if len(b.Regions) > 0 {
			spot.of(cells[[3]string{b.Account, b.Regions[0], b.Category}])
		}
		key := fmt.Sprintf("%q %q %q %q", spot.Account, b.Regions, spot.State, spot.Text)
		n, same := at[key]
		if !same {
			n = len(list)
			at[key] = n
			list = append(list, spot)
		}
		list[n].Categories = append(list[n].Categories, b.Category)
	}
	slices.SortStableFunc(list, func(a, b blindSpot) int {
		return cmp.Compare(slices.Index(gravest, a.State), slices.Index(gravest, b.State))
	})
	return list
}

// gravest orders how much is recorded, the least first.
var gravest = []posture.Recorded{posture.None, posture.Partly, posture.Uncertain, posture.Whole}

// of says why it is one, in words that do not name the category. All its regions have the same cell.
func (b *blindSpot) of(c posture.Cell) {
	b.State, b.Text = c.State, c.Detail
	if b.Text == "" && len(c.By) == 1 {
		b.Text = c.By[0].Missing
	}
}

// within names regions among all those of an account, in the fewest words.
func within(regions, all []string) string {
	const fewest = 2
	var others []string
	for _, region := range all {
		if !slices.Contains(regions, region) {
			others = append(others, region)
		}
	}
	switch {
	case len(others) == 0 && len(all) > 1:
		return "all " + report.Count(len(all), "region")
	case len(others) <= fewest && len(regions) > 2*fewest:
		return report.Count(len(regions), "region") + ", all but " + strings.Join(others, " and ")
	}
	return regionsText(regions)
}
