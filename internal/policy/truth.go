package policy

// Truth is an answer that may be missing.
type Truth uint8

// The answers, in an order in which "or" is the greatest and "and" the least.
const (
	No Truth = iota
	Maybe
	Yes
)

func (t Truth) String() string {
	switch t {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "maybe"
}

// not turns yes into no; what isn't known stays so.
func (t Truth) not() Truth { return Yes - t }

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}
