package cli

import (
	"strings"

	"github.com/trailhold/trailhold/internal/shell"
)

// maxCommand is how many characters of a command are shown. Policies and names are bounded by AWS.
const maxCommand = 16000

// command shows commands as they are to be typed, in lines that a shell takes for one, but for what does not show by itself: a
// name may have the end of a line in it.
func (p *page) command(first, text string) {
	if runes := []rune(text); len(runes) > maxCommand {
		text = string(runes[:maxCommand]) + "…"
	}
	for _, line := range shell.Lines(text) {
		line = strings.ReplaceAll(escapeHidden(line), "\n", `\u000a`)
		for _, part := range shell.Fold(line, width-len(first)) {
			p.linef("%s%s", first, part)
			first = strings.Repeat(" ", len(first))
		}
	}
}
