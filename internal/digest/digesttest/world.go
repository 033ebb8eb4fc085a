// Package digesttest makes buckets full of logs and of digests that are signed as CloudTrail signs them, with keys of its
// own, and the ways in which somebody may tamper with them, each with what a verification must say of it.
package digesttest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/digest"
)

// Object is one stored object.
type Object struct {
	Body         []byte
	Metadata     map[string]string
	LastModified time.Time
	Fault        digest.FetchKind // Get fails so; empty for never
	Cut          int              // so many Gets break off in the middle of the body
	Short        bool             // they end there without an error, as some proxies do
}

// World is a set of buckets and of public keys, in memory. It implements digest.Store and digest.Keys. Reading is safe for
// concurrent use once nobody changes it any more.
type World struct {
	mu      sync.Mutex // guards sorted, and the Cut of objects
	buckets map[string]map[string]*Object
	sorted  map[string][]string
	keys    map[string][]digest.PublicKey
	logs    int // delivered so far: their names tell them apart

	// KeyFault, where set, is how asking for keys fails; ListFault how listing beneath a prefix does.
	KeyFault  error
	ListFault map[string]digest.FetchKind
}

// NewWorld makes an empty one.
func NewWorld() *World {
	return &World{
		buckets: map[string]map[string]*Object{}, sorted: map[string][]string{}, keys: map[string][]digest.PublicKey{},
		ListFault: map[string]digest.FetchKind{},
	}
}

// Put stores an object, replacing any.
func (w *World) Put(bucket, key string, o Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.buckets[bucket] == nil {
		w.buckets[bucket] = map[string]*Object{}
	}
	w.buckets[bucket][key] = &o
	delete(w.sorted, bucket)
}

// Object is a stored object, to be changed in place; nil if there is none.
func (w *World) Object(bucket, key string) *Object { return w.buckets[bucket][key] }

// Delete removes an object.
func (w *World) Delete(bucket, key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.buckets[bucket], key)
	delete(w.sorted, bucket)
}

// DeleteBucket removes a bucket with everything in it.
func (w *World) DeleteBucket(bucket string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.buckets, bucket)
	delete(w.sorted, bucket)
}

// Names are a bucket's keys, in order.
func (w *World) Names(bucket string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sorted[bucket] == nil {
		w.sorted[bucket] = slices.Sorted(maps.Keys(w.buckets[bucket]))
	}
	return w.sorted[bucket]
}

// List implements digest.Store.
func (w *World) List(ctx context.Context, bucket, prefix, startAfter string, each func(digest.Object) error) error {
	if err := w.listable(bucket, prefix); err != nil {
		return err
	}
	names := w.Names(bucket)
	i, _ := slices.BinarySearch(names, max(prefix, startAfter))
	for ; i < len(names) && (strings.HasPrefix(names[i], prefix) || names[i] < prefix); i++ {
		if names[i] <= startAfter {
			continue
		}
		o := w.Object(bucket, names[i])
		if err := each(digest.Object{Key: names[i], Size: int64(len(o.Body)), LastModified: o.LastModified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Folders implements digest.Store.
func (w *World) Folders(_ context.Context, bucket, prefix string, each func(string) error) error {
	if err := w.listable(bucket, prefix); err != nil {
		return err
	}
	names := w.Names(bucket)
	i, _ := slices.BinarySearch(names, prefix)
	for i < len(names) && strings.HasPrefix(names[i], prefix) {
		name, _, isFolder := strings.Cut(names[i][len(prefix):], "/")
		if !isFolder {
			i++
			continue
		}
		folder := prefix + name + "/"
		if err := each(folder); err != nil {
			return err
		}
		i, _ = slices.BinarySearch(names, folder+"\xff")
	}
	return nil
}

func (w *World) listable(bucket, prefix string) error {
	if kind, ok := w.ListFault[prefix]; ok {
		return &digest.FetchError{Kind: kind, Object: prefix}
	}
	if w.buckets[bucket] == nil {
		return &digest.FetchError{Kind: digest.NotFound, Object: bucket}
	}
	return nil
}

// Get implements digest.Store.
func (w *World) Get(_ context.Context, bucket, key string) (digest.Content, error) {
	o := w.Object(bucket, key)
	if o == nil {
		return digest.Content{}, &digest.FetchError{Kind: digest.NotFound, Object: key}
	}
	if o.Fault != "" {
		return digest.Content{}, &digest.FetchError{Kind: o.Fault, Object: key}
	}
	body := io.Reader(bytes.NewReader(o.Body))
	w.mu.Lock()
	if o.Cut > 0 {
		o.Cut--
		body = io.MultiReader(bytes.NewReader(o.Body[:len(o.Body)/2]), broken{o.Short})
	}
	w.mu.Unlock()
	return digest.Content{
		Body: io.NopCloser(body), Size: int64(len(o.Body)), Metadata: o.Metadata, LastModified: o.LastModified,
	}, nil
}

type broken struct{ quiet bool }

func (b broken) Read([]byte) (int, error) {
	if b.quiet {
		return 0, io.EOF
	}
	return 0, errors.New("connection reset by peer")
}

// Keys implements digest.Keys. Like ListPublicKeys it answers for one region and one range of time only.
func (w *World) Keys(_ context.Context, region string, from, to time.Time) ([]digest.PublicKey, error) {
	if w.KeyFault != nil {
		return nil, w.KeyFault
	}
	var found []digest.PublicKey
	for _, key := range w.keys[region] {
		if !key.From.After(to) && !key.To.Before(from) {
			found = append(found, key)
		}
	}
	return found, nil
}

// AddKey makes a public key known in a region.
func (w *World) AddKey(region string, key digest.PublicKey) {
	w.keys[region] = append(w.keys[region], key)
}

// AllKeys are the public keys of every region, as a saved file of them would hold.
func (w *World) AllKeys() map[string][]digest.PublicKey { return w.keys }

// WriteDir writes a bucket's objects into a directory as "aws s3 sync" does, with each digest's metadata beside it.
func (w *World) WriteDir(bucket, dir string) error {
	for _, key := range w.Names(bucket) {
		o := w.Object(bucket, key)
		path := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, o.Body, 0o644); err != nil {
			return err
		}
		if o.Metadata == nil {
			continue
		}
		text, err := json.Marshal(map[string]any{"Metadata": o.Metadata, "LastModified": o.LastModified})
		if err != nil {
			return err
		}
		if err := os.WriteFile(path+".metadata.json", text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Gzip compresses into one member.
func Gzip(text []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(text) // a bytes.Buffer takes everything
	z.Close()
	return out.Bytes()
}

// Gunzip is the content of what Gzip made.
func Gunzip(stored []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(stored))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
