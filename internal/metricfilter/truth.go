package metricfilter

// Truth is an answer that documentation may leave open.
type Truth uint8

// The answers, in an order in which "or" is the greatest and "and" the least.
const (
	No Truth = iota
	Maybe
	Yes
)

func (t Truth) String() string { return [...]string{"no", "maybe", "yes"}[t] }

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// not turns yes into no; what isn't known stays so.
func (t Truth) not() Truth { return Yes - t }
