// Package gunzip inflates gzip files that are in memory as a whole, fast, which is where reading CloudTrail's log files
// spends most of its time.
//
// A file is decoded in one piece into a buffer that the caller uses again for the next. That makes it fast: matches are
// copied within the output itself, without a window, and the decoding loop knows from afar that it cannot reach the end of
// input or output. It also costs memory: all of the output at once, up to the caller's limit. There is no streaming form;
// above LargeFile use compress/gzip.
//
// The package accepts exactly what compress/gzip accepts (tests compare them). Unlike it, it says where the damage is, keeps
// what could be decoded before it, and tells apart a second member, padding and foreign bytes behind the first, which a reader
// of evidence must see. It needs neither unsafe nor assembly.
//
// # Figures
//
// MB of output per second on one core (Xeon at 2.6 GHz, Go 1.26.8, amd64) for 300 kB, 5 MB and 50 MB of the log that the
// benchmark generates, which gzip -6 compresses 8 times; best of several runs:
//
//	                            300 kB    5 MB   50 MB
//	this package                  2330    1930    1920
//	klauspost/compress v1.20.3     960     945     760
//	compress/gzip                  760     750     650
//	zcat (gzip)                                    360
//
// Entries for pairs of literals are worth a seventh of it. First-level tables of 10 or 11 bits for literals and lengths, and
// of 8 or 9 for distances, make no difference that can be measured. To measure again:
//
//	go test ./internal/gunzip -run '^$' -bench . -count 5
//	TRAILHOLD_LOG=log.json go test ./internal/gunzip -run WriteLog
//	gzip -6 internal/gunzip/log.json && time zcat internal/gunzip/log.json.gz >/dev/null
package gunzip

// LargeFile is the compressed size in bytes from which on a file is better streamed through compress/gzip. It is a matter of
// memory: the output of such a log file takes 60 to 160 MB. Speed does not suffer: 50 MB of output decode as
// fast as 5 MB.
const LargeFile = 8 << 20
