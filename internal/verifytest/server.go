// Package verifytest serves buckets of digesttest as AWS would, so that the real command, and the AWS CLI's own, can be
// run against the same chains over a socket.
package verifytest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/digest/digesttest"
)

// Trail is what DescribeTrails and GetTrail tell of the one trail there is.
type Trail struct {
	Name, TrailARN, HomeRegion, S3BucketName, S3KeyPrefix string
	IsMultiRegionTrail, IsOrganizationTrail               bool
	LogFileValidationEnabled                              bool
}

// Server answers what a verification asks of S3 and CloudTrail.
type Server struct {
	World   *digesttest.World
	Trail   Trail
	Status  map[string]any // of the trail, as GetTrailStatus answers; nil: it is denied
	Latency time.Duration  // before each answer

	changing sync.RWMutex
}

// Change runs change while no request is being answered.
func (s *Server) Change(change func()) {
	s.changing.Lock()
	defer s.changing.Unlock()
	change()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Latency > 0 {
		timer := time.NewTimer(s.Latency)
		defer timer.Stop()
		<-timer.C
	}
	s.changing.RLock()
	defer s.changing.RUnlock()
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		s.cloudtrail(w, r, target[strings.LastIndexByte(target, '.')+1:])
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Query().Has("location"):
		reply(w, xml.Header+"<LocationConstraint></LocationConstraint>")
	case key == "":
		s.list(w, r, bucket)
	default:
		s.get(w, bucket, key)
	}
}

func reply(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/xml")
	_, _ = io.WriteString(w, text) // a client that hung up is no concern of ours
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	reply(w, xml.Header+"<Error><Code>"+code+"</Code><Message>"+code+"</Message></Error>")
}

// faults are S3's answers to reads that fail.
var faults = map[digest.FetchKind]struct {
	status int
	code   string
}{
	digest.NotFound: {404, "NoSuchKey"}, digest.Denied: {403, "AccessDenied"}, digest.Archived: {403, "InvalidObjectState"},
	digest.KMS: {400, "KMS.DisabledException"}, digest.Throttled: {503, "SlowDown"}, digest.Other: {400, "InvalidRequest"},
}

func (s *Server) get(w http.ResponseWriter, bucket, key string) {
	o := s.World.Object(bucket, key)
	if o == nil {
		refuse(w, 404, "NoSuchKey")
		return
	}
	if o.Fault != "" {
		refuse(w, faults[o.Fault].status, faults[o.Fault].code)
		return
	}
	for name, value := range o.Metadata {
		w.Header()["x-amz-meta-"+name] = []string{value} // in S3's own spelling: the AWS CLI looks for lower case
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", `"`+strconv.Itoa(len(o.Body))+`"`)
	w.Header().Set("Last-Modified", o.LastModified.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(o.Body)))
	_, _ = w.Write(o.Body)
}

type listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	IsTruncated           bool
	NextMarker            string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
	CommonPrefixes        []common
}

type (
	listed struct {
		Key          string
		LastModified string
		ETag         string
		Size         int
		StorageClass string
	}
	common struct{ Prefix string }
)

// page is how many entries a listing's answer has.
const page = 1000

// list answers both versions of ListObjects.
func (s *Server) list(w http.ResponseWriter, r *http.Request, bucket string) {
	q := r.URL.Query()
	prefix, delimiter := q.Get("prefix"), q.Get("delimiter")
	after := max(q.Get("start-after"), q.Get("marker"), q.Get("continuation-token"))
	names := s.World.Names(bucket)
	if names == nil {
		refuse(w, 404, "NoSuchBucket")
		return
	}
	var out listing
	i, _ := slices.BinarySearch(names, max(prefix, after))
	for ; i < len(names) && (strings.HasPrefix(names[i], prefix) || names[i] < prefix); i++ {
		name := names[i]
		if name <= after || delimiter != "" && after != "" && strings.HasSuffix(after, delimiter) && strings.HasPrefix(name, after) {
			continue
		}
		if len(out.Contents)+len(out.CommonPrefixes) == page {
			out.IsTruncated = true
			break
		}
		if folder, _, below := strings.Cut(name[len(prefix):], delimiter); delimiter != "" && below {
			out.CommonPrefixes = append(out.CommonPrefixes, common{prefix + folder + delimiter})
			i, _ = slices.BinarySearch(names, prefix+folder+delimiter+"\xff")
			i--
			after = prefix + folder + delimiter
			continue
		}
		o := s.World.Object(bucket, name)
		out.Contents = append(out.Contents, listed{name, o.LastModified.UTC().Format("2006-01-02T15:04:05.000Z"), `"x"`, len(o.Body), "STANDARD"})
		after = name
	}
	if out.IsTruncated {
		out.NextMarker, out.NextContinuationToken = after, after
	}
	text, err := xml.Marshal(out)
	if err != nil {
		refuse(w, 500, "InternalError")
		return
	}
	reply(w, xml.Header+string(text))
}

// cloudtrail answers the operations that a verification uses.
func (s *Server) cloudtrail(w http.ResponseWriter, r *http.Request, operation string) {
	var in struct{ StartTime, EndTime float64 }
	body, err := io.ReadAll(r.Body)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &in)
	}
	var out any
	switch {
	case err != nil:
	case operation == "ListPublicKeys":
		out, err = s.keys(r, time.Unix(int64(in.StartTime), 0), time.Unix(int64(in.EndTime), 0))
	case operation == "DescribeTrails":
		out = map[string]any{"trailList": []Trail{s.Trail}}
	case operation == "GetTrail":
		out = map[string]any{"Trail": s.Trail}
	case operation == "GetTrailStatus" && s.Status != nil:
		out = s.Status
	case operation == "LookupEvents":
		out = map[string]any{"Events": []any{}}
	default:
		err = fmt.Errorf("%s is not served", operation)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]string{"__type": "AccessDeniedException", "message": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (s *Server) keys(r *http.Request, from, to time.Time) (any, error) {
	found, err := s.World.Keys(r.Context(), regionOf(r), from, to)
	list := []any{}
	for _, k := range found {
		list = append(list, map[string]any{
			"Fingerprint": k.Fingerprint, "Value": k.Value,
			"ValidityStartTime": k.From.Unix(), "ValidityEndTime": k.To.Unix(),
		})
	}
	return map[string]any{"PublicKeyList": list}, err
}

// regionOf is the region that a request was signed for.
func regionOf(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if parts := strings.Split(scope, "/"); len(parts) > 2 {
		return parts[2]
	}
	return ""
}

// Environment makes any AWS client use a server.
func Environment(endpoint string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_REGION": "us-east-1",
		"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_PAGER": "",
	}
}
