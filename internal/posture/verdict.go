package posture

import (
	"fmt"

	"github.com/trailhold/trailhold/internal/severity"
	"github.com/trailhold/trailhold/internal/trail"
)

// verdict is what a check says of one thing.
type verdict struct {
	status   Status
	detail   string
	evidence []Evidence
	command  string            // that mends it, if it isn't the check's usual one
	fill     []string          // for the command: names and values, one after the other
	severity severity.Severity // if it isn't the check's usual one
}

func pass(format string, args ...any) verdict {
	return verdict{status: Pass, detail: fmt.Sprintf(format, args...)}
}

func fail(format string, args ...any) verdict {
	return verdict{status: Fail, detail: fmt.Sprintf(format, args...)}
}

func unknown(format string, args ...any) verdict {
	return verdict{status: Unknown, detail: fmt.Sprintf(format, args...)}
}

func notApplicable(format string, args ...any) verdict {
	return verdict{status: NotApplicable, detail: fmt.Sprintf(format, args...)}
}

// with adds evidence.
func (v verdict) with(name string, value any) verdict {
	v.evidence = append(v.evidence[:len(v.evidence):len(v.evidence)], Evidence{Name: name, Value: fmt.Sprint(value)})
	return v
}

// by sets the command that mends it. What others have chosen is never a part of it: it is given by name, after it.
func (v verdict) by(command string, fill ...string) verdict {
	v.command, v.fill = command, fill
	return v
}

// rated sets its severity.
func (v verdict) rated(s severity.Severity) verdict {
	v.severity = s
	return v
}

// notRead is the verdict on a facet that is not known. That something is gone is an answer, not a gap: whoever reads a
// facet that may be absent asks for that first.
func notRead[T any](what string, f trail.Facet[T]) verdict {
	switch {
	case f.Knowledge() == trail.Absent:
		return unknown("%s: it does not exist any more", what)
	case f.Why() == "":
		return unknown("%s was not read", what)
	}
	return unknown("%s could not be read: %s", what, f.Why())
}

// rank orders statuses by how much they decide where several parts have to pass.
func (s Status) rank() int {
	switch s {
	case Fail:
		return 3
	case Unknown:
		return 2
	case Pass:
		return 1
	}
	return 0
}

// all is the verdict on something that consists of parts: it fails if one does, and is unknown if one is.
func all(parts ...verdict) verdict {
	worst := notApplicable("there is nothing to ask")
	var evidence []Evidence
	for _, p := range parts {
		if p.status.rank() > worst.status.rank() {
			worst = p
		}
		evidence = append(evidence, p.evidence...)
	}
	worst.evidence = evidence
	return worst
}

// some is the verdict on a question that one of several may answer: it passes if one does, and is unknown if one could.
func some(none verdict, parts ...verdict) verdict {
	best := none
	for _, p := range parts {
		switch {
		case p.status == Pass:
			return p
		case p.status == Unknown && best.status != Unknown:
			best = p
		}
	}
	return best
}
