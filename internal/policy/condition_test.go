package policy

import "testing"

// conditionRequest has keys of every sort.
var conditionRequest = Request{
	Context: map[string][]string{
		"s": {"Logs"}, "star": {"a*b"}, "n": {"10"}, "d": {"2026-05-01T12:00:00Z"}, "b": {"true"}, "bin": {"Trail"},
		"ip": {"203.0.113.9"}, "ip6": {"2001:db8::1"}, "arn": {"arn:aws:s3:eu:1:x:y/z"}, "list": {"a", "b"}, "empty": {""}, "absent": nil,
	},
	Possible: map[string][][]string{"may": {nil, {"x"}}},
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		operator, key string
		values        []string
		want          Truth
	}{
		{"StringEquals", "s", []string{"x", "Logs"}, Yes}, {"StringEquals", "S", []string{"Logs"}, Yes}, {"StringEquals", "s", []string{"logs"}, No},
		{"StringEquals", "star", []string{"a*b"}, Yes}, {"StringEquals", "s", []string{"L*"}, No}, {"StringEquals", "s", nil, No},
		{"StringNotEquals", "s", []string{"x", "Logs"}, No}, {"StringNotEquals", "s", []string{"x", "y"}, Yes}, {"StringNotEquals", "s", nil, Yes},
		{"StringEqualsIgnoreCase", "s", []string{"LOGS"}, Yes}, {"StringNotEqualsIgnoreCase", "s", []string{"LOGS"}, No},
		{"StringLike", "s", []string{"L?gs"}, Yes}, {"StringLike", "s", []string{"l*"}, No}, {"StringNotLike", "s", []string{"L*"}, No},
		{"StringLike", "star", []string{"a${*}b"}, Yes}, {"StringEquals", "s", []string{"${s}"}, Yes},
		{"StringEquals", "s", []string{"${absent}"}, No}, {"StringNotEquals", "s", []string{"${absent}"}, Maybe}, {"StringEquals", "s", []string{"${other}"}, Maybe},
		{"StringEquals", "s", []string{"${other}", "Logs"}, Yes}, {"StringEquals", "s", []string{"${list}"}, Maybe}, {"StringLike", "s", []string{"${may}"}, Maybe},

		{"StringEquals", "absent", []string{"x"}, No}, {"StringNotEquals", "absent", []string{"x"}, Yes}, {"StringEqualsIfExists", "absent", []string{"x"}, Yes},
		{"StringNotEqualsIfExists", "absent", []string{"x"}, Yes}, {"StringEqualsIfExists", "s", []string{"x"}, No}, {"BoolIfExists", "absent", []string{"true"}, Yes},
		{"StringEquals", "other", []string{"x"}, Maybe}, {"StringEqualsIfExists", "other", []string{"x"}, Maybe}, {"Null", "other", []string{"true"}, Maybe},
		{"StringEquals", "may", []string{"x"}, Maybe}, {"StringEquals", "may", []string{"y"}, No}, {"StringNotEquals", "may", []string{"y"}, Yes}, {"StringEqualsIfExists", "may", []string{"x"}, Yes},

		{"Null", "absent", []string{"true"}, Yes}, {"Null", "absent", []string{"false"}, No}, {"Null", "s", []string{"true"}, No}, {"Null", "s", []string{"False"}, Yes}, {"Null", "s", []string{"x"}, Maybe},

		{"ArnLike", "arn", []string{"arn:aws:s3:*:1:x:*"}, Yes}, {"ArnEquals", "arn", []string{"arn:*:s3:eu:1:*"}, Yes}, {"ArnLike", "arn", []string{"arn:aws:*:x:y/z"}, Maybe},
		{"ArnLike", "arn", []string{"arn:aws:s3:*:x:y/z"}, No}, {"ArnLike", "arn", []string{"arn:aws:s3:*:x:y:z"}, No}, {"ArnLike", "arn", []string{"*"}, Yes},
		{"ArnNotLike", "arn", []string{"arn:aws:s3:eu:1:x:y/z"}, No}, {"ArnNotEquals", "arn", []string{"arn:aws:s3:us:1:*"}, Yes}, {"ArnLike", "s", []string{"arn:aws:s3:::x"}, No},

		{"NumericEquals", "n", []string{"10.0"}, Yes}, {"NumericNotEquals", "n", []string{"10"}, No}, {"NumericLessThan", "n", []string{"10"}, No}, {"NumericLessThan", "n", []string{"9", "11"}, Yes},
		{"NumericLessThanEquals", "n", []string{"10"}, Yes}, {"NumericGreaterThan", "n", []string{"9.5"}, Yes}, {"NumericGreaterThanEquals", "n", []string{"11"}, No},
		{"NumericEquals", "n", []string{"ten"}, Maybe}, {"NumericEquals", "s", []string{"10"}, Maybe}, {"NumericLessThan", "n", []string{"Inf"}, Maybe},

		{"DateEquals", "d", []string{"2026-05-01T14:00:00+02:00"}, Yes}, {"DateNotEquals", "d", []string{"2026-05-01T12:00Z"}, No}, {"DateLessThan", "d", []string{"2026-05-02"}, Yes},
		{"DateLessThanEquals", "d", []string{"2026-05-01T11:59Z"}, No}, {"DateGreaterThan", "d", []string{"1700000000"}, Yes}, {"DateGreaterThanEquals", "d", []string{"2026-06"}, No}, {"DateEquals", "d", []string{"soon"}, Maybe},

		{"Bool", "b", []string{"True"}, Yes}, {"Bool", "b", []string{"false"}, No}, {"Bool", "b", []string{"${s}"}, Maybe},
		{"BinaryEquals", "bin", []string{"VHJhaWw="}, Yes}, {"BinaryEquals", "bin", []string{"VHJhaWk="}, No}, {"BinaryEquals", "bin", []string{"!"}, Maybe},
		{"IpAddress", "ip", []string{"203.0.113.0/24"}, Yes}, {"IpAddress", "ip", []string{"203.0.113.9"}, Yes}, {"NotIpAddress", "ip", []string{"203.0.113.0/24"}, No}, {"IpAddress", "ip", []string{"10.0.0.0/8", "2001:db8::/32"}, No},
		{"IpAddress", "ip6", []string{"2001:DB8::/32"}, Yes}, {"NotIpAddress", "ip6", []string{"10.0.0.0/8"}, Yes}, {"IpAddress", "ip", []string{"office"}, Maybe}, {"IpAddress", "s", []string{"10.0.0.0/8"}, Maybe},

		{"StringEquals", "list", []string{"a", "b"}, Maybe}, {"ForAnyValue:StringEquals", "list", []string{"b"}, Yes}, {"ForAnyValue:StringEquals", "list", []string{"c"}, No},
		{"ForAllValues:StringEquals", "list", []string{"b"}, No}, {"ForAllValues:StringLike", "list", []string{"?"}, Yes}, {"ForAnyValue:StringNotEquals", "list", []string{"a"}, Yes}, {"ForAllValues:StringNotEquals", "list", []string{"b", "c"}, No},
		{"ForAllValues:StringEquals", "absent", []string{"x"}, Yes}, {"ForAnyValue:StringEquals", "absent", []string{"x"}, No}, {"ForAnyValue:StringNotEquals", "absent", []string{"x"}, No}, {"ForAllValues:StringEquals", "empty", []string{"x"}, Yes},
		{"ForAnyValue:StringEqualsIfExists", "absent", []string{"x"}, Maybe}, {"ForAllValues:StringEqualsIfExists", "absent", []string{"x"}, Yes}, {"ForAnyValue:StringEqualsIfExists", "list", []string{"a"}, Yes},

		{"stringequals", "s", []string{"Logs"}, Maybe}, {"StringResembles", "s", []string{"Logs"}, Maybe}, {"NullIfExists", "s", []string{"true"}, Maybe}, {"NotBool", "b", []string{"true"}, Maybe},
	} {
		got, doubt := Condition{Operator: c.operator, Key: c.key, Values: c.values}.holds(conditionRequest, true)
		if got != c.want || (got == Maybe) != (doubt != "") {
			t.Errorf("%s %s %q: %v (%s), want %v", c.operator, c.key, c.values, got, doubt, c.want)
		}
	}
	if got, _ := (Condition{"StringEquals", "s", []string{"${s}"}}).holds(conditionRequest, false); got != No {
		t.Error("a variable works in a policy of the old version")
	}
	complete := conditionRequest
	complete.Complete = true
	if got, _ := (Condition{"StringNotEquals", "other", []string{"x"}}).holds(complete, true); got != Yes {
		t.Error("a key that a complete request lacks is not absent")
	}
}
