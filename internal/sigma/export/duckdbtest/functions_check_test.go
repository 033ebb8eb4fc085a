package duckdbtest

import "testing"

// TestFunctionsAreTrinos holds what stands for Trino's functions to Trino's documentation
// (https://trino.io/docs/current/functions.html), its examples and its words, for all that queries make use of.
func TestFunctionsAreTrinos(t *testing.T) {
	e := newEngine(t)
	for expression, want := range map[string]string{
		// Array functions: any_match is false for an empty array, NULL (here as good as false) if only NULLs remain.
		`any_match(ARRAY[1, 2], x -> x = 2)`:                                        "true",
		`any_match(ARRAY[1, 2], x -> x = 3)`:                                        "false",
		`any_match(ARRAY[1, NULL], x -> x = 1)`:                                     "true",
		`coalesce(any_match(ARRAY[1, NULL], x -> x = 3), FALSE)`:                    "false",
		`any_match(filter(ARRAY[1], x -> x = 2), x -> TRUE)`:                        "false",
		`any_match(CAST(NULL AS INTEGER[]), x -> TRUE)`:                             "false", // NULL in Trino
		`transform(ARRAY[5, NULL, 6], x -> coalesce(x, 0) + 1)`:                     "[6, 1, 7]",
		`flatten(ARRAY[ARRAY[1, 2], ARRAY[3]])`:                                     "[1, 2, 3]",
		`ARRAY['a'] || ARRAY['b', 'c']`:                                             "[a, b, c]",
		`any_match(ARRAY['ab'], t -> any_match(ARRAY['b'], u -> strpos(t, u) > 0))`: "true",

		// JSON functions: keys come back sorted and without white space, null is JSON's and not SQL's, and what isn't there is NULL.
		`json_parse(' {"b": [1, 2.50, null], "a": "x\u0041/\/"} ')`:                `{"a":"xA//","b":[1,2.5,null]}`,
		`json_parse('{"a":1,"a":2}')`:                                              `{"a":2}`,
		`json_parse('12345678901234567890')`:                                       `12345678901234567890`,
		`json_parse('[1e0, 1E10, 0.0001, 25e-1, 12345678.5]')`:                     `[1.0,1.0E10,1.0E-4,2.5,1.23456785E7]`,
		`try(json_parse('{"a'))`:                                                   "NULL",
		`json_extract(json_parse('{"a":{"b":1}}'), '$["a"]')`:                      `{"b":1}`,
		`json_extract(json_parse('{"a.b":1}'), '$["a.b"]')`:                        "1",
		`json_extract(json_parse('{"a\"\\b":1}'), '$["a\"\\b"]')`:                  "1",
		`json_extract(json_parse('{"a":null}'), '$["a"]')`:                         "null",
		`json_extract(json_parse('{"a":1}'), '$["A"]')`:                            "NULL",
		`json_extract(json_parse('[{"a":1}]'), '$["a"]')`:                          "NULL",
		`json_extract_scalar(json_parse('"x"'), '$')`:                              "x",
		`json_extract_scalar(json_parse('12.0'), '$')`:                             "12.0",
		`json_extract_scalar(json_parse('true'), '$')`:                             "true",
		`json_extract_scalar(json_parse('null'), '$')`:                             "NULL",
		`json_extract_scalar(json_parse('{"a":1}'), '$')`:                          "NULL",
		`json_extract_scalar(json_parse('[1]'), '$')`:                              "NULL",
		`json_format(json_parse('"a\"b"'))`:                                        `"a\"b"`,
		`TRY_CAST(json_parse('[1, "a", null, {"b":2}]') AS ARRAY(JSON))`:           `[1, '"a"', 'null', '{"b":2}']`,
		`any_match(TRY_CAST(json_parse('[null]') AS ARRAY(JSON)), v -> v IS NULL)`: "false",
		`TRY_CAST(json_parse('{"a":1}') AS ARRAY(JSON))`:                           "NULL",
		`TRY_CAST(json_parse('"[1]"') AS ARRAY(JSON))`:                             "NULL",
		`TRY_CAST(json_parse('null') AS ARRAY(JSON))`:                              "NULL",

		// Strings: in characters, not in bytes, from 1; no match is 0; an escape takes away the meaning of % and _.
		`translate('abcd', 'a', 'z')`:             "zbcd",
		`translate('Palhoça', 'ç', 'c')`:          "Palhoca",
		`translate('abcd', 'ac', 'z')`:            "zbd",
		`strpos('übel', 'bel')`:                   "2",
		`strpos('abc', 'x')`:                      "0",
		`strpos('abc', '')`:                       "1",
		`length('üé😀')`:                           "3",
		`substr('übel', 2, 2)`:                    "be",
		`substr('abc', 4)`:                        "",
		`substr('abc', 1, 0)`:                     "",
		`split_part('a:b', ':', 2)`:               "b",
		`chr(65)`:                                 "A",
		`concat('a', chr(8232), 'b')`:             "a\u2028b",
		`'a%c' LIKE 'a\%c' ESCAPE '\'`:            "true",
		`'abc' LIKE 'a\%c' ESCAPE '\'`:            "false",
		`'a\c' LIKE 'a\\c' ESCAPE '\'`:            "true",
		`'aüc' LIKE 'a_c' ESCAPE '\'`:             "true",
		"'a\nc' LIKE 'a%c' ESCAPE '\\'":           "true",
		`'A' = 'a'`:                               "false",
		`'a ' = 'a'`:                              "false", // varchar, not char
		`'it''s'`:                                 "it's",
		`regexp_like('1a 2b 14m', '\d+b')`:        "true",
		`regexp_like('xabcx', 'abc')`:             "true",
		`regexp_like('xabcx', '\Aabc\z')`:         "false",
		"regexp_like('a\nb', '\\Aa[\\s\\S]b\\z')": "true",
		`regexp_like('ü', '\A[\x{FC}]\z')`:        "true",
		`greatest(1, 2)`:                          "2",
		`nullif('a', 'a')`:                        "NULL",
		`IF(NULL, 1, 0)`:                          "0",
		`coalesce(NULL, FALSE)`:                   "false",
		`3 IN (1, 2) OR NULL`:                     "NULL",

		// Numbers and addresses.
		`TRY_CAST('1e3' AS DOUBLE) = 1E+03`:                                                                       "true",
		`TRY_CAST('x' AS DOUBLE)`:                                                                                 "NULL",
		`is_finite(TRY_CAST('Infinity' AS DOUBLE))`:                                                               "false",
		`TRY_CAST('x' AS BIGINT)`:                                                                                 "NULL",
		`contains('10.0.0.0/8', TRY_CAST('10.255.255.255' AS IPADDRESS))`:                                         "true",
		`contains('10.0.0.0/8', TRY_CAST('11.255.255.255' AS IPADDRESS))`:                                         "false",
		`contains('10.0.0.0/8', TRY_CAST('::ffff:10.1.2.3' AS IPADDRESS))`:                                        "true",
		`contains('10.0.0.0/8', TRY_CAST('ec2.amazonaws.com' AS IPADDRESS))`:                                      "NULL",
		`contains('2001:0db8:0:0:0:ff00:0042:8329/128', TRY_CAST('2001:0db8:0:0:0:ff00:0042:8329' AS IPADDRESS))`: "true",

		// Times.
		`to_unixtime(try(from_iso8601_timestamp('2026-03-01T10:00:05Z'))) = 1772359205E0`: "true",
		`try(from_iso8601_timestamp('yesterday'))`:                                        "NULL",
		`week(TRY_CAST('2027-01-01' AS DATE))`:                                            "53",
		`TRY_CAST('2026-02-30' AS DATE)`:                                                  "NULL",
	} {
		if got := e.value(expression); got != want {
			t.Errorf("%s is %q instead of %q", expression, got, want)
		}
	}
}

// TestShimOnlyChangesCalls makes sure that literals, comments and names are left alone.
func TestShimOnlyChangesCalls(t *testing.T) {
	for sql, want := range map[string]string{
		`SELECT 'json_parse(x)', "try(x)" -- try(x)` + "\nFROM t": `SELECT 'json_parse(x)', "try(x)" -- try(x)` + "\nFROM t",
		`try(json_parse(concat('a)', ',')))`:                      `trino_json_parse(concat('a)', ','))`,
		`TRY_CAST(f(a, ' AS x') AS ARRAY(JSON))`:                  `trino_json_array(f(a, ' AS x'))`,
		`a IN ('it''s', b) AND contains(x, y)`:                    `a IN ('it''s', b) AND trino_contains(x, y)`,
		`mytry(x), json_parse`:                                    `mytry(x), json_parse`,
	} {
		if got := duck(sql); got != want {
			t.Errorf("%s\nbecame %s\nnot %s", sql, got, want)
		}
	}
}
