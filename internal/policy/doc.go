// Package policy reads IAM policy documents and says what they let a principal do.
//
// It answers three questions. Do two policy texts mean the same ([Equal])? May this principal do this to that
// ([Document.Evaluate] for one document, [Set.Evaluate] for all that bear on a request)? And does CloudTrail still reach
// the bucket, key and topic of a trail ([Delivery])?
//
// The rules are those of the IAM User Guide: the JSON policy elements, the condition operators, the policy variables
// and the evaluation logic within an account and across accounts. Where the guide is silent or contradicts itself, and
// where a policy asks for something about a request that nobody told us, the answer is [Maybe], never a guess.
package policy
