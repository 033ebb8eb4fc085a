// Package digest proves that the log files which CloudTrail delivered are whole, by the digest files that it delivers
// every hour: each digest lists the hashes of an hour's logs, names the digest before it with its hash and signature, and
// is signed with a key of CloudTrail.
//
// The package is pure: objects and keys come through Store and Keys, the time is an argument. Three rules hold
// everywhere. What could not be read is unknown, never valid and never tampered with. A security failure is a value of its
// own (SecurityError, Problem) that carries its evidence, apart from a failure to read (FetchError). And everything an
// object can say is hostile until its signature has been checked.
package digest
