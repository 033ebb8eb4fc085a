package incident

import "github.com/trailhold/trailhold/internal/record"

// ActorOf reads who made the recorded call.
func ActorOf(r record.Record) Actor {
	return Actor{
		ARN:             r.Identity.ARN,
		Type:            r.Identity.Type,
		AccountID:       r.Identity.AccountID,
		AccessKeyID:     r.Identity.AccessKeyID,
		SessionIssuer:   r.Identity.SessionIssuer,
		InvokedBy:       r.Identity.InvokedBy,
		MFA:             r.Identity.MFA,
		SourceIPAddress: r.SourceIPAddress,
		UserAgent:       r.UserAgent,
	}
}

// Same says whether two actors are one as far as can be told: the identity counts, not the address it used.
func (a Actor) Same(b Actor) bool {
	return a.ARN == b.ARN && a.AccountID == b.AccountID && a.InvokedBy == b.InvokedBy
}
