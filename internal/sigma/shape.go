package sigma

// Shape is how a correlation looks at its events, resolved by Link: for those who say the same in another language.
type Shape struct {
	References []ShapeReference
	Bounds     []ShapeBound // all have to hold; of temporal correlations there may be none
	Percentile float64
	// Present says which references have to occur, of temporal correlations without bounds, in terms of their names as
	// paths of TreeExists; nil stands for all of them.
	Present Tree
}

// ShapeReference is what a correlation refers to by one name.
type ShapeReference struct {
	Name         string
	Rules        []*Rule
	Correlations []*Correlation
}

// ShapeBound is a relation (<, <=, >, >=, =, <>) that the number of a window has to stand in.
type ShapeBound struct {
	Relation string
	Than     float64
}

// Shape returns how the correlation looks at its events.
func (c *Correlation) Shape() Shape {
	s := Shape{Percentile: c.percentile}
	for _, r := range c.references {
		s.References = append(s.References, ShapeReference{r.name, r.rules, r.correlations})
	}
	for _, b := range c.bounds {
		relation := relationOf(b.relation)
		if b.negated {
			relation = "<>" // only equality is ever negated
		}
		s.Bounds = append(s.Bounds, ShapeBound{relation, b.than.f})
	}
	if c.present != nil {
		s.Present = c.present.tree()
	}
	return s
}

// FieldOf returns the field that an alias, or a field's own name, means for a rule that the correlation refers to.
func (c *Correlation) FieldOf(name, reference string) string { return c.fieldOf(name, reference) }

// tree turns an expression over names into one over TreeExists.
func (e *expr) tree() Tree {
	var args []Tree
	for _, a := range e.args {
		args = append(args, a.tree())
	}
	switch e.op {
	case named:
		return TreeExists{e.name}
	case allOf:
		return TreeAll(args)
	case notOf:
		return TreeNot{args[0]}
	case anyOf:
		return TreeAny(args)
	}
	return TreeLeast{e.least, args}
}
