package duckdbtest

import "strings"

// duck turns Trino's SQL into DuckDB's: calls of functions that are called or behave otherwise there are replaced, wherever
// they stand, and nothing else is changed. It understands as much of SQL as it takes to find calls: quoted text, comments,
// names and parentheses.
func duck(sql string) string {
	var out strings.Builder
	for i := 0; i < len(sql); {
		size := tokenSize(sql[i:])
		token := sql[i : i+size]
		i += size
		if i < len(sql) && sql[i] == '(' && isName(token[0]) && renamed[token] != nil {
			end := i + closing(sql[i:])
			var args []string
			for _, arg := range arguments(sql[i+1 : end]) {
				args = append(args, duck(strings.TrimSpace(arg)))
			}
			out.WriteString(renamed[token](args))
			i = end + 1
			continue
		}
		out.WriteString(token)
	}
	return out.String()
}

// renamed says what stands for a call of Trino's in DuckDB.
var renamed = map[string]func([]string) string{
	"any_match": func(a []string) string {
		return "coalesce(list_bool_or(list_transform(" + a[0] + ", " + a[1] + ")), false)"
	},
	"transform":              call("list_transform"),
	"array_distinct":         call("list_distinct"),
	"json_parse":             call("trino_json_parse"),
	"json_extract":           call("trino_json_extract"),
	"json_extract_scalar":    call("trino_json_extract_scalar"),
	"json_format":            func(a []string) string { return a[0] }, // JSON is its text here
	"contains":               call("trino_contains"),
	"regexp_like":            call("regexp_matches"),
	"is_finite":              call("isfinite"),
	"try":                    func(a []string) string { return a[0] }, // the functions that may fail return NULL here
	"to_unixtime":            call("epoch"),
	"from_unixtime":          call("to_timestamp"),
	"from_iso8601_timestamp": func(a []string) string { return "TRY_CAST(" + a[0] + " AS TIMESTAMPTZ)" },
	"TRY_CAST":               tryCast,
}

func call(name string) func([]string) string {
	return func(args []string) string { return name + "(" + strings.Join(args, ", ") + ")" }
}

// tryCast replaces casts to types that DuckDB doesn't have, or reads from text in another way.
func tryCast(args []string) string {
	value := strings.Join(args, ", ")
	at := strings.LastIndex(value, " AS ")
	switch value[at+4:] {
	case "ARRAY(JSON)":
		return "trino_json_array(" + value[:at] + ")"
	case "IPADDRESS":
		return "trino_ip(" + value[:at] + ")"
	}
	return "TRY_CAST(" + value + ")"
}

func isName(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// tokenSize returns how long the token is that some SQL begins with.
func tokenSize(sql string) int {
	switch c := sql[0]; {
	case c == '\'' || c == '"':
		for i := 1; i < len(sql); i++ {
			if sql[i] != c {
				continue
			}
			if i+1 == len(sql) || sql[i+1] != c {
				return i + 1
			}
			i++
		}
	case strings.HasPrefix(sql, "--"):
		if i := strings.IndexByte(sql, '\n'); i >= 0 {
			return i
		}
	case isName(c):
		i := 1
		for i < len(sql) && isName(sql[i]) {
			i++
		}
		return i
	default:
		return 1
	}
	return len(sql)
}

// closing returns the place of the parenthesis that closes the one that some SQL begins with.
func closing(sql string) int {
	depth := 0
	for i := 0; i < len(sql); i += tokenSize(sql[i:]) {
		switch sql[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	panic("no closing parenthesis: " + sql)
}

// arguments takes what stands between parentheses apart.
func arguments(sql string) []string {
	var list []string
	depth, from := 0, 0
	for i := 0; i < len(sql); i += tokenSize(sql[i:]) {
		switch sql[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				list = append(list, sql[from:i])
				from = i + 1
			}
		}
	}
	return append(list, sql[from:])
}
