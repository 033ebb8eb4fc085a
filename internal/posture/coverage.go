package posture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/trail"
)

// Cover makes the coverage map of everything that was read: which events of which category are recorded in which region, by
// what, and in whose hands that is.
func Cover(inv Inventory) Coverage {
	c := Coverage{Categories: Categories(), Cells: []Cell{}, Blind: []Blind{}, Never: slices.Clone(neverRecorded)}
	for n := range inv.Accounts {
		s := scope{inv: &inv, account: &inv.Accounts[n]}
		cells := s.cells(c.Categories...)
		c.Cells = append(c.Cells, cells...)
		c.Blind = append(c.Blind, blindSpots(s.account.ID, c.Categories, cells)...)
	}
	return c
}

// cells are the map of one account, of some categories. Without a list of its regions there is no map.
func (s scope) cells(categories ...Category) []Cell {
	var cells []Cell
	recorders := s.recorders()
	regions, _ := s.account.Enabled.Get()
	for _, region := range regions {
		for _, category := range categories {
			if category.Name == globalServices && region != trail.GlobalRegion(s.account.Partition) {
				continue
			}
			cells = append(cells, s.cell(region, category, recorders))
		}
	}
	return cells
}

// cell judges one category in one region.
func (s scope) cell(region string, c Category, recorders []recorder) Cell {
	cell := Cell{Account: s.account.ID, Region: region, Category: c.Name, State: None}
	var united trail.Selectors
	var doubts []string
	if list := s.account.Regions[region].Trails; list.Knowledge() != trail.Present {
		doubts = append(doubts, notRead("the list of trails in "+region, list).detail)
	}
	for _, r := range recorders {
		if !r.reaches(region) || r.recording == no {
			continue
		}
		share, how := r.records(c)
		switch {
		case share == Uncertain || r.recording == maybe:
			doubts = append(doubts, cmp.Or(r.doubt, how))
		case share != None:
			cell.By = append(cell.By, Recording{ARN: r.arn, Missing: how, To: r.to, Held: r.held})
			cell.State = better(cell.State, share)
			united.Basic = append(united.Basic, r.selectors.Basic...)
			united.Advanced = append(united.Advanced, r.selectors.Advanced...)
		}
	}
	if cell.State == Partly {
		cell.State, cell.Detail = share(c, united, s.account.Partition)
	}
	if cell.State != Whole && len(doubts) > 0 {
		cell.State, cell.Detail = Uncertain, strings.Join(slices.Compact(doubts), "; ")
	}
	return cell
}

// better is the larger share.
func better(a, b Recorded) Recorded {
	order := []Recorded{None, Partly, Whole}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

// portion is how much of a category is recorded, and what is missing.
type portion struct {
	share Recorded
	how   string
}

// records says how much of a category a recorder records, which is the same in every region.
func (r recorder) records(c Category) (Recorded, string) {
	found, asked := r.portions[c.Name]
	if !asked {
		found.share, found.how = r.judge(c)
		r.portions[c.Name] = found
	}
	return found.share, found.how
}

func (r recorder) judge(c Category) (Recorded, string) {
	switch {
	case c.Insight != "" && !r.asked:
		return Uncertain, "the insight selectors of " + r.arn + " could not be read"
	case c.Insight != "":
		if slices.ContainsFunc(r.insights, func(s trail.InsightSelector) bool { return s.InsightType == c.Insight }) {
			return Whole, ""
		}
		return None, ""
	case c.Name == globalServices && !r.global:
		return None, ""
	case !r.selected:
		return Uncertain, r.doubt
	}
	return share(c, r.selectors, partitionOf(r.arn))
}

func partitionOf(arn string) string {
	a, _ := arnParts(arn)
	return cmp.Or(a.partition, "aws")
}

// share says how much of a category selectors select.
func share(c Category, have trail.Selectors, partition string) (Recorded, string) {
	want, arn := c.selectors(), "arn:"+partition+":cloudtrail:::trail/any" // of which only the partition matters
	overlaps, ok := want.Overlaps(have, arn)
	missing := want.Missing(have, arn)[c.Event]
	switch {
	case !ok:
		return Uncertain, "the selectors are too large to compare"
	case !overlaps:
		return None, ""
	case missing != "":
		return Partly, missing
	}
	return Whole, ""
}

// blindSpots puts what is not recorded into words: one line for each category and all regions in which the same is true.
func blindSpots(account string, categories []Category, cells []Cell) []Blind {
	var found []Blind
	for _, c := range categories {
		at := map[string]int{}
		for _, cell := range cells {
			if cell.Category != c.Name || cell.State == Whole {
				continue
			}
			text := blindText(c, cell)
			n, same := at[text]
			if !same {
				n = len(found)
				at[text] = n
				found = append(found, Blind{Account: account, Category: c.Name, State: cell.State, Text: text})
			}
			found[n].Regions = append(found[n].Regions, cell.Region)
		}
	}
	return found
}

func blindText(c Category, cell Cell) string {
	what := c.Name + " events"
	switch cell.State {
	case None:
		return fmt.Sprintf("%s are not recorded", what)
	case Partly:
		return fmt.Sprintf("of %s these are not recorded: %s", what, cell.Detail)
	}
	return fmt.Sprintf("whether %s are recorded is not known: %s", what, cell.Detail)
}
