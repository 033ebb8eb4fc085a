package digest

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

const sample = `{"awsAccountId":"111122223333","digestStartTime":"2015-08-17T14:01:31Z","digestEndTime":"2015-08-17T15:01:31Z",` +
	`"digestS3Bucket":"b","digestS3Object":"AWSLogs/k.json.gz","digestPublicKeyFingerprint":"f","digestSignatureAlgorithm":"SHA256withRSA",` +
	`"previousDigestS3Bucket":"b","previousDigestS3Object":"p","previousDigestHashValue":"ab","previousDigestHashAlgorithm":"SHA-256",` +
	`"previousDigestSignature":"cd","logFiles":[{"s3Bucket":"b","s3Object":"o","hashValue":` +
	`"0000000000000000000000000000000000000000000000000000000000000000","hashAlgorithm":"SHA-256"}]}`

func FuzzParseDocument(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(strings.Replace(sample, `"ab"`, `null`, 1)))
	f.Add([]byte(`{"logFiles":[`))
	f.Add(bytes.Repeat([]byte(`{"logFiles":`), 20000))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := parseDocument(text)
		if err != nil {
			return
		}
		if length := d.end.Sub(d.start); length <= 0 || length > maxHours*time.Hour {
			t.Errorf("a digest of %v", length)
		}
		if signed := d.signed([32]byte{}); !bytes.HasPrefix(signed, []byte(d.endText+"\n")) {
			t.Errorf("signed string %q", signed)
		}
	})
}

func FuzzParseSeal(f *testing.F) {
	f.Add("signature", "abcd", "Signature-Algorithm", "SHA256withRSA")
	f.Add("SIGNATURE", "zz", "backfill-generation-timestamp", "20260105T040000Z")
	f.Fuzz(func(t *testing.T, name, value, other, otherValue string) {
		s, err := parseSeal(map[string]string{name: value, other: otherValue})
		if err == nil && (len(s.signature) == 0 || len(s.signature) > maxSignature/2) {
			t.Errorf("a signature of %d bytes", len(s.signature))
		}
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add([]byte{0x30, 0x07, 0x02, 0x02, 0x00, 0xff, 0x02, 0x01, 0x03})
	f.Fuzz(func(t *testing.T, der []byte) {
		key, err := parseKey(der)
		if err != nil {
			return
		}
		verifies(key, []byte("text"), make([]byte, key.Size()))
		genuine(key, make([]byte, key.Size()))
	})
}

func FuzzParseDigestKey(f *testing.F) {
	const name = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/01/05/111122223333_CloudTrail-Digest_us-east-1_"
	f.Add(name + "audit_us-east-1_20260105T040000Z.json.gz")
	f.Add("p/AWSLogs/x/" + strings.Replace(name, "AWSLogs/", "AWSLogs/o-abc/", 1) + "audit_us-east-1_b_eu-west-1_20260105T040000Z_backfill.json.gz")
	f.Add(name + "__.json.gz")
	f.Fuzz(func(t *testing.T, key string) {
		n, ok := parseDigestKey("b", key)
		if !ok {
			return
		}
		if again, ok := parseDigestKey("b", n.key()); !ok || again != n {
			t.Errorf("%q is read as %+v, whose key is read as %+v", key, n, again)
		}
	})
}

func FuzzLogTime(f *testing.F) {
	p := place{account: "111122223333", region: "us-east-1"}
	f.Add(p.logs() + "2026/01/05/111122223333_CloudTrail_us-east-1_20260105T0320Z_abc.json.gz")
	f.Add(p.logs() + "2026/01/05/evil")
	f.Fuzz(func(t *testing.T, key string) {
		if at, exact := logTime(p, key); exact && !strings.Contains(key, at.Format(minuteLayout)) {
			t.Errorf("%q is of %v", key, at)
		}
	})
}

func FuzzInflate(f *testing.F) {
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, stored []byte) {
		var whole, streamed bytes.Buffer
		oneGo := (&core{}).inflate(&whole, stored, 1<<20)
		inParts := inflateStream(&streamed, bytes.NewReader(stored), 1<<20)
		if (oneGo == nil) != (inParts == nil) {
			t.Fatalf("in one go: %v; as a stream: %v", oneGo, inParts)
		}
		if oneGo == nil && !bytes.Equal(whole.Bytes(), streamed.Bytes()) {
			t.Error("the two ways of reading differ")
		}
	})
}
