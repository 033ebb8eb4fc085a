package sigma

import "slices"

// Values lists the texts that a rule's search identifiers compare a field with as a whole, as they are written, each once:
// not parts of values, regular expressions and placeholders. A condition may negate them.
func (r *Rule) Values(field string) []string {
	var values []string
	for _, s := range r.detection.searches {
		for _, clause := range s.any {
			for _, it := range clause {
				if it.field == field && it.op.whole() {
					values = append(values, it.texts()...)
				}
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// whole says whether an operation compares whole values with what the rule says.
func (op operation) whole() bool {
	return op.comparison == equals && !op.before && !op.after && !op.expand && !op.windash && len(op.encodings) == 0
}

func (it item) texts() []string {
	var texts []string
	for _, v := range it.values {
		if v.kind == String {
			texts = append(texts, v.text)
		}
	}
	return texts
}
