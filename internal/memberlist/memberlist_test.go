package memberlist_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/trailhold/trailhold/internal/memberlist"
)

var pin = "#sha256=" + strings.Repeat("0", 64)

func list() memberlist.List {
	return memberlist.List{Role: "trailhold-restorer", ExternalID: "trailhold/o-a", Members: []memberlist.Member{
		{Account: "444455556666", Baseline: "members/b.yaml" + pin}, {Account: "222233334444", Baseline: "members/a.yaml" + pin},
	}}
}

func TestRoundTrip(t *testing.T) {
	text, err := memberlist.Write(list())
	if err != nil {
		t.Fatal(err)
	}
	location := fmt.Sprintf("s3://store/members/list.json#sha256=%x", sha256.Sum256(text))
	fetch := func(_ context.Context, uri string, _ int64) ([]byte, error) {
		if uri != "s3://store/members/list.json" {
			t.Errorf("fetched %s", uri)
		}
		return text, nil
	}
	got, err := memberlist.Load(t.Context(), location, fetch)
	want := list()
	want.Members[0], want.Members[1] = want.Members[1], want.Members[0]
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if m, ok := got.Of("444455556666"); !ok || m.Baseline != "members/b.yaml"+pin {
		t.Errorf("%+v, %v", m, ok)
	}
	if _, ok := got.Of("111122223333"); ok {
		t.Error("a member that is not there was found")
	}
	if _, err := memberlist.Load(t.Context(), location[:len(location)-1]+"x", fetch); err == nil || !strings.Contains(err.Error(), "not the pinned") {
		t.Errorf("another content than the pinned: %v", err)
	}
}

func TestRefused(t *testing.T) {
	for want, text := range map[string]string{
		"unknown field":            `{"role":"r","externalId":"word","members":[],"more":1}`,
		"something behind it":      `{"role":"r","externalId":"word","members":[]} x`,
		"no name of a role":        `{"role":"a/b","externalId":"word","members":[]}`,
		"externalId is none":       `{"role":"r","externalId":"w","members":[]}`,
		"is not 12 digits":         `{"role":"r","externalId":"word","members":[{"account":"1","baseline":"k` + pin + `"}]}`,
		"needs a key and #sha256=": `{"role":"r","externalId":"word","members":[{"account":"222233334444","baseline":"k"}]}`,
		"is there twice": `{"role":"r","externalId":"word","members":[{"account":"222233334444","baseline":"k` + pin + `"},` +
			`{"account":"222233334444","baseline":"k` + pin + `"}]}`,
		"the list of members: ": `[`,
	} {
		if _, err := memberlist.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	long := list()
	long.Members = make([]memberlist.Member, memberlist.Max+1)
	if _, err := memberlist.Write(long); err == nil || !strings.Contains(err.Error(), "guards 1000 at most") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	text, err := memberlist.Write(list())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"members":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := memberlist.Parse(text)
		if err != nil {
			return
		}
		again, err := memberlist.Write(l)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := memberlist.Parse(again); err != nil {
			t.Errorf("%q became %q: %v", text, again, err)
		}
	})
}
