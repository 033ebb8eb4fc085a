package verifyjob

import (
	"testing"

	"github.com/trailhold/trailhold/internal/digest"
)

func TestEveryKindHasWords(t *testing.T) {
	for _, info := range digest.Kinds() {
		if w := words[info.Kind]; w[0] == "" || w[1] == "" {
			t.Errorf("%s has no words", info.Kind)
		}
	}
	if len(words) != len(digest.Kinds()) {
		t.Errorf("%d kinds have words, of %d", len(words), len(digest.Kinds()))
	}
	got := summary([]digest.Problem{{Kind: digest.ChainGap}, {Kind: digest.LogMissing}, {Kind: digest.ChainGap}})
	if want := "1 log missing, 2 gaps in a digest chain"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
