// Package sigma parses Sigma rules, compiles them and matches CloudTrail records with them. It follows version 2.1 of the
// specification (https://github.com/SigmaHQ/sigma-specification); where that leaves a choice, this page says which one
// was made.
//
// # From file to finding
//
// [Parse] reads a file, [Link] resolves what files say of each other, [Compile] makes a [Plan] of rules, [Record.Read]
// takes one record out of a log file's bytes, [Plan.Match] decides about it, and a [Correlator] finds what several records
// mean together. A rule that can't be run as its author meant it is an error with file, line and column, never skipped;
// metadata that is not known is ignored. [Lint] adds doubts.
//
// All rules of the public set (https://github.com/SigmaHQ/sigma, as of August 2026) parse, compile and match: 4048 rules
// in 4035 files, 67 of them for CloudTrail. Four more files, in its folder of unsupported rules, have a condition in
// English prose and are refused.
//
// # Conditions and selections
//
// A map is an "and" of its fields, a list an "or" of its values; the modifier all makes it an "and". Lists of maps and
// lists of keywords are an "or". In conditions not binds closest, then and, then or; "1 of x*", "3 of x*", "any of x*",
// "all of x*" and "of them" count search identifiers, them leaving out names that begin with an underscore. Of a list
// of conditions one has to hold.
//
// # Paths
//
// A path such as userIdentity.sessionContext.sessionIssuer.type leads through objects; names are case-sensitive. A key
// may itself contain dots: every way to split the path is followed. Arrays need no mark: a path leads through all
// members, and one member that fits is enough, for each value of a list anew. An empty array exists, but nothing equals
// it. Three cases are kept apart:
//
//	                missing   null   ""   []   object
//	field: null       yes      yes   no   no     no
//	field: ''         no       no    yes  no     no
//	field: '*'        no       no    yes  no     yes
//	exists: true      no       yes   yes  yes    yes
//	neq: x            yes      yes   yes  yes    yes
//
// The modifier neq is the negation of the same item without it, and so also holds for a field that is missing.
//
// # Values
//
// Text is compared without regard to case, in all of Unicode, but no letter outside of ASCII equals one within. * is any
// number of characters, ? exactly one. A backslash before *, ? or a backslash takes away its meaning, and is itself
// before anything else. The text of a number is how the record writes it; a value that is a number equals it however
// either is written ('443', 443, 443.0), and true equals "true". The text of an object is its compact JSON with sorted
// keys, so that requestParameters|contains: '"force":true' does not depend on white space or order. A keyword has to
// occur in the compact JSON of the whole record or in the text of any value in it.
//
// # Modifiers
//
// contains, startswith, endswith, all, cased and neq do what their names say. re is RE2's syntax, found anywhere,
// case-sensitive unless with i; m and s are the other flags. Look-around and back-references are an error: no public
// rule uses them, and time stays bounded without them. cidr takes IPv4 and IPv6. exists takes true or false. fieldref
// compares with another field, literally. lt, lte, gt, gte compare numbers, also those that a record writes as text.
// minute, hour, day, week (of ISO 8601), month and year take a number of a time as it is written (CloudTrail writes
// UTC). base64 and base64offset encode the value, after wide, utf16le, utf16be or utf16 if they stand before. windash
// lets a dash or slash that begins a word be any of them. expand replaces %placeholders%, which have to be given.
//
// # Correlations
//
// Every window as long as the timespan is looked at, not only those that begin on the hour; overlapping windows that
// fulfil a condition are one hit. Records that lack a field to group by take no part; of an array each member is a group
// of its own, and counts for itself where values are counted. A record that is seen twice counts once, and so does one
// that several of the rules match, unless it matters which rules match. Of records with the same time every order counts
// as the right one for temporal_ordered. Aggregations of the old style (selection | count() by x > 5) become
// correlations. [Correlator] says what it keeps in memory.
//
// # Speed
//
// Nearly every rule for CloudTrail names the events that it is about, and nearly every record is some other event. So a
// plan does as little as it can with each record, in three steps:
//
//   - [Plan.Search] looks through any amount of JSON text for the few keys whose values decide, without parsing it. What
//     it passes over matches nothing.
//   - [Record.Read] checks one record's JSON and, in the same walk, notes where those fields stand that it is always asked
//     for, without building anything. The event name leaves those rules that name it, and the few that name none.
//   - Those rules read the fields that they need from the JSON, each field once for all rules, the cheap ones first.
//
// [JSON] is the plain evaluator by which this is measured: a decoded record, and every rule by itself. Tests hold the
// three ways to the same results on random rules and records.
package sigma
