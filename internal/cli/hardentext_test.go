package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/harden"
	"github.com/trailhold/trailhold/internal/trail"
)

func TestListsApart(t *testing.T) {
	for _, c := range []struct{ from, to, drops, adds string }{
		{`{"Version":"1","Statement":[{"Sid":"A"},{"Sid":"B"}]}`, `{"Version":"1","Statement":[{"Sid":"B"},{"Sid":"C"}]}`, `{"Statement":[{"Sid":"A"}]}`, `{"Statement":[{"Sid":"C"}]}`},
		{`{"Rules":[{"ID":"a"}]}`, `{"Rules":[{"ID":"a"},{"ID":"b"}]}`, `{}`, `{"Rules":[{"ID":"b"}]}`},
		{`{"Statement":[1],"Version":"1"}`, `{"Statement":[1],"Version":"2"}`, `{"Version":"1"}`, `{"Version":"2"}`},
	} {
		drops, adds, lists := listsApart(decodedJSON(json.RawMessage(c.from)), decodedJSON(json.RawMessage(c.to)))
		gotDrops, _ := json.Marshal(drops)
		gotAdds, _ := json.Marshal(adds)
		if string(gotDrops) != c.drops || string(gotAdds) != c.adds {
			t.Errorf("%s and %s: drops %s, adds %s, lists %v", c.from, c.to, gotDrops, gotAdds, lists)
		}
	}
	if _, _, lists := listsApart(nil, decodedJSON(map[string]any{"Statement": []int{1}})); lists {
		t.Error("nothing has no lists in common with anything")
	}
}

// TestHostilePlan shows what an intruder may have chosen: nothing on it is obeyed, and no line is longer than the terminal but
// one word of a command, which would be two words if it were broken.
func TestHostilePlan(t *testing.T) {
	hostile := "\x1b[2J" + strings.Repeat("x", 100) + "\u202egood"
	p := &page{}
	p.hardeningStep(harden.Step{Number: 1, Call: trail.OpPutBucketPolicy, Region: hostile, Resource: "arn:aws:s3:::" + hostile, Undo: "aws '" + hostile + "'",
		Changes: []harden.Change{{Field: "bucket.policy", Member: hostile, From: trail.Document(`{}`), To: map[string]string{hostile: hostile}}}, Cost: "nothing"})
	p.hardeningLeft([]harden.Left{{Check: "ct-kms", Resource: "arn:aws:s3:::" + hostile, Detail: hostile, Why: "because"}})
	for line := range strings.Lines(p.String()) {
		if strings.ContainsAny(line, "\x1b\u202e") {
			t.Errorf("%q", line)
		}
		if n := utf8.RuneCountInString(line) - 1; n > width && !strings.HasPrefix(line, "1 ") && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}
