package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/trailhold/trailhold/internal/awscloud"
	"github.com/trailhold/trailhold/internal/guard"
	"github.com/trailhold/trailhold/internal/journal"
	"github.com/trailhold/trailhold/internal/trail"
)

// tableScheme begins the address of a journal that is a DynamoDB table.
const tableScheme = "dynamodb://"

// tableName is what DynamoDB allows:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// journalUse says what a value of --journal is.
const journalUse = "a `directory`, or dynamodb://TABLE[?region=REGION&keep-days=N]"

// tableAddress is what an address of a table says.
type tableAddress struct {
	name, region string
	keep         time.Duration
}

func parseTable(address string) (t tableAddress, err error) {
	name, query, _ := strings.Cut(strings.TrimPrefix(address, tableScheme), "?")
	values, err := url.ParseQuery(query)
	if err != nil || !tableName.MatchString(name) {
		return t, usagef("--journal: %q is no table's name, of 3 to 255 letters, digits, dots, - and _, with ?region=REGION&keep-days=N after it", name)
	}
	t.name, t.keep = name, journal.DefaultKeep
	for key, given := range values {
		value := given[len(given)-1]
		switch {
		case key == "region" && trail.ValidRegion(value):
			t.region = value
		case key == "keep-days":
			if t.keep, err = journal.ParseKeep(value); err != nil {
				return t, usagef("--journal: keep-days: %v", err)
			}
		default:
			return t, usagef("--journal: %s=%s means nothing: give region=REGION or keep-days=N", key, value)
		}
	}
	return t, nil
}

// in is the journal in a table of an account.
func (t tableAddress) in(cloud *awscloud.Cloud) guard.Journal {
	return journal.NewTable(cloud.Table(t.name, t.region), t.keep)
}

// table is the journal in a table.
func (a *app) table(ctx context.Context, address string) (guard.Journal, error) {
	t, err := parseTable(address)
	if err != nil {
		return nil, err
	}
	cloud, err := a.cloud(ctx)
	if err != nil {
		return nil, err
	}
	return t.in(cloud), nil
}

// makeJournal opens the journal of a guard: without an address it lives in memory.
func makeJournal(cloud *awscloud.Cloud, address string) (guard.Journal, error) {
	switch {
	case address == "":
		return journal.NewMemory(remembered), nil
	case strings.HasPrefix(address, tableScheme):
		t, err := parseTable(address)
		if err != nil {
			return nil, err
		}
		return t.in(cloud), nil
	}
	return journal.OpenFile(address)
}

// openJournal opens a journal to read it: a mistyped directory is an error, not a new journal.
func (a *app) openJournal(ctx context.Context, address string) (guard.Journal, error) {
	if address == "" {
		return nil, usagef("--journal is missing: give the directory or table that watch or sweep keeps its incidents in")
	}
	if strings.HasPrefix(address, tableScheme) {
		return a.table(ctx, address)
	}
	info, err := os.Stat(address)
	if err != nil {
		return nil, fmt.Errorf("there is no journal at %s: %w", address, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("there is no journal at %s: it is not a directory", address)
	}
	return journal.OpenFile(address)
}
