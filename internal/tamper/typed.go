package tamper

import (
	"strings"

	"github.com/trailhold/trailhold/internal/record"
	"github.com/trailhold/trailhold/internal/trail"
)

// maxResourceName bounds what is kept of a resource's name or ARN. The longest that AWS allows are log groups, with 512
// characters after the ARN's other parts.
const maxResourceName = 1024

// maxRefs bounds how many resources are kept of a record. DeleteAlarms takes up to 100 at once.
const maxRefs = 100

// defaultBus is the event bus that is meant where none is named.
const defaultBus = "default"

// typed reads a resource's name as the caller typed it: a name, an ARN, or what else the service accepts.
func (t target) typed(r record.Record, p parameters, path, text string) (ResourceRef, bool) {
	ref := ResourceRef{Type: t.is, Account: accountOf(r), Region: regionOf(t.is, r)}
	switch {
	case text == "":
		return ResourceRef{}, false
	case path == "policyArn":
		ref.Policy = text
		// Calls that name a role too are about its attachment of the policy.
		return ref, !p.sent("roleName")
	case strings.HasPrefix(text, "arn:"):
		return t.resourceAt(text)
	}
	switch t.is {
	case trail.Key:
		if strings.HasPrefix(text, "alias/") {
			return ResourceRef{}, false
		}
	case trail.Topic: // always named by ARN; a subscription that waits for its confirmation has none
		return ResourceRef{}, false
	case trail.Queue:
		return queueAt(ref, text)
	case trail.Function:
		ref.Name, ref.Account = functionName(text, ref.Account)
		return ref, true
	case Stack:
		ref.Name, _, _ = strings.Cut(text, ":") // a stack set's name may have its id behind it
		if path == "stackSetName" {
			ref.Account, ref.Region = "", "" // its stacks are anywhere
		}
		return ref, true
	case trail.Rule, trail.Schedule:
		ref.Name = t.qualified(p, text)
		return ref, true
	}
	ref.Name = text
	return ref, true
}

// qualified puts what a name is unique in before it, as ARNs have it. Only rules of the default bus go without.
func (t target) qualified(p parameters, name string) string {
	in, _ := p[t.beside].(string)
	if n := strings.Index(in, ":event-bus/"); n >= 0 {
		in = in[n+len(":event-bus/"):]
	}
	switch {
	case t.is == trail.Rule && (in == "" || in == defaultBus):
		return name
	case in == "":
		in = defaultBus // the group that every account has
	}
	return in + "/" + name
}

// functionName takes what Lambda accepts for a name apart: name, account:function:name, each perhaps with :qualifier.
func functionName(text, account string) (string, string) {
	if owner, rest, found := strings.Cut(text, ":function:"); found {
		account, text = owner[strings.LastIndexByte(owner, ':')+1:], rest
	}
	name, _, _ := strings.Cut(text, ":")
	return name, account
}

// queueAt reads a queue's URL: https://host/account/name.
func queueAt(ref ResourceRef, url string) (ResourceRef, bool) {
	parts := strings.Split(url, "/")
	if len(parts) < 2 || parts[len(parts)-1] == "" {
		return ResourceRef{}, false
	}
	ref.Name = parts[len(parts)-1]
	if owner := parts[len(parts)-2]; trail.ValidAccount(owner) {
		ref.Account = owner
	}
	return ref, true
}

// arnsIn lists the ARNs in the message of a call that failed. Names with blanks in them, which alarms may have, are only
// found where the message says what it is about.
func arnsIn(message string) []string {
	message = message[:min(len(message), maxMessageRead)]
	var out []string
	if _, about, found := strings.Cut(message, "on resource: "); found {
		for _, end := range []string{" because ", " with an explicit deny"} {
			about, _, _ = strings.Cut(about, end)
		}
		out = append(out, strings.Trim(about, `" .`))
	}
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return !arnRune(r) && r != '#' && r != '*' }) {
		if word = strings.TrimRight(word, ".:-_*"); strings.HasPrefix(word, "arn:") {
			out = append(out, word)
		}
	}
	return out
}
