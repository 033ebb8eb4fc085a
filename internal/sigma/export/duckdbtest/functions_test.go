package duckdbtest

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/trailhold/trailhold/internal/sigma"
)

// Trino's type JSON is its text here, and NULL is nil.

// jsonParse reads JSON and writes it as Trino keeps it: without white space, with sorted keys, fractions as Java writes them.
func jsonParse(s string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	var node any
	if decoder.Decode(&node) != nil || decoder.More() {
		return nil, nil
	}
	return sigma.Compact(javaNumbers(node)), nil
}

func javaNumbers(node any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			node[key] = javaNumbers(value)
		}
	case []any:
		for i, value := range node {
			node[i] = javaNumbers(value)
		}
	case json.Number:
		return javaNumber(node)
	}
	return node
}

// javaNumber writes integers as they are and everything else as Java's Double.toString does.
func javaNumber(n json.Number) json.Number {
	f, err := n.Float64()
	if !strings.ContainsAny(n.String(), ".eE") || err != nil {
		return n
	}
	format := byte('f')
	if abs := max(f, -f); abs != 0 && (abs < 1e-3 || abs >= 1e7) {
		format = 'E'
	}
	s := strconv.FormatFloat(f, format, -1, 64)
	digits, exponent, scientific := strings.Cut(s, "E")
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	if scientific {
		e, _ := strconv.Atoi(exponent)
		digits += "E" + strconv.Itoa(e)
	}
	return json.Number(digits)
}

// jsonExtract follows a path of one key in brackets, in which a backslash takes away the meaning of quotation marks and of
// itself.
func jsonExtract(s, path string) (any, error) {
	key, before := strings.CutPrefix(path, `$["`)
	key, after := strings.CutSuffix(key, `"]`)
	if !before || !after {
		return nil, fmt.Errorf("the shim knows paths of one key only: %s", path)
	}
	key = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(key)
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(s), &object) != nil {
		return nil, nil
	}
	value, ok := object[key]
	if !ok {
		return nil, nil
	}
	return string(value), nil
}

// jsonExtractScalar returns the text of a string, number or boolean.
func jsonExtractScalar(s, path string) (any, error) {
	if path != "$" {
		value, err := jsonExtract(s, path)
		if value == nil || err != nil {
			return nil, err
		}
		s = value.(string)
	}
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	var node any
	if decoder.Decode(&node) != nil {
		return nil, nil
	}
	switch node := node.(type) {
	case string:
		return node, nil
	case json.Number:
		return node.String(), nil
	case bool:
		return strconv.FormatBool(node), nil
	}
	return nil, nil
}

// jsonArray is TRY_CAST(… AS ARRAY(JSON)).
func jsonArray(s string) (any, error) {
	var members []json.RawMessage
	if !bytes.HasPrefix([]byte(s), []byte("[")) || json.Unmarshal([]byte(s), &members) != nil {
		return nil, nil
	}
	list := make([]any, len(members))
	for i, m := range members {
		list[i] = string(m)
	}
	return list, nil
}

// ip is TRY_CAST(… AS IPADDRESS).
func ip(s string) (any, error) {
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return nil, nil
	}
	return addr.Unmap().String(), nil
}

// contains says whether an address is in a network.
func contains(network, address string) (any, error) {
	prefix, err := netip.ParsePrefix(network)
	if err != nil {
		return nil, err
	}
	addr, err := netip.ParseAddr(address)
	return err == nil && prefix.Contains(addr), err
}

// function makes a Go function of texts one of DuckDB's. A NULL among its arguments makes its result NULL.
type function struct {
	parameters int
	result     duckdb.TypeInfo
	run        func([]driver.Value) (any, error)
}

func (f function) Config() duckdb.ScalarFuncConfig {
	var inputs []duckdb.TypeInfo
	for range f.parameters {
		inputs = append(inputs, info(duckdb.TYPE_VARCHAR))
	}
	return duckdb.ScalarFuncConfig{InputTypeInfos: inputs, ResultTypeInfo: f.result}
}

func (f function) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{RowExecutor: f.run}
}

func info(t duckdb.Type) duckdb.TypeInfo {
	i, err := duckdb.NewTypeInfo(t)
	if err != nil {
		panic(err)
	}
	return i
}

func unary(f func(string) (any, error)) func([]driver.Value) (any, error) {
	return func(v []driver.Value) (any, error) { return f(v[0].(string)) }
}

func binary(f func(string, string) (any, error)) func([]driver.Value) (any, error) {
	return func(v []driver.Value) (any, error) { return f(v[0].(string), v[1].(string)) }
}

// register adds Trino's functions to a connection.
func register(conn *sql.Conn) error {
	varchar := info(duckdb.TYPE_VARCHAR)
	list, err := duckdb.NewListInfo(varchar)
	if err != nil {
		return err
	}
	for name, f := range map[string]function{
		"trino_json_parse":          {1, varchar, unary(jsonParse)},
		"trino_json_extract":        {2, varchar, binary(jsonExtract)},
		"trino_json_extract_scalar": {2, varchar, binary(jsonExtractScalar)},
		"trino_json_array":          {1, list, unary(jsonArray)},
		"trino_ip":                  {1, varchar, unary(ip)},
		"trino_contains":            {2, info(duckdb.TYPE_BOOLEAN), binary(contains)},
	} {
		if err := duckdb.RegisterScalarUDF(conn, name, f); err != nil {
			return err
		}
	}
	// DuckDB writes Trino's lambdas so, too, but wants to be told.
	_, err = conn.ExecContext(context.Background(), "SET lambda_syntax='ENABLE_SINGLE_ARROW'")
	return err
}
