// Package export says in other query languages what Sigma rules say: SQL for Amazon Athena and CloudTrail Lake, and
// OpenSearch's query language. It is for logs that are already where such an engine reads them.
//
// What is exported finds the records that the rule itself finds. Where an engine, or the table that it reads, doesn't
// keep what a rule asks about, the answer is an error with the rule's place and the reason, never a query that finds
// something similar.
//
// # What is assumed
//
// Records are as CloudTrail writes them: fields of the top level have the types that the record reference gives them, and
// arrays stand at most two deep within one another. Text of objects that is looked at as a whole, and of numbers
// with a fraction or an exponent, is as the engine writes them. The SQL is Trino's, which Athena's engine version 3 and
// CloudTrail Lake both speak.
//
// [Athena] reads the table that the Athena user guide defines ("Create a table for CloudTrail logs in Athena using partition
// projection"). Its columns can't tell null from missing, and have no place for some fields. [Lake] reads the columns that
// have a type, and eventjson, which has the whole record, for everything else: the maps of CloudTrail Lake keep nested
// values as text of no documented form.
//
// [OpenSearch] says which mapping it needs.
package export
