package hunt

import (
	"fmt"
	"strings"

	"github.com/trailhold/trailhold/internal/sigma"
)

// item takes an object apart that may be a record or wrap some. The scanner's record is the object's.
func (s *scanner) item(raw []byte, at int) {
	if s.to.isRecord(s.rec) {
		s.to.count(s.rec)
		s.to.take(s.rec, raw, s.place(at))
		return
	}
	if isDigest(s.rec) {
		s.digest = true
		return
	}
	if !s.wrapped(raw, at) {
		s.foreign++
	}
}

// isRecord tells CloudTrail's records from those of S3's notifications and others, whose event sources are no hosts.
func (w *worker) isRecord(r *sigma.Record) bool {
	source, name := w.hunt.fields[eventSource].In(r), w.hunt.fields[eventName].In(r)
	return source.Kind() == sigma.String && name.Kind() == sigma.String && !strings.HasPrefix(source.Text(), "aws:")
}

func isDigest(r *sigma.Record) bool {
	return r.Field("digestS3Object").Kind() == sigma.String && r.Field("digestStartTime").Kind() == sigma.String
}

// strings are the keys of strings that hold documents.
var texts = map[string]bool{"CloudTrailEvent": true, "Message": true, "message": true, "Body": true, "body": true}

// wrapped takes records out of what wraps them. It returns false if it knows no wrapping of this kind.
func (s *scanner) wrapped(raw []byte, at int) (known bool) {
	var inner [][]byte
	eachMember(raw, skipSpace(raw, 0), func(key string, value int) bool {
		if end := skip(raw, value); end >= 0 && len(inner) < maxDepth {
			v := raw[value:end]
			if key == "detail" && v[0] == '{' || lists[key] && v[0] == '[' || texts[key] && v[0] == '"' {
				inner = append(inner, v)
			}
		}
		return true
	})
	for _, v := range inner {
		if v[0] == '"' {
			known = s.inside(v, at) || known
		} else {
			known = s.document(v, s.place(at)) || known
		}
	}
	return known
}

// inside reads the document in a string. It returns false if there is none.
func (s *scanner) inside(quoted []byte, at int) bool {
	if quoted[0] != '"' || len(quoted) < len(`"{}"`) {
		return false
	}
	content := []byte(text(quoted))
	if i := skipSpace(content, 0); i == len(content) || content[i] != '{' && content[i] != '[' {
		return false
	}
	return s.document(content, s.place(at))
}

// document reads a document that another one holds, found at a place of the file. It returns false if there is neither a
// record in it nor damage.
func (s *scanner) document(data []byte, where int64) bool {
	if s.depth == maxDepth {
		s.to.damage(where, fmt.Sprintf("more than %d documents inside one another", maxDepth))
		return true
	}
	before := s.to.records + s.to.malformed
	inner := scanner{window: &window{data: data}, to: &taker{s.to.worker, where}, rec: &sigma.Record{}, depth: s.depth + 1}
	inner.scan()
	s.foreign += inner.foreign
	s.digest = s.digest || inner.digest
	return s.to.records+s.to.malformed > before || inner.foreign > 0 || inner.digest
}
