package lab

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strconv"
	"strings"
)

// checkBody undoes the aws-chunked encoding of a request's body, and verifies every digest that came with it. What the
// trailer carries is added to the request's headers.
func (c *call) checkBody() error {
	header := c.request.Header
	signed := header.Get("X-Amz-Content-Sha256")
	if strings.HasPrefix(signed, "STREAMING-") || strings.Contains(header.Get("Content-Encoding"), "aws-chunked") {
		body, trailer, ok := dechunk(c.body)
		if !ok {
			return errorf("IncompleteBody", "The request body terminated unexpectedly")
		}
		if want := header.Get("X-Amz-Decoded-Content-Length"); want != "" && want != strconv.Itoa(len(body)) {
			return errorf("IncompleteBody", "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header")
		}
		c.body = body
		for name, values := range trailer {
			header[name] = values
		}
	} else if len(signed) == 64 {
		if sum := sha256.Sum256(c.body); hex.EncodeToString(sum[:]) != signed {
			return errorf("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
		}
	}
	if want := header.Get("Content-Md5"); want != "" {
		if sum := md5.Sum(c.body); base64.StdEncoding.EncodeToString(sum[:]) != want {
			return errorf("BadDigest", "The Content-MD5 you specified did not match what we received.")
		}
	}
	for name := range checksums {
		if want := header.Get("X-Amz-Checksum-" + name); want != "" && want != checksum(name, c.body) {
			return errorf("BadDigest", "The %s you specified did not match the calculated checksum.", strings.ToUpper(name))
		}
	}
	return nil
}

// dechunk decodes the aws-chunked encoding: chunks with a length in hexadecimal and perhaps a signature, then a trailer.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
func dechunk(encoded []byte) (body []byte, trailer http.Header, ok bool) {
	for {
		line, rest, found := bytes.Cut(encoded, []byte("\r\n"))
		if !found {
			return nil, nil, false
		}
		size, _, _ := strings.Cut(string(line), ";")
		n, err := strconv.ParseUint(size, 16, 32)
		if err != nil {
			return nil, nil, false
		}
		if n == 0 {
			return body, parseTrailer(rest), true
		}
		if uint64(len(rest)) < n+2 || rest[n] != '\r' || rest[n+1] != '\n' {
			return nil, nil, false
		}
		body = append(body, rest[:n]...)
		encoded = rest[n+2:]
	}
}

func parseTrailer(text []byte) http.Header {
	trailer := http.Header{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			trailer.Set(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	return trailer
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5) // reflected polynomial of CRC-64/NVME
)

// checksums are the digests that the lab can compute, by the end of their header's name. Others are kept unverified.
var checksums = map[string]func([]byte) []byte{
	"Crc32":     func(b []byte) []byte { return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)) },
	"Crc32c":    func(b []byte) []byte { return binary.BigEndian.AppendUint32(nil, crc32.Checksum(b, castagnoli)) },
	"Crc64nvme": func(b []byte) []byte { return binary.BigEndian.AppendUint64(nil, crc64.Checksum(b, nvme)) },
	"Sha1":      func(b []byte) []byte { sum := sha1.Sum(b); return sum[:] },
	"Sha256":    func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] },
	"Sha512":    func(b []byte) []byte { sum := sha512.Sum512(b); return sum[:] },
	"Md5":       func(b []byte) []byte { sum := md5.Sum(b); return sum[:] },
}

func checksum(name string, b []byte) string {
	return base64.StdEncoding.EncodeToString(checksums[name](b))
}

// checksumHeader is an object's checksum as headers carry it: the one that the uploader sent, or S3's default.
func checksumHeader(header http.Header, body []byte) http.Header {
	kept := http.Header{}
	for name, values := range header {
		if strings.HasPrefix(name, "X-Amz-Checksum-") && name != "X-Amz-Checksum-Algorithm" && name != "X-Amz-Checksum-Mode" && name != "X-Amz-Checksum-Type" {
			kept[name] = values
		}
	}
	if len(kept) == 0 {
		kept.Set("X-Amz-Checksum-Crc64nvme", checksum("Crc64nvme", body))
	}
	kept.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	return kept
}
