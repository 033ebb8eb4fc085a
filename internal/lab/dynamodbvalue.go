package lab

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// attr is the value of an attribute. Numbers are kept in one canonical form and sets in order, so that equal values are
// deeply equal.
type attr struct {
	kind   string // S, N, B, BOOL, NULL, M, L, SS, NS or BS
	text   string // of S and N; of B the bytes
	flag   bool   // of BOOL
	fields item   // of M
	list   []attr // of L
	set    []string
}

// item is an item of a table, or a map in one.
type item map[string]attr

// number is what DynamoDB takes for a number; the exponent is bounded before anything computes with it.
var number = regexp.MustCompile(`^[+-]?(\d{1,160}(\.\d{0,160})?|\.\d{1,160})([eE][+-]?\d{1,3})?$`)

func (a *attr) UnmarshalJSON(b []byte) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) != 1 {
		return fmt.Errorf("supplied AttributeValue has %d datatypes set, must contain exactly one of the supported datatypes", len(parts))
	}
	for kind, value := range parts {
		a.kind = kind
		return a.read(value)
	}
	return nil
}

// read reads the value of the kind that is known already.
func (a *attr) read(value json.RawMessage) error {
	switch a.kind {
	case "S", "N", "B":
		if err := json.Unmarshal(value, &a.text); err != nil {
			return err
		}
		return normal(a.kind, &a.text)
	case "BOOL", "NULL":
		return json.Unmarshal(value, &a.flag)
	case "M":
		return json.Unmarshal(value, &a.fields)
	case "L":
		return json.Unmarshal(value, &a.list)
	case "SS", "NS", "BS":
		if err := json.Unmarshal(value, &a.set); err != nil {
			return err
		}
		for i := range a.set {
			if err := normal(a.kind[:1], &a.set[i]); err != nil {
				return err
			}
		}
		slices.Sort(a.set)
		if len(a.set) == 0 || len(slices.Compact(slices.Clone(a.set))) != len(a.set) {
			return fmt.Errorf("one or more parameter values were invalid: a set may not be empty and may not contain duplicates")
		}
		return nil
	}
	return fmt.Errorf("supplied AttributeValue has an unknown datatype %.20q", a.kind)
}

// normal puts a number into its canonical form and decodes bytes.
func normal(kind string, text *string) error {
	switch kind {
	case "N":
		r, err := parseNumber(*text)
		if err != nil {
			return err
		}
		*text = formatNumber(r)
	case "B":
		b, err := base64.StdEncoding.DecodeString(*text)
		if err != nil {
			return err
		}
		*text = string(b)
	}
	return nil
}

func parseNumber(text string) (*big.Rat, error) {
	if !number.MatchString(text) {
		return nil, fmt.Errorf("the parameter cannot be converted to a numeric value: %.50s", text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("the parameter cannot be converted to a numeric value: %.50s", text)
	}
	return r, checkNumber(r)
}

// smallestNumber is the smallest magnitude of a number that is not 0.
var smallestNumber, _ = new(big.Rat).SetString("1e-130")

// checkNumber bounds a number to 38 significant digits and magnitudes from 1E-130 to below 1E126.
func checkNumber(r *big.Rat) error {
	digits := strings.Trim(strings.Replace(strings.TrimPrefix(formatNumber(r), "-"), ".", "", 1), "0")
	whole := new(big.Int).Quo(r.Num(), r.Denom())
	tiny := r.Sign() != 0 && new(big.Rat).Abs(r).Cmp(smallestNumber) < 0
	if tiny || len(digits) > 38 || len(new(big.Int).Abs(whole).String()) > 126 {
		return fmt.Errorf("attempting to store more than 38 significant digits, or a number that is too large or too small, in a Number")
	}
	return nil
}

// formatNumber writes a number in full, without trailing zeros.
func formatNumber(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(330), "0") // more places than any that pass checkNumber have
}

func (a attr) MarshalJSON() ([]byte, error) {
	var value any
	switch a.kind {
	case "S", "N":
		value = a.text
	case "B":
		value = []byte(a.text)
	case "BOOL", "NULL":
		value = a.flag
	case "M":
		value = a.fields
	case "L":
		value = append([]attr{}, a.list...)
	case "SS", "NS":
		value = a.set
	case "BS":
		var list [][]byte
		for _, element := range a.set {
			list = append(list, []byte(element))
		}
		value = list
	}
	return json.Marshal(map[string]any{a.kind: value})
}

func (a attr) equal(b attr) bool { return reflect.DeepEqual(a, b) }

// compare orders two values of the same ordered kind.
func (a attr) compare(b attr) (order int, ok bool) {
	if a.kind != b.kind {
		return 0, false
	}
	switch a.kind {
	case "S", "B":
		return bytes.Compare([]byte(a.text), []byte(b.text)), true
	case "N":
		x, _ := new(big.Rat).SetString(a.text)
		y, _ := new(big.Rat).SetString(b.text)
		return x.Cmp(y), true
	}
	return 0, false
}

// size is about what DynamoDB counts for a value, in bytes.
func (a attr) size() int {
	n := len(a.text) + 1
	for _, element := range a.set {
		n += len(element)
	}
	for _, element := range a.list {
		n += element.size() + 1
	}
	return n + a.fields.size()
}

func (i item) size() int {
	n := 0
	for name, value := range i {
		n += len(name) + value.size()
	}
	return n
}

// depth is how deeply lists and maps are nested.
func (a attr) depth() int {
	deepest := 0
	for _, element := range a.list {
		deepest = max(deepest, element.depth())
	}
	for _, element := range a.fields {
		deepest = max(deepest, element.depth())
	}
	return deepest + 1
}

// clone copies what can be changed in place: maps and lists.
func (a attr) clone() attr {
	a.list = slices.Clone(a.list)
	for i := range a.list {
		a.list[i] = a.list[i].clone()
	}
	a.fields = a.fields.clone()
	return a
}

func (i item) clone() item {
	if i == nil {
		return nil
	}
	copied := make(item, len(i))
	for name, value := range i {
		copied[name] = value.clone()
	}
	return copied
}
