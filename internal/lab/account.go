package lab

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
)

// account is one AWS account: what it owns in each region, and what belongs to no region.
type account struct {
	id      string
	regions map[string]*region // those that are disabled again included

	disabled map[string]bool // regions of the lab that the account has not enabled, or has disabled
	iam      iamState
	block    *accountBlock // nil: none
}

// region is one account's corner of a region. Each service keeps its state in a field of its own.
type region struct {
	name string

	trails cloudtrailState
	lake   lakeState
	topics snsState
	queues sqsState
	lambda lambdaState
	tables dynamoState

	schedules schedulerState
	buses     eventsState
	keys      kmsState
	logs      logsState
	alarms    alarmState

	parameters map[string]*parameter
	secrets    map[string]*secret
	findings   map[string]finding
	watchers   watcherState
}

// account returns an account, making it on first use. The lab is locked.
func (l *Lab) account(id string) *account {
	a := l.accounts[id]
	if a == nil {
		a = &account{id: id, regions: map[string]*region{}, disabled: map[string]bool{}}
		for _, name := range l.regions {
			a.regions[name] = &region{name: name}
			a.disabled[name] = !slices.Contains(l.options.Regions, name)
		}
		l.accounts[id] = a
	}
	return a
}

// enabled says whether a region is enabled in the account.
func (a *account) enabled(name string) bool { return a.regions[name] != nil && !a.disabled[name] }

// id makes a unique identifier in the shape of a UUID; it depends only on how many were made before. The lab is locked.
func (l *Lab) id() string {
	l.serial++
	n := l.serial * 0x9e3779b97f4a7c15 // spreads the digits, so that ids look unlike each other
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(n>>32), uint16(n>>16), n&0xfff, (n>>12)&0xfff, l.serial)
}

// token makes a random-looking text of capital letters and digits; like an id, it depends only on how many were made
// before. The lab is locked.
func (l *Lab) token(length int) string {
	var text []byte
	for len(text) < length {
		sum := sha256.Sum256([]byte(l.id()))
		text = append(text, base32.StdEncoding.EncodeToString(sum[:])[:48]...)
	}
	return string(text[:length])
}
