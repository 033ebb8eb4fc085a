// Package hunt reads CloudTrail's log files, however many there are, and finds what Sigma rules look for in them, and
// what became of trails: from the logs alone, without any account.
//
// # From files to findings
//
// A [Source] lists files: a directory, a zip archive, a bucket, the standard input. As many workers as there are
// processors take them in order. Each reads a file, inflates it into a buffer that it uses again for the next, lets
// the rules' plan look for the few places that matter, and reads only the records up to those. One goroutine takes the
// results in the order of the files, so that the same files always lead to the same output. It folds duplicates, collects
// what the timeline needs and hands on each [Finding]. Nothing else is kept: memory does not grow with the logs.
//
// # What is read
//
// gzip (any number of members), zip and plain text are told apart by their first bytes, not by their names. In them may
// be {"Records": […]} of any layout, one record to a line, arrays of records, EventBridge events as archives and targets
// hold them, what "aws cloudtrail lookup-events" prints, and messages with any of these in a string. Digest files and
// files of other services are recognised, counted and left alone.
//
// What is damaged is reported with its file and place, and what comes after it is read, as far as a record can be
// recognised: by all the fields that every record has, at the beginning of an object that is not within another one that
// could be read.
//
// # What is not looked at
//
// A file that is laid out as CloudTrail writes it, whose gzip checksum is right, and which the plan finds nothing of
// interest in, is not parsed. Its records are counted by their eventTime, and its JSON is not checked. That makes
// hunting several times faster than reading everything; what rules match is the same (tests compare).
package hunt
