package sigma

import "go.yaml.in/yaml/v4"

// Documents returns a rule file's documents as YAML, aliases resolved, for whoever keeps something of its own beside a
// rule. What can't be read is left out: [Parse] says why. A rule's Position is that of its document.
func Documents(data []byte) []*yaml.Node { return (&problems{}).documents(data) }
