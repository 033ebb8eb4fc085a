package policy

import "encoding/json"

// Without is a policy without the statements that harm does not let pass: each is asked about as a policy of its own. rest is
// empty if none is left, and is the text as it was if none is dropped, or if it cannot be read.
func Without(text string, harms func(one string) bool) (rest string, dropped int) {
	var document map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &document) != nil || document["Statement"] == nil {
		return text, 0
	}
	var statements, kept []json.RawMessage
	if json.Unmarshal(document["Statement"], &statements) != nil {
		statements = []json.RawMessage{document["Statement"]} // one need not be in a list
	}
	with := func(list []json.RawMessage) string {
		document["Statement"], _ = json.Marshal(list)
		made, _ := json.Marshal(document) // of JSON
		return string(made)
	}
	for _, s := range statements {
		if harms(with([]json.RawMessage{s})) {
			dropped++
		} else {
			kept = append(kept, s)
		}
	}
	switch {
	case dropped == 0:
		return text, 0
	case len(kept) == 0:
		return "", dropped
	}
	return with(kept), dropped
}
