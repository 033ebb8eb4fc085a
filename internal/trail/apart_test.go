package trail

import "testing"

func TestWithout(t *testing.T) {
	for _, c := range []struct{ want, have, gone, added string }{
		{`{"a":1,"b":{"c":1,"d":2}}`, `{"a":1,"b":{"c":1,"d":3}}`, `{"b":{"d":2}}`, `{"b":{"d":3}}`},
		{`{"s":[{"x":1},{"x":2},{"x":2}]}`, `{"s":[{"x":2},{"x":3}]}`, `{"s":[{"x":1},{"x":2}]}`, `{"s":[{"x":3}]}`},
		{`{"a":1}`, `{}`, `{"a":1}`, `{}`},
		{`{"a":"s3:*"}`, `{"a":["s3:*"]}`, `{"a":"s3:*"}`, `{"a":["s3:*"]}`},
		{`{"a":{"b":1}}`, `{"a":[1]}`, `{"a":{"b":1}}`, `{"a":[1]}`},
		{`{"a":1}`, `{"a":1}`, `{}`, `{}`},
	} {
		want, have := document(t, c.want), document(t, c.have)
		if gone, added := want.Without(have), have.Without(want); gone != Document(c.gone) || added != Document(c.added) {
			t.Errorf("%s and %s: %s, %s", c.want, c.have, gone, added)
		}
	}
}

func TestApart(t *testing.T) {
	d := Drift{Resource: bucketARN, Before: document(t, `{"a":1,"b":1}`), After: map[string]any{"a": 1, "b": 2}}
	if before, after := d.Apart(); before != Document(`{"b":1}`) || after != Document(`{"b":2}`) {
		t.Errorf("%v, %v", before, after)
	}
	d.After = document(t, `{"a":1,"b":1,"c":1}`)
	if before, after := d.Apart(); before != "nothing is gone" || after != Document(`{"c":1}`) {
		t.Errorf("%v, %v", before, after)
	}
	d.Before, d.After = d.After, EmptyDocument
	if before, after := d.Apart(); before != d.Before || after != EmptyDocument {
		t.Errorf("%v, %v", before, after)
	}
	for _, whole := range []Drift{{Before: Document(`{"a":1,"b":1}`), After: Document(`{"a":1}`)}, {Resource: bucketARN, Before: "logs"},
		{Resource: bucketARN, Before: "logs", After: Document(`{"Owner":"444455556666"}`)}} {
		if before, after := whole.Apart(); before != whole.Before || after != whole.After {
			t.Errorf("%+v: %v, %v", whole, before, after)
		}
	}
}

func TestResourceLabel(t *testing.T) {
	for arn, want := range map[string]string{
		bucketARN: "bucket logs", "arn:aws:logs:eu-west-1:111122223333:log-group:/a/b:*": "log group /a/b",
		"arn:aws:iam::111122223333:role/service-role/r": "role r", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:Root: login": "alarm Root: login",
		"arn:aws:cloudtrail:eu-west-1:111122223333:trail/main": "", "": "",
	} {
		if got := ResourceLabel(arn); got != want {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
}
