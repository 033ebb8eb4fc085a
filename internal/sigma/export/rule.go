package export

import (
	"errors"
	"strings"

	"github.com/trailhold/trailhold/internal/sigma"
)

// Rule returns the SQL that finds the records in a table that a rule looks for. An error about the rule is a *sigma.Error.
func (d Dialect) Rule(table string, m *sigma.Matcher) (string, error) {
	from, err := d.table(table)
	if err != nil {
		return "", err
	}
	where, err := d.where(m)
	if err != nil {
		return "", err
	}
	return comment(m.Rule().Meta) + "SELECT " + strings.Join(d.shown(), ", ") + "\nFROM " + from + "\nWHERE " + where + "\n", nil
}

// where returns the condition of a rule, with the first level of its parts a line each.
func (d Dialect) where(m *sigma.Matcher) (string, error) {
	w := writer{Dialect: d}
	tree := m.Tree()
	where := ""
	if parts, ok := tree.(sigma.TreeAll); ok {
		where = strings.Join(w.conditions(together(parts)), "\n  AND ")
	} else {
		where = w.condition(tree)
	}
	if len(where) > maxSQL {
		w.fail("the query would be longer than engines take", huntInstead)
	}
	return where, at(m.Rule().Position, w.failed)
}

// maxSQL is the longest condition that is written, in bytes. Athena takes queries of 262,144.
const maxSQL = 200_000

// at gives a refusal the place of the rule that it is about.
func at(place sigma.Position, err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return &sigma.Error{Position: place, What: r.what, Fix: r.fix}
	}
	return err
}

// shown are the columns of a finding.
func (d Dialect) shown() []string {
	if d.texts == nil {
		return []string{"eventid"}
	}
	return []string{
		"eventtime", "eventid", "eventsource", "eventname", "awsregion", "recipientaccountid", "useridentity.arn AS actor", "sourceipaddress", "errorcode",
	}
}
