package lab

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// expression is one expression of a request on its way through the parser, which works by recursive descent.
type expression struct {
	field  string // such as ConditionExpression
	tokens []string
	scope  *expressionScope
}

// expressionScope is the names and values that a request's expressions share. All of them have to be used.
type expressionScope struct {
	names  map[string]string
	values map[string]attr
	used   map[string]bool
}

func newScope(in *tableInput) *expressionScope {
	return &expressionScope{in.ExpressionAttributeNames, in.ExpressionAttributeValues, map[string]bool{}}
}

var expressionToken = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*|[#:]\w+|\d+|<>|<=|>=|[=<>(),.\[\]+-])`)

// parse splits an expression into tokens.
func (s *expressionScope) parse(field, text string) (*expression, error) {
	e := &expression{field: field, scope: s}
	if len(text) > maxExpression {
		return nil, e.invalid("Expression size has exceeded the maximum allowed size")
	}
	rest := text
	for strings.TrimSpace(rest) != "" {
		m := expressionToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, e.invalid("Syntax error; token: %.20q", strings.TrimSpace(rest))
		}
		e.tokens = append(e.tokens, m[1])
		rest = rest[len(m[0]):]
	}
	if len(e.tokens) == 0 {
		return nil, e.invalid("The expression can not be empty;")
	}
	return e, nil
}

func (e *expression) invalid(format string, args ...any) error {
	return invalidRequest("Invalid "+e.field+": "+format, args...)
}

// unused complains about names and values that no expression used, as DynamoDB does.
func (s *expressionScope) unused() error {
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		if !s.used[name] {
			return invalidRequest("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		if !s.used[name] {
			return invalidRequest("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return nil
}

// peek is the next token, empty at the end.
func (e *expression) peek() string {
	if len(e.tokens) == 0 {
		return ""
	}
	return e.tokens[0]
}

func (e *expression) next() string {
	token := e.peek()
	if token != "" {
		e.tokens = e.tokens[1:]
	}
	return token
}

// accept takes the next token if it is this one; keywords are in any case.
func (e *expression) accept(token string) bool {
	if !strings.EqualFold(e.peek(), token) || token == "" {
		return false
	}
	e.next()
	return true
}

func (e *expression) expect(token string) error {
	if !e.accept(token) {
		return e.invalid("Syntax error; token: %q, expected %q", e.peek(), token)
	}
	return nil
}

// docStep is a part of a document path: a name, or the index of a list's element.
type docStep struct {
	name  string
	index int // -1 for a name
}

type docPath []docStep

// path parses a document path such as a.#b[0].c.
func (e *expression) path() (docPath, error) {
	name, err := e.name()
	if err != nil {
		return nil, err
	}
	path := docPath{{name, -1}}
	for len(path) <= maxNesting {
		switch {
		case e.accept("."):
			if name, err = e.name(); err != nil {
				return nil, err
			}
			path = append(path, docStep{name, -1})
		case e.accept("["):
			index, err := strconv.Atoi(e.next())
			if err != nil || index > maxItemSize {
				return nil, e.invalid("Syntax error; a list index must be a number")
			}
			path = append(path, docStep{"", index})
			if err := e.expect("]"); err != nil {
				return nil, err
			}
		default:
			return path, nil
		}
	}
	return nil, e.invalid("The document path has too many nesting elements")
}

// name reads one name of a path, which must not be a word that DynamoDB reserves.
func (e *expression) name() (string, error) {
	token := e.next()
	switch {
	case strings.HasPrefix(token, "#"):
		e.scope.used[token] = true
		name, ok := e.scope.names[token]
		if !ok {
			return "", e.invalid("An expression attribute name used in the document path is not defined; attribute name: %s", token)
		}
		return name, nil
	case token == "" || !isLetter(token[0]):
		return "", e.invalid("Syntax error; token: %q, expected a name", token)
	case reservedWords[strings.ToUpper(token)]:
		return "", e.invalid("Attribute name is a reserved keyword; reserved keyword: %s", token)
	}
	return token, nil
}

func isLetter(b byte) bool { return b == '_' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' }

// value reads a placeholder for a value.
func (e *expression) value() (attr, error) {
	token := e.next()
	if !strings.HasPrefix(token, ":") {
		return attr{}, e.invalid("Syntax error; token: %q, expected a value", token)
	}
	e.scope.used[token] = true
	value, ok := e.scope.values[token]
	if !ok {
		return attr{}, e.invalid("An expression attribute value used in expression is not defined; attribute value: %s", token)
	}
	return value, nil
}

// in finds what a path leads to.
func (p docPath) in(i item) (attr, bool) {
	value, ok := i[p[0].name]
	for _, step := range p[1:] {
		switch {
		case !ok:
			return attr{}, false
		case step.index < 0:
			value, ok = value.fields[step.name]
		case step.index < len(value.list):
			value = value.list[step.index]
		default:
			return attr{}, false
		}
	}
	return value, ok
}
