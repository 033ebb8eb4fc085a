package posturereport

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailhold/trailhold/internal/posture"
)

// The measures of the coverage map, in its own units. It is as wide as a phone, so that nothing on it becomes too small there.
const (
	cellSize    = 22
	cellGap     = 2
	namesWidth  = 104
	headHeight  = 130
	nameLength  = 15 // characters of a region's name that fit
	headLength  = 19 // characters of a category's name that fit
	mostRegions = 60
	mostMaps    = 30
	mostLetters = 3 // in a cell
)

// coverageMap is the picture of one account: a row for each region, a column for each category, and in each cell the letters of
// those who record it.
type coverageMap struct {
	Account       string
	Width, Height int
	Columns       []mapLabel
	Rows          []mapRow
	Recorders     []mapRecorder
	Same          []mapWords // the same in words
	Regions       int
	MoreRegions   int
}

type mapLabel struct {
	X, Y        int
	Text, Whole string
}

type mapRow struct {
	mapLabel
	Cells []mapCell
}

type mapCell struct {
	X, Y, TextX, TextY int
	Size               int
	State              posture.Recorded
	Text, Title        string
}

// mapRecorder is a trail or event data store that records something.
type mapRecorder struct {
	Letter, ARN string
	To          []string
	Held        []string
}

// mapWords says for regions in which the same is true how a category is recorded there.
type mapWords struct {
	Category string
	Regions  string
	State    posture.Recorded
	Detail   string
	By       []string
}

// maps draws the map of each account, at most so many, and says how many are left out.
func maps(c posture.Coverage) (list []coverageMap, left int) {
	cells := map[string][]posture.Cell{}
	var accounts []string
	for _, cell := range c.Cells {
		if cells[cell.Account] == nil {
			accounts = append(accounts, cell.Account)
		}
		cells[cell.Account] = append(cells[cell.Account], cell)
	}
	for _, account := range accounts[:min(len(accounts), mostMaps)] {
		list = append(list, drawMap(account, c.Categories, cells[account]))
	}
	return list, len(accounts) - len(list)
}

func drawMap(account string, categories []posture.Category, cells []posture.Cell) coverageMap {
	regions, in := regionsOf(cells)
	letters := newLetters(cells)
	m := coverageMap{Account: account, Regions: len(regions), MoreRegions: max(len(regions)-mostRegions, 0), Recorders: letters.list}
	for n, c := range categories {
		m.Columns = append(m.Columns, mapLabel{X: namesWidth + n*cellSize + cellSize/2 + 4, Y: headHeight - 8, Text: literal(c.Name, headLength), Whole: c.Name})
	}
	shown := regions[:len(regions)-m.MoreRegions]
	for n, region := range shown {
		y := headHeight + n*cellSize
		row := mapRow{mapLabel: mapLabel{Y: y + cellSize/2 + 4, Text: literal(region, nameLength), Whole: region}}
		for column, c := range categories {
			if cell, ok := in[region][c.Name]; ok {
				row.Cells = append(row.Cells, letters.cell(cell, namesWidth+column*cellSize, y))
			}
		}
		m.Rows = append(m.Rows, row)
	}
	m.Width, m.Height = namesWidth+len(categories)*cellSize+2, headHeight+len(shown)*cellSize+2
	for _, c := range categories {
		m.Same = append(m.Same, sayMap(c, regions, in, letters)...)
	}
	return m
}

// regionsOf lists the regions of cells in their order, and finds a cell by region and category.
func regionsOf(cells []posture.Cell) (regions []string, in map[string]map[string]posture.Cell) {
	in = map[string]map[string]posture.Cell{}
	for _, cell := range cells {
		if in[cell.Region] == nil {
			in[cell.Region] = map[string]posture.Cell{}
			regions = append(regions, cell.Region)
		}
		in[cell.Region][cell.Category] = cell
	}
	return regions, in
}

// letters names the recorders of an account.
type letters struct {
	of   map[string]string
	list []mapRecorder
}

func newLetters(cells []posture.Cell) *letters {
	l := &letters{of: map[string]string{}}
	for _, cell := range cells {
		for _, by := range cell.By {
			if _, named := l.of[by.ARN]; named {
				continue
			}
			letter := letterOf(len(l.list))
			l.of[by.ARN] = letter
			l.list = append(l.list, mapRecorder{Letter: letter, ARN: by.ARN, To: by.To, Held: heldText(by.Held)})
		}
	}
	return l
}

// letterOf is A to Z, and then AA, BA, CA, ...
func letterOf(n int) string {
	letter := string(rune('A' + n%26))
	if n < 26 {
		return letter
	}
	return letter + letterOf(n/26-1)
}

// heldText says in whose hands a recording lies: an account, and what of it that account has.
func heldText(held []posture.Holder) (list []string) {
	var accounts []string
	parts := map[string][]string{}
	for _, h := range held {
		account := h.Account
		if account == "" {
			account = "an account that was not read"
		}
		if parts[account] == nil {
			accounts = append(accounts, account)
		}
		parts[account] = append(parts[account], h.What)
	}
	for _, a := range accounts {
		list = append(list, fmt.Sprintf("%s (%s)", a, strings.Join(parts[a], ", ")))
	}
	return list
}

func (l *letters) cell(c posture.Cell, x, y int) mapCell {
	made := mapCell{X: x + cellGap/2, Y: y + cellGap/2, Size: cellSize - cellGap, TextX: x + cellSize/2, TextY: y + cellSize/2 + 4, State: c.State}
	var names []string
	for _, by := range c.By {
		names = append(names, l.of[by.ARN])
	}
	slices.Sort(names)
	made.Text = strings.Join(names, "")
	switch {
	case c.State == posture.Uncertain:
		made.Text = "?"
	case len(names) == 0:
		made.Text = "×"
	case len(names) > mostLetters:
		made.Text = fmt.Sprintf("%s+%d", names[0], len(names)-1)
	}
	made.Title = fmt.Sprintf("%s, %s: %s", c.Region, c.Category, stateWords(c.State))
	if len(names) > 0 {
		made.Title += " by " + strings.Join(names, ", ")
	}
	if c.Detail != "" {
		made.Title += "; " + c.Detail
	}
	return made
}

func stateWords(s posture.Recorded) string {
	switch s {
	case posture.Whole:
		return "recorded"
	case posture.Partly:
		return "recorded in part"
	case posture.None:
		return "not recorded"
	}
	return "not known"
}
