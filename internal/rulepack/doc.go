// Package rulepack holds Trailhold's own Sigma rules, reads others', and says what rules claim beyond Sigma.
//
// # The pack
//
// The rules are the YAML files below the folder rules, one rule each, compiled into the program. Every technique of package
// tamper that records can show has at least one rule, which names it; a test holds the two to each other: severity,
// ATT&CK ids, event sources and event names. Rules for the audit services beside CloudTrail (GuardDuty, Config, Security
// Hub and others) follow a table of event names in testdata.
//
// # What a rule says beyond Sigma
//
// Everything of ours stands under the key trailhold, which other tools ignore:
//
//	trailhold:
//	    tier: '1'
//	    techniques: [stop-logging]
//	    scope: attempt
//	    matches:
//	        - {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging, errorCode: AccessDenied}
//	    ignores:
//	        - {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging}
//
// [Tier] says what the rule is about. Techniques are ids of package tamper. [Scope] says how the rule's level relates to theirs. Matches and ignores are
// example records, run by [Test]: those that the rule has to match, and those that it must not. What an example does not say is
// as in [plainRecord]. An example of a correlation is a list of records in the order of their times.
//
// # Names
//
// A record does not say whether a bucket holds a trail's logs. Rules about what trails and the guard rest on go by names, for
// which the placeholders of [Placeholders] stand. Whoever knows the real names can give those instead.
package rulepack
