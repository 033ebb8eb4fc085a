package record

import "testing"

func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		code, message string
		want          OutcomeKind
	}{
		{"", "", Succeeded},
		{"200", "", Succeeded},
		{"200", "OK", Succeeded},
		{"", "Failed authentication", Failed},
		{"AccessDenied", "", Denied},
		{"AccessDeniedException", "", Denied},
		{"UnauthorizedOperation", "", Denied},
		{"Client.UnauthorizedOperation", "", Denied},
		{"NotAuthorizedException", "", Denied},
		{"AuthorizationErrorException", "", Denied},
		{"ThrottlingException", "", Failed},
		{"TrailNotFoundException", "", Failed},
		{"InvalidHomeRegionException", "", Failed},
		{"AccessDeniedOrNot", "", Failed},
	} {
		got := Record{ErrorCode: c.code, ErrorMessage: c.message}.Outcome()
		code := c.code
		if c.want == Succeeded {
			code = ""
		}
		if got != (Outcome{Kind: c.want, Code: code}) {
			t.Errorf("%q %q: %+v", c.code, c.message, got)
		}
	}
}

func TestParam(t *testing.T) {
	r := Record{RequestParameters: []byte(`{"name":"audit","deep":{"er":"x","n":1,"e":""},"list":["a"],"null":null}`)}
	for _, c := range []struct {
		path []string
		want string
		ok   bool
	}{
		{[]string{"name"}, "audit", true},
		{[]string{"deep", "er"}, "x", true},
		{[]string{"deep", "e"}, "", true},
		{[]string{"deep", "n"}, "", false},
		{[]string{"deep"}, "", false},
		{[]string{"list", "0"}, "", false},
		{[]string{"null"}, "", false},
		{[]string{"null", "x"}, "", false},
		{[]string{"Name"}, "", false},
		{nil, "", false},
	} {
		if got, ok := r.Param(c.path...); got != c.want || ok != c.ok {
			t.Errorf("%v: %q %v", c.path, got, ok)
		}
	}
	if _, ok := (Record{}).Param("name"); ok {
		t.Error("a record without parameters has none")
	}
}
