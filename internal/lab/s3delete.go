package lab

import (
	"encoding/xml"
	"net/http"
)

// removed is the outcome of deleting one object.
type removed struct {
	version string // that was deleted, if one was named
	marker  *object
	created bool // the marker is new
}

// remove deletes a version for good or, without one named, the object as the bucket's versioning has it.
func (b *bucket) remove(c *call, key, version string) (removed, error) {
	if o := b.version(key, version); version != "" && o != nil {
		if err := c.mayRemove(b, o); err != nil {
			return removed{}, err
		}
	}
	if version != "" {
		gone := removed{version: version}
		if o := b.drop(key, version); o != nil && o.marker {
			gone.marker = o
		}
		return gone, nil
	}
	if b.versioning == "" {
		b.drop(key, "null")
		return removed{}, nil
	}
	marker := &object{key: key, marker: true, modified: c.now}
	if err := b.add(c.lab, marker); err != nil {
		return removed{}, err
	}
	return removed{marker: marker, created: true}, nil
}

func deleteObject(c *call, b *bucket) (any, error) {
	_, key := c.s3Path()
	gone, err := b.remove(c, key, c.request.URL.Query().Get("versionId"))
	if err != nil {
		return nil, err
	}
	if gone.version != "" {
		c.header.Set("X-Amz-Version-Id", gone.version)
	}
	if gone.marker != nil {
		c.header.Set("X-Amz-Delete-Marker", "true")
		c.header.Set("X-Amz-Version-Id", gone.marker.version)
	}
	return &raw{status: http.StatusNoContent}, nil
}

func deleteObjects(c *call, b *bucket) (any, error) {
	if err := c.checkBody(); err != nil {
		return nil, err
	}
	var in struct {
		XMLName xml.Name `xml:"Delete"`
		Quiet   bool
		Objects []struct{ Key, VersionId string } `xml:"Object"`
	}
	if err := c.decodeXML(&in); err != nil {
		return nil, err
	}
	if len(in.Objects) == 0 || len(in.Objects) > maxListed {
		return nil, malformedXML()
	}
	type deleted struct {
		Key                   string
		VersionId             string `xml:",omitempty"`
		DeleteMarker          bool   `xml:",omitempty"`
		DeleteMarkerVersionId string `xml:",omitempty"`
	}
	type failed struct {
		Key           string
		VersionId     string `xml:",omitempty"`
		Code, Message string
	}
	answer := struct {
		XMLName xml.Name  `xml:"DeleteResult"`
		Deleted []deleted `xml:"Deleted"`
		Errors  []failed  `xml:"Error"`
	}{}
	for _, o := range in.Objects {
		gone, err := removed{}, c.mayIn(b, "s3:DeleteObject", o.Key, o.VersionId)
		if err == nil {
			gone, err = b.remove(c, o.Key, o.VersionId)
		}
		if err != nil {
			answer.Errors = append(answer.Errors, failed{o.Key, o.VersionId, errorCode(err), err.Error()})
			continue
		}
		if in.Quiet {
			continue
		}
		d := deleted{Key: o.Key, VersionId: gone.version}
		if gone.marker != nil {
			d.DeleteMarker, d.DeleteMarkerVersionId = true, gone.marker.version
		}
		answer.Deleted = append(answer.Deleted, d)
	}
	return answer, nil
}
