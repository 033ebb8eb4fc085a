package posture

import (
	"slices"

	"github.com/trailhold/trailhold/internal/policy"
	"github.com/trailhold/trailhold/internal/trail"
)

// controlsOf are the resource control policies that limit what an account owns: by level, and none for an account that they do not
// bind. An account that was not read, or that may not read them, is not known.
func (s scope) controlsOf(account string) (levels [][]policy.Document, known bool) {
	n := slices.IndexFunc(s.inv.Accounts, func(a Account) bool { return a.ID == account && a.Failure == "" })
	if n < 0 {
		return nil, false
	}
	o, in := s.inv.Accounts[n].Organization.Get()
	if !in || o.ManagementAccount == account {
		return nil, in || s.inv.Accounts[n].Organization.Knowledge() == trail.Absent
	}
	controls, known := o.ResourceControls.Get()
	for _, level := range controls {
		documents := []policy.Document{}
		for _, p := range level {
			documents = append(documents, p.Document)
		}
		levels = append(levels, documents)
	}
	return levels, known
}

// uncontrolled is the verdict on resource control policies that could not be read, which is usual: only the management account and
// its delegates see them. That log files have come lately shows that these let CloudTrail in.
func (s scope) uncontrolled(read bool, t trail.State) verdict {
	status, known := t.Status.Get()
	if read || known && status.LatestDeliveryError == "" && !status.LatestDeliveryTime.IsZero() && s.now().Sub(status.LatestDeliveryTime) <= lately {
		return pass("no resource control policy keeps CloudTrail out")
	}
	return unknown("whether a resource control policy keeps CloudTrail out is not known: those of the owner's account were not read, and no log file has come lately")
}
