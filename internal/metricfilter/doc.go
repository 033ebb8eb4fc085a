// Package metricfilter reads the filter patterns of CloudWatch Logs and says which CloudTrail records they match.
//
// It answers two questions. Does this pattern match this record ([Filter.Match])? And does it do what a control of the
// CIS AWS Foundations Benchmark asks for ([Check])? The second is answered by what the pattern does and not by how it is
// written: it has to match a set of records, whatever their fields say that have nothing to do with the control. A filter
// that is reordered, quoted or put in parentheses differently passes, and one to which "&& ($.userIdentity.userName !=
// …)" was added fails.
//
// The rules are those of "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live
// Tail" in the CloudWatch Logs User Guide. Where the guide is silent, or its editions contradict each other, the answer is
// [Maybe], never a guess: an asterisk within a text, != on a field that is not there, a comparison with true or false.
package metricfilter
