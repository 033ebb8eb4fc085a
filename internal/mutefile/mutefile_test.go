package mutefile

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	rules, err := Parse("mute.yaml", []byte(`# what we live with
mute:
  - check: ct-s3-data-*
    account: "111122223333"
    region: eu-*
    resource: arn:aws:s3:::scratch-*
    tags: {stage: test}
    reason: Nobody's secrets.
    until: 2026-12-31
  - {check: ct-sns, reason: Nobody waits., until: "2026-12-31T12:00:00Z"}
`))
	if err != nil {
		t.Fatal(err)
	}
	r := rules[0]
	if len(rules) != 2 || r.Check != "ct-s3-data-*" || r.Account != "111122223333" || r.Region != "eu-*" || r.Resource != "arn:aws:s3:::scratch-*" ||
		r.Tags["stage"] != "test" || r.Reason != "Nobody's secrets." || r.Place != "mute.yaml:3" || !r.Until.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", rules)
	}
	if want := time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC); !rules[1].Until.Equal(want) {
		t.Errorf("the second rule holds until %v", rules[1].Until)
	}
	if rules, err := Parse("empty", nil); err != nil || len(rules) != 0 {
		t.Errorf("an empty file: %v, %v", rules, err)
	}
}

func TestMistakes(t *testing.T) {
	for file, want := range map[string]string{
		"mute: 3\n":                                                    "m:1:1: the file must have one key, mute, with a list of rules",
		"mute:\n  - 7\n":                                               "m:2:5: a rule must be a mapping with the keys check, account, region, resource, tags, reason, until",
		"mute:\n  - check: ct-sns\n":                                   "m:2:5: the rule has no reason: add one",
		"mute:\n  - reason: x\n":                                       "m:2:5: the rule has no check: add one",
		"mute:\n  - {check: ct-snz, reason: x}\n":                      "m:2:13: there is no check \"ct-snz\": see `trailhold audit --list-checks`",
		"mute:\n  - {check: ct-sns, reason: x, whi: y}":                `m:2:32: a rule has no key "whi": there are check, account, region, resource, tags, reason, until`,
		"mute:\n  - {check: ct-sns, reason: x, until: soon}":           `m:2:39: until must be a day such as 2026-12-31 or a time such as 2026-12-31T12:00:00Z, not "soon"`,
		"mute:\n  - {check: ct-sns, reason: x, account: 011122223333}": "m:2:41: account must be in quotation marks: as a number it may lose its zeros",
		"mute:\n  - {check: ct-sns, check: ct-sns, reason: x}":         `m:2:21: the rule has the key "check" twice: remove one`,
		"mute:\n  - {check: ct-sns, reason: [x]}":                      "m:2:29: reason must be a text",
		"mute:\n  - {check: ct-sns, reason: x, tags: y}":               "m:2:38: tags must be a mapping of keys to values, of 1 to 50",
	} {
		if _, err := Parse("m", []byte(file)); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", file, err, want)
		}
	}
	if _, err := Parse("m", []byte("mute: [")); err == nil {
		t.Error("what is no YAML is accepted")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("mute:\n  - {check: ct-sns, reason: x, until: 2026-01-01, tags: {a: b}}\n"))
	f.Add([]byte("mute: &a [*a]"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rules, err := Parse("m", file)
		if err != nil && rules != nil {
			t.Errorf("rules beside the error %v", err)
		}
		for _, r := range rules {
			if r.Check == "" || r.Reason == "" {
				t.Errorf("%+v mutes without a check or a reason", r)
			}
		}
	})
}
