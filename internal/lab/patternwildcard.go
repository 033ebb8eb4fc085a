package lab

import "fmt"

// compileWildcard compiles a wildcard pattern: * stands for any number of characters, and a backslash takes away the
// meaning of a following * or backslash.
func compileWildcard(text string) (matcher, error) {
	parts := []string{""}
	starBefore := false
	for i := 0; i < len(text); i++ {
		char := text[i]
		if char == '*' {
			if starBefore {
				return nil, fmt.Errorf("wildcard %q has two * in a row", text)
			}
			parts, starBefore = append(parts, ""), true
			continue
		}
		if char == '\\' {
			i++
			if i == len(text) || text[i] != '*' && text[i] != '\\' {
				return nil, fmt.Errorf("wildcard %q has an invalid escape: only \\* and \\\\ are allowed", text)
			}
			char = text[i]
		}
		parts[len(parts)-1] += string([]byte{char})
		starBefore = false
	}
	return func(scalar any) bool {
		s, ok := scalar.(string)
		return ok && matchParts(parts, s)
	}, nil
}
