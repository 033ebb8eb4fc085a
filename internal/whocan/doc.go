// Package whocan says who can impair the trails: which principals of an account can perform which technique, by which
// statement of which policy, who could give themselves the right, and what stands against it.
//
// It asks the policies of an account, as [Account] has them, for the calls that the table of techniques names, on the
// guarded resources themselves. The answer is yes, no or maybe; maybe where a condition depends on what nobody knows
// before the call is made, such as where it comes from, or where a policy could not be read. What it did not look at, the
// report says: it is no proof that nobody else can.
package whocan
