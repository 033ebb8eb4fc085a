// Package privilege says which permissions Trailhold needs, and why.
//
// [Table] has a row for each call that the code can make: the actions of IAM that AWS checks for it, on which resources,
// and what in a baseline calls for it. From the table and a baseline, [Statements] makes the identity policy of one of two
// roles: [Read] observes and changes nothing; [Restore] observes too, and writes back what the baseline lets it.
// [Template] makes the same of placeholders, for templates that are written before there is a baseline.
//
// Which resources an action can be limited to is taken from the Service Authorization Reference,
// https://docs.aws.amazon.com/service-authorization/latest/reference/. Tests derive the calls from the source of
// internal/awscloud and hold them to the table, and let a guard that has exactly these permissions live through every attack of
// the drill.
package privilege
