package channel

import "github.com/trailhold/trailhold/internal/notify"

// Link leads a reader on.
type Link = notify.Link

// Linker makes a message's links.
type Linker = notify.Linker
