package lab

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// listQuery is what the list operations have in common.
type listQuery struct {
	prefix, delimiter string
	limit             int
	encode            bool // keys are URL-encoded in the answer
}

func (c *call) listQuery() (listQuery, error) {
	query := c.request.URL.Query()
	q := listQuery{prefix: query.Get("prefix"), delimiter: query.Get("delimiter"), limit: maxListed, encode: query.Get("encoding-type") == "url"}
	if text := query.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return q, errorf("InvalidArgument", "Provided max-keys not an integer or within integer range")
		}
		q.limit = min(n, maxListed)
	}
	return q, nil
}

// text is a key as the answer shows it.
func (q listQuery) text(key string) string {
	if !q.encode {
		return key
	}
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(key), "+", "%20"), "%2F", "/")
}

// group is the common prefix that a key is rolled up into, empty if it stands for itself.
func (q listQuery) group(key string) string {
	if q.delimiter == "" {
		return ""
	}
	rest := key[len(q.prefix):]
	if i := strings.Index(rest, q.delimiter); i >= 0 {
		return q.prefix + rest[:i+len(q.delimiter)]
	}
	return ""
}

type commonPrefix struct{ Prefix string }

// page is a page of keys and common prefixes.
type page struct {
	keys     []string
	prefixes []commonPrefix
	next     string // the last key or common prefix, when something follows
}

// cut selects the page after a key or common prefix out of sorted keys.
func (q listQuery) cut(keys []string, after string) page {
	var p page
	count, last := 0, ""
	for _, key := range keys {
		group := ""
		if strings.HasPrefix(key, q.prefix) {
			group = q.group(key)
		}
		if !strings.HasPrefix(key, q.prefix) || key <= after || group != "" && (group == after || group == last) {
			continue
		}
		if count == q.limit {
			if count > 0 {
				p.next = last
			}
			break
		}
		count++
		last = key
		if group == "" {
			p.keys = append(p.keys, key)
			continue
		}
		last = group
		p.prefixes = append(p.prefixes, commonPrefix{q.text(group)})
	}
	return p
}

// listedObject is an object in lists.
type listedObject struct {
	Key, LastModified, ETag string
	ChecksumAlgorithm       []string `xml:",omitempty"`
	Size                    int
	StorageClass            string
	Owner                   *s3Owner `xml:",omitempty"`
}

func (o *object) listed(q listQuery, owner *s3Owner) listedObject {
	class := o.header.Get("X-Amz-Storage-Class")
	if class == "" {
		class = "STANDARD"
	}
	return listedObject{Key: q.text(o.key), LastModified: s3Time(o.modified), ETag: o.etag, Size: len(o.body), StorageClass: class, Owner: owner}
}

// currentKeys are the keys of all objects that are not deleted, sorted.
func (b *bucket) currentKeys() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(b.objects)), func(key string) bool { return b.current(key) == nil })
}

// listAnswer is the answer of both versions of ListObjects.
type listAnswer struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name, Prefix          string
	Delimiter             string `xml:",omitempty"`
	MaxKeys               int
	EncodingType          string `xml:",omitempty"`
	KeyCount              *int   `xml:",omitempty"`
	IsTruncated           bool
	Marker                string `xml:",omitempty"`
	NextMarker            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	Contents              []listedObject
	CommonPrefixes        []commonPrefix
}

// answer fills in what both versions share.
func (q listQuery) answer(b *bucket, p page, owner *s3Owner) listAnswer {
	a := listAnswer{
		Name: b.name, Prefix: q.text(q.prefix), Delimiter: q.text(q.delimiter), MaxKeys: q.limit, IsTruncated: p.next != "",
		CommonPrefixes: p.prefixes,
	}
	if q.encode {
		a.EncodingType = "url"
	}
	for _, key := range p.keys {
		a.Contents = append(a.Contents, b.current(key).listed(q, owner))
	}
	return a
}

func listObjects(c *call, b *bucket) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	marker := c.request.URL.Query().Get("marker")
	p := q.cut(b.currentKeys(), marker)
	owner := ownerOf(b.owner)
	a := q.answer(b, p, &owner)
	a.Marker = q.text(marker)
	if q.delimiter != "" {
		a.NextMarker = q.text(p.next)
	}
	return a, nil
}

func listObjectsV2(c *call, b *bucket) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	query := c.request.URL.Query()
	after, token := query.Get("start-after"), query.Get("continuation-token")
	if token != "" {
		last, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return nil, errorf("InvalidArgument", "The continuation token provided is incorrect")
		}
		after = string(last)
	}
	p := q.cut(b.currentKeys(), after)
	var owner *s3Owner
	if query.Get("fetch-owner") == "true" {
		shown := ownerOf(b.owner)
		owner = &shown
	}
	a := q.answer(b, p, owner)
	count := len(p.keys) + len(p.prefixes)
	a.KeyCount, a.ContinuationToken, a.StartAfter = &count, token, q.text(query.Get("start-after"))
	if p.next != "" {
		a.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(p.next))
	}
	return a, nil
}
