package lab

import (
	"encoding/xml"
	"maps"
	"slices"
	"strings"
)

// listedVersion is a version or delete marker in lists.
type listedVersion struct {
	Key, VersionId string
	IsLatest       bool
	LastModified   string
	ETag           string `xml:",omitempty"`
	Size           *int   `xml:",omitempty"`
	StorageClass   string `xml:",omitempty"`
	Owner          s3Owner
}

type versionsAnswer struct {
	XMLName             xml.Name `xml:"ListVersionsResult"`
	Name, Prefix        string
	KeyMarker           string
	VersionIdMarker     string
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIdMarker string `xml:",omitempty"`
	Delimiter           string `xml:",omitempty"`
	MaxKeys             int
	EncodingType        string `xml:",omitempty"`
	IsTruncated         bool
	Versions            []listedVersion `xml:"Version"`
	Markers             []listedVersion `xml:"DeleteMarker"`
	CommonPrefixes      []commonPrefix
}

// listObjectVersions lists all versions by key, and of one key the newest first. The markers name the last entry of the
// page before.
func listObjectVersions(c *call, b *bucket) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	query := c.request.URL.Query()
	keyMarker, idMarker := query.Get("key-marker"), query.Get("version-id-marker")
	a := versionsAnswer{
		Name: b.name, Prefix: q.text(q.prefix), KeyMarker: q.text(keyMarker), VersionIdMarker: idMarker,
		Delimiter: q.text(q.delimiter), MaxKeys: q.limit,
	}
	if q.encode {
		a.EncodingType = "url"
	}
	count, lastKey, lastID := 0, "", ""
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if !strings.HasPrefix(key, q.prefix) || key < keyMarker {
			continue
		}
		group := q.group(key)
		if group != "" && (group == lastKey || group == keyMarker) {
			continue
		}
		for i, o := range b.after(key, keyMarker, idMarker) {
			if count == q.limit {
				if count > 0 {
					a.IsTruncated, a.NextKeyMarker, a.NextVersionIdMarker = true, q.text(lastKey), lastID
				}
				return a, nil
			}
			count++
			if group != "" {
				a.CommonPrefixes = append(a.CommonPrefixes, commonPrefix{q.text(group)})
				lastKey, lastID = group, ""
				break
			}
			lastKey, lastID = key, o.version
			a.add(q, b, o, i == 0 && o == b.objects[key][0])
		}
	}
	return a, nil
}

// after returns the versions of a key that follow the markers.
func (b *bucket) after(key, keyMarker, idMarker string) []*object {
	versions := b.objects[key]
	if key != keyMarker {
		return versions
	}
	i := slices.IndexFunc(versions, func(o *object) bool { return o.version == idMarker })
	if i < 0 {
		return nil
	}
	return versions[i+1:]
}

func (a *versionsAnswer) add(q listQuery, b *bucket, o *object, latest bool) {
	shown := listedVersion{Key: q.text(o.key), VersionId: o.version, IsLatest: latest, LastModified: s3Time(o.modified), Owner: ownerOf(b.owner)}
	if o.marker {
		a.Markers = append(a.Markers, shown)
		return
	}
	size := len(o.body)
	shown.ETag, shown.Size, shown.StorageClass = o.etag, &size, o.listed(q, nil).StorageClass
	a.Versions = append(a.Versions, shown)
}
