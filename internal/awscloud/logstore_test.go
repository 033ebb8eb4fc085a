package awscloud

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/trailhold/trailhold/internal/digest"
	"github.com/trailhold/trailhold/internal/guard"
)

// zipped is a gzip stream of so many bytes that do not compress well.
func zipped(n int) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	noise := rand.New(rand.NewPCG(1, 2))
	for range n {
		_, _ = z.Write([]byte{byte(noise.Uint32())})
	}
	_ = z.Close()
	return out.Bytes()
}

// s3Refusal is an error answer of S3's.
func s3Refusal(status int, code, message string, headers ...string) (*http.Response, error) {
	return answer(status, "<Error><Code>"+code+"</Code><Message>"+message+"</Message></Error>", headers...)
}

func fetch(t *testing.T, s *LogStore) ([]byte, error) {
	t.Helper()
	o, err := s.Get(t.Context(), "logs", "key")
	if err != nil {
		return nil, err
	}
	defer func() { _ = o.Body.Close() }()
	return io.ReadAll(o.Body)
}

// TestObjectsArriveAsStored uses a real transport, which is what would inflate them.
func TestObjectsArriveAsStored(t *testing.T) {
	nothingConfigured(t)
	stored := append(zipped(1000), "trailing"...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Errorf("the request accepts %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("X-Amz-Meta-Signature", "abcd")
		w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 01:02:03 GMT")
		_, _ = w.Write(stored)
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	for name, given := range map[string]*http.Client{"own transport": nil, "given client": {}} {
		c, err := New(t.Context(), Options{Region: "us-east-1", AccessKeyID: "A", SecretAccessKey: "s", HTTPClient: given})
		if err != nil {
			t.Fatal(err)
		}
		o, err := c.LogStore(4).Get(t.Context(), "logs", "a key/+%")
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(o.Body)
		if err != nil || !bytes.Equal(content, stored) || o.Size != int64(len(stored)) {
			t.Errorf("%s: got %d bytes of %d, announced %d, %v", name, len(content), len(stored), o.Size, err)
		}
		if o.Metadata["signature"] != "abcd" || o.LastModified.Format("15:04:05") != "01:02:03" {
			t.Errorf("%s: metadata %v of %v", name, o.Metadata, o.LastModified)
		}
		_ = o.Body.Close()
	}
}

// cutting serves an object whose body breaks off after so many bytes of each answer.
func cutting(stored []byte, cut int, broken func(io.Reader) io.Reader) *wire {
	return &wire{answer: func(r *http.Request, _ string) (*http.Response, error) {
		offset := 0
		if asked := r.Header.Get("Range"); asked != "" {
			_, _ = fmt.Sscanf(asked, "bytes=%d-", &offset)
			if r.Header.Get("If-Match") != `"tag"` {
				return s3Refusal(412, "PreconditionFailed", "which one?")
			}
		}
		rest := stored[offset:]
		a, err := answer(200, "", "Etag", `"tag"`)
		if offset > 0 {
			a.StatusCode = 206
			a.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, len(stored)-1, len(stored)))
		}
		a.ContentLength = int64(len(rest))
		a.Header.Set("Content-Length", fmt.Sprint(len(rest)))
		a.Body = io.NopCloser(broken(bytes.NewReader(rest[:min(cut, len(rest))])))
		return a, err
	}}
}

func TestBodyThatBreaksOffIsTakenUpAgain(t *testing.T) {
	stored := zipped(5000)
	reset := errors.New("connection reset by peer")
	for name, broken := range map[string]func(io.Reader) io.Reader{
		"ends early": func(r io.Reader) io.Reader { return r },
		"is reset":   func(r io.Reader) io.Reader { return io.MultiReader(r, iotest.ErrReader(reset)) },
		"is reset together with data": func(r io.Reader) io.Reader {
			return iotest.DataErrReader(io.MultiReader(r, iotest.ErrReader(reset)))
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			content, err := fetch(t, connect(t, cutting(stored, 1000, broken)).LogStore(1))
			if err != nil || !bytes.Equal(content, stored) {
				t.Errorf("got %d bytes of %d, %v", len(content), len(stored), err)
			}
		})
	}
}

func TestBodyThatNeverGoesOnIsUnknown(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		w := cutting(zipped(5000), 0, func(r io.Reader) io.Reader { return r })
		_, err := fetch(t, connect(t, w).LogStore(1))
		var failed *digest.FetchError
		if !errors.As(err, &failed) || failed.Kind != digest.Throttled || errors.Is(err, io.EOF) {
			t.Errorf("got %v", err)
		}
		if n := len(w.requests()); n != 1+resumeAttempts {
			t.Errorf("%d requests", n)
		}
	})
}

func TestBodyOfAnotherObjectIsNotPatchedIn(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		whole := cutting(zipped(5000), 1000, func(r io.Reader) io.Reader { return r })
		w := &wire{answer: func(r *http.Request, op string) (*http.Response, error) {
			r.Header.Del("Range") // a server that ignores it answers with the beginning
			return whole.answer(r, op)
		}}
		if content, err := fetch(t, connect(t, w).LogStore(1)); err == nil || len(content) != 1000 {
			t.Errorf("got %d bytes, %v", len(content), err)
		}
	})
}

func TestThrottleIsWaitedOut(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		var asked atomic.Int32
		w := &wire{answer: func(*http.Request, string) (*http.Response, error) {
			if asked.Add(1) < logAttempts {
				return s3Refusal(503, "SlowDown", "Please reduce your request rate.")
			}
			return answer(200, "content")
		}}
		if content, err := fetch(t, connect(t, w).LogStore(1)); err != nil || string(content) != "content" {
			t.Errorf("got %q, %v", content, err)
		}
	})
}

func TestFetchKinds(t *testing.T) {
	for name, test := range map[string]struct {
		answer func() (*http.Response, error)
		want   digest.FetchKind
	}{
		"missing":      {func() (*http.Response, error) { return s3Refusal(404, "NoSuchKey", "gone") }, digest.NotFound},
		"bucket":       {func() (*http.Response, error) { return s3Refusal(404, "NoSuchBucket", "gone") }, digest.NotFound},
		"no code":      {func() (*http.Response, error) { return answer(404, "") }, digest.Other},
		"denied":       {func() (*http.Response, error) { return s3Refusal(403, "AccessDenied", "Access Denied") }, digest.Denied},
		"archived":     {func() (*http.Response, error) { return s3Refusal(403, "InvalidObjectState", "x") }, digest.Archived},
		"expired":      {func() (*http.Response, error) { return s3Refusal(400, "ExpiredToken", "x") }, digest.Denied},
		"key disabled": {func() (*http.Response, error) { return s3Refusal(400, "KMS.DisabledException", "x") }, digest.KMS},
		"key forbidden": {func() (*http.Response, error) {
			return s3Refusal(403, "AccessDenied", "not authorized to perform: kms:Decrypt on resource")
		}, digest.KMS},
		"busy":      {func() (*http.Response, error) { return s3Refusal(503, "SlowDown", "x") }, digest.Throttled},
		"failing":   {func() (*http.Response, error) { return s3Refusal(500, "InternalError", "x") }, digest.Throttled},
		"no answer": {func() (*http.Response, error) { return nil, errors.New("connection refused") }, digest.Throttled},
		"strange":   {func() (*http.Response, error) { return s3Refusal(400, "InvalidRequest", "x") }, digest.Other},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := connect(t, &wire{answer: func(*http.Request, string) (*http.Response, error) { return test.answer() }}).LogStore(1)
			_, err := fetch(t, s)
			var failed *digest.FetchError
			if !errors.As(err, &failed) || failed.Kind != test.want {
				t.Fatalf("reading gives %v, want %s", err, test.want)
			}
			checkText(t, failed.Err.Error())
			err = s.List(t.Context(), "logs", "", "", func(digest.Object) error { return nil })
			if !errors.As(err, &failed) || failed.Kind != test.want {
				t.Errorf("listing gives %v, want %s", err, test.want)
			}
		})
	}
}

func TestContextThatEndsIsFound(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := &wire{answer: func(r *http.Request, _ string) (*http.Response, error) { cancel(); return nil, r.Context().Err() }}
		if _, err := connect(t, w).LogStore(1).Get(ctx, "logs", "key"); !errors.Is(err, context.Canceled) || guard.ClassOf(err) != guard.ClassRetry {
			t.Errorf("got %v", err)
		}
	})
}

func TestBucketIsFollowedToItsRegion(t *testing.T) {
	for name, moved := range map[string]func() (*http.Response, error){
		"a redirect that names the region": func() (*http.Response, error) {
			return s3Refusal(301, "PermanentRedirect", "x", "X-Amz-Bucket-Region", "eu-west-1")
		},
		"a refusal that names the region": func() (*http.Response, error) {
			return s3Refusal(400, "AuthorizationHeaderMalformed", "x", "X-Amz-Bucket-Region", "eu-west-1")
		},
		"a redirect that does not": func() (*http.Response, error) { return s3Refusal(301, "PermanentRedirect", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			w.answer = func(r *http.Request, _ string) (*http.Response, error) {
				switch {
				case r.URL.Query().Has("location"):
					return answer(200, "<LocationConstraint>EU</LocationConstraint>")
				case !strings.Contains(r.URL.Host, "eu-west-1"):
					return moved()
				}
				return answer(200, "content")
			}
			s := connect(t, w).LogStore(1)
			for range 2 {
				if content, err := fetch(t, s); err != nil || string(content) != "content" {
					t.Fatalf("got %q, %v", content, err)
				}
			}
			astray := slices.DeleteFunc(w.requests(), func(r string) bool { return strings.Contains(r, "eu-west-1") })
			if len(astray) > 2 {
				t.Errorf("the region was not remembered: %q", w.requests())
			}
		})
	}
}

func TestRegionNamed(t *testing.T) {
	for location, want := range map[string]string{"": "us-east-1", "EU": "eu-west-1", "ap-south-1": "ap-south-1", "evil.example/": ""} {
		if got := regionNamed(location); got != want {
			t.Errorf("%q is %q, want %q", location, got, want)
		}
	}
}

func TestListReadsAllPages(t *testing.T) {
	w := newWorld(t)
	client, bucket := w.cloud.S3("us-east-1"), "many"
	w.bucket(t, bucket)
	var want []string
	for n := range 1005 {
		key := fmt.Sprintf("p/%04d", n)
		if _, err := client.PutObject(w.context, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
		want = append(want, key)
	}
	s := w.cloud.LogStore(1)
	var got []string
	err := s.List(w.context, bucket, "p/", "p/0001", func(o digest.Object) error {
		if o.Size != 1 || o.LastModified.IsZero() {
			t.Errorf("listed as %+v", o)
		}
		got = append(got, o.Key)
		return nil
	})
	if err != nil || !slices.Equal(got, want[2:]) {
		t.Errorf("%d keys, %v", len(got), err)
	}
	enough := errors.New("enough")
	if err := s.List(w.context, bucket, "", "", func(digest.Object) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	var folders []string
	if err := s.Folders(w.context, bucket, "", func(f string) error { folders = append(folders, f); return nil }); err != nil || !slices.Equal(folders, []string{"p/"}) {
		t.Errorf("got %q, %v", folders, err)
	}
}

func TestListingThatDoesNotEnd(t *testing.T) {
	w := always(200, `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>`)
	if err := connect(t, w).LogStore(1).List(t.Context(), "logs", "", "", func(digest.Object) error { return nil }); err == nil {
		t.Error("a listing that goes in a circle was taken for whole")
	}
}

func TestPublicKeysReadsAllPages(t *testing.T) {
	page := 0
	w := &wire{answer: func(r *http.Request, _ string) (*http.Response, error) {
		page++
		next := `,"NextToken":"more"`
		if page == 3 {
			next = ""
		}
		return answer(200, fmt.Sprintf(`{"PublicKeyList":[{"Fingerprint":"f%d","Value":"AQID","ValidityStartTime":1772323200,"ValidityEndTime":1772409600}]%s}`, page, next))
	}}
	keys, err := connect(t, w).PublicKeys().Keys(t.Context(), "eu-west-1", time.Unix(0, 0), time.Unix(1, 0))
	if err != nil || len(keys) != 3 || keys[2].Fingerprint != "f3" || len(keys[0].Value) != 3 || keys[0].To.Sub(keys[0].From).Hours() != 24 {
		t.Errorf("got %+v, %v", keys, err)
	}
	if !strings.Contains(w.requests()[0], "eu-west-1") {
		t.Errorf("asked %q", w.requests()[0])
	}
}
