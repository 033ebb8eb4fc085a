package sigma

import (
	"fmt"
	"strings"
)

// expand replaces placeholders such as %servers% by their values; \% is a percent sign. It returns all combinations, or
// what is wrong.
func expand(s string, values Placeholders) (texts []string, what string) {
	texts = []string{""}
	found := false
	for s != "" {
		piece, name, rest := nextPlaceholder(s)
		s = rest
		choices := []string{piece}
		if name != "" {
			found = true
			if choices = values[name]; len(choices) == 0 {
				return nil, fmt.Sprintf("the placeholder %%%s%% has no values", clip(name))
			}
		}
		if len(choices)*len(texts) > maxAlternatives {
			return nil, fmt.Sprintf("the placeholders stand for more than %d texts", maxAlternatives)
		}
		var longer []string
		for _, text := range texts {
			for _, choice := range choices {
				longer = append(longer, text+choice)
			}
		}
		texts = longer
	}
	if !found {
		return nil, "expand without a placeholder such as %Administrators%"
	}
	return texts, ""
}

// nextPlaceholder cuts off the plain text at the beginning of s, or the placeholder that stands there.
func nextPlaceholder(s string) (piece, name, rest string) {
	if s[0] == '%' {
		if name, rest, ok := strings.Cut(s[1:], "%"); ok && name != "" && !strings.ContainsAny(name, " \\") {
			return "", name, rest
		}
	}
	if strings.HasPrefix(s, `\%`) {
		return "%", "", s[2:]
	}
	end := 1
	for end < len(s) && s[end] != '%' && !strings.HasPrefix(s[end:], `\%`) {
		end++
	}
	return s[:end], "", s[end:]
}
