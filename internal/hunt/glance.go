package hunt

import (
	"bytes"
	"hash/maphash"
)

// What follows counts the records of a log file as CloudTrail writes it, and notes where and when they are from, without
// parsing: each record has one eventTime, and CloudTrail writes the source, the name and the region of the event
// directly behind it.

const (
	timeKey     = `"eventTime":"`
	timeRare    = len(`"event`) // the T, which is rarer than the others
	sourceKey   = `","eventSource":"`
	nameKey     = `","eventName":"`
	regionKey   = `","awsRegion":"`
	timeLength  = len("2026-03-01T10:00:00Z")
	maxHeader   = 600 // bytes between an event's time and its region
	maxResponse = 8 << 10
)

// find returns where an eventTime begins at or after i, or len(data).
func findTime(data []byte, i int) int {
	for i += timeRare; i < len(data); i++ {
		next := bytes.IndexByte(data[i:], timeKey[timeRare])
		if next < 0 {
			break
		}
		i += next
		if at := i - timeRare; at+len(timeKey) <= len(data) && string(data[at:at+len(timeKey)]) == timeKey {
			return at
		}
	}
	return len(data)
}

// glance counts the records in data.
func (w *worker) glance(data []byte) {
	for at := findTime(data, 0); at < len(data); {
		next := findTime(data, at+len(timeKey))
		w.glanceAt(data[at:next])
		at = next
	}
}

// glanceAt looks at what follows an eventTime.
func (w *worker) glanceAt(data []byte) {
	w.counted()
	rest := data[len(timeKey):]
	if len(rest) < timeLength {
		return
	}
	when := rest[:timeLength]
	source, rest, ok := between(rest[timeLength:], sourceKey)
	if ok {
		_, rest, ok = between(rest, nameKey)
	}
	var region []byte
	if ok {
		region, rest, ok = between(rest, regionKey)
	}
	if !ok {
		header := data[:min(len(data), maxHeader)]
		_, region, ok = bytes.Cut(header, []byte(regionKey[2:]))
		if end := bytes.IndexByte(region, '"'); ok && end >= 0 {
			w.saw(when, region[:end])
		}
		return
	}
	w.saw(when, region)
	if string(source) == tokenService {
		w.issuedIn(rest[:min(len(rest), maxResponse)])
	}
}

// between takes what stands between a key and the next quotation mark.
func between(data []byte, key string) (value, rest []byte, ok bool) {
	if len(data) < len(key) || string(data[:len(key)]) != key {
		return nil, nil, false
	}
	data = data[len(key):]
	end := bytes.IndexByte(data, '"')
	if end < 0 {
		return nil, nil, false
	}
	return data[:end], data[end:], true
}

const (
	tokenService   = "sts.amazonaws.com"
	credentialsKey = `"credentials":{`
	accessKeyKey   = `"accessKeyId":"`
)

// issuedIn notes the access key that a response hands out.
func (w *worker) issuedIn(data []byte) {
	at := bytes.Index(data, []byte(credentialsKey))
	if at < 0 {
		return
	}
	data = data[at+len(credentialsKey):]
	if at = bytes.Index(data, []byte(accessKeyKey)); at < 0 {
		return
	}
	data = data[at+len(accessKeyKey):]
	if end := bytes.IndexByte(data, '"'); end >= 0 {
		w.batch.issued = append(w.batch.issued, w.hunt.keyHash(data[:end]))
	}
}

// keyHash stands for an access key where very many have to be remembered.
func (h *hunter) keyHash(key []byte) uint64 { return maphash.Bytes(h.seed, key) }
