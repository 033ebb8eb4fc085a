package cli

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// version is what the binary knows of its own making.
type version struct {
	Version  string `json:"version"` // the module's, "devel" for a build from a working copy
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"` // of the revision
	Modified bool   `json:"modified"`       // the working copy had changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readVersion() version {
	v := version{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = cmp.Or(strings.Trim(info.Main.Version, "()"), v.Version)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (v version) String() string {
	text := "trailhold " + v.Version
	if v.Revision != "" {
		text += ", revision " + v.Revision + " of " + v.Time
	}
	if v.Modified {
		text += ", modified"
	}
	return text + ", " + v.Go + " " + v.Platform
}

func (a *app) versionCommand() *cobra.Command {
	return uses(&cobra.Command{
		Use:     "version",
		Short:   "Say which trailhold this is",
		Example: "  trailhold version\n  trailhold version --output json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.json() {
				return a.printJSON(readVersion())
			}
			return a.print(readVersion().String() + "\n")
		},
	}, usesOutput)
}
