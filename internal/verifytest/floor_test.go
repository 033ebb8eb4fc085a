package verifytest_test

import (
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkFloor does only what no verification can do without: fetch the same objects over plain HTTP, inflate them with
// the standard library, hash them, and verify a signature for each digest.
func BenchmarkFloor(b *testing.B) {
	server := month(b)
	served := use(b, server)
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		for _, flights := range []int{64, 128} {
			b.Run(fmt.Sprintf("latency=%s/concurrency=%d", latency, flights), func(b *testing.B) {
				server.Latency = latency
				for range b.N {
					command := exec.Command(os.Args[0])
					command.Env = append(os.Environ(), "VERIFYTEST_FLOOR="+served.URL+"/"+bucket+"/ "+strconv.Itoa(flights))
					command.Stdin = strings.NewReader(strings.Join(server.World.Names(bucket), "\n"))
					if out, err := command.CombinedOutput(); err != nil {
						b.Fatalf("%v: %s", err, out)
					}
					spent(b, command.ProcessState)
				}
			})
		}
	}
}

// floor is the process that BenchmarkFloor runs: where is "address number", and the keys are on stdin.
func floor(where string) int {
	address, number, _ := strings.Cut(where, " ")
	flights, err := strconv.Atoi(number)
	keys, readErr := io.ReadAll(os.Stdin)
	private, keyErr := rsa.GenerateKey(rand.Reader, 2048)
	if err = errors.Join(err, readErr, keyErr); err != nil {
		fmt.Println(err)
		return 1
	}
	signature, sum := []byte(nil), sha256.Sum256(nil)
	if signature, err = rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:]); err != nil {
		fmt.Println(err)
		return 1
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConns: flights, MaxIdleConnsPerHost: flights}}
	work := make(chan string)
	var failed error
	var once sync.Once
	var fetching sync.WaitGroup
	for range flights {
		fetching.Go(func() {
			for key := range work {
				err := fetch(client, address+key)
				if strings.Contains(key, "CloudTrail-Digest") {
					err = errors.Join(err, rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, sum[:], signature))
				}
				if err != nil {
					once.Do(func() { failed = err })
				}
			}
		})
	}
	for key := range strings.SplitSeq(string(keys), "\n") {
		work <- key
	}
	close(work)
	fetching.Wait()
	if failed != nil {
		fmt.Println(failed)
		return 1
	}
	return 0
}

func fetch(client *http.Client, address string) error {
	r, err := http.NewRequestWithContext(context.Background(), "GET", address, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	z, err := gzip.NewReader(answer.Body)
	if err != nil {
		return err
	}
	_, err = io.Copy(sha256.New(), z)
	return err
}
