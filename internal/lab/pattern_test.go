package lab

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trailhold/trailhold/internal/policy"
)

const patternEvent = `{"version":"0","id":"i","detail-type":"AWS API Call via CloudTrail","source":"aws.cloudtrail","account":"111122223333",
"time":"2025-01-01T00:00:00Z","region":"us-east-1","resources":["arn:one","arn:two"],
"detail":{"eventName":"StopLogging","n":300,"f":1.5,"big":3.0e2,"yes":true,"no":false,"nil":null,"empty":"","none":[],"object":{"a":1},
"ip":"10.0.0.77","ip6":"2001:db8::7","path":"a/b/c.txt","star":"a*b","slash":"a\\b","list":["x","y",3],
"people":[{"name":"Ann","age":30},{"name":"Bob","age":40}],"nested":[["deep"]],"neg":-4}}`

var patternCases = []struct {
	pattern string
	want    bool
}{
	// exact
	{`{"source":["aws.cloudtrail"]}`, true},
	{`{"source":["aws.s3"]}`, false},
	{`{"source":["aws.s3","aws.cloudtrail"]}`, true},
	{`{"source":["aws.cloudtrail"],"region":["us-east-1"]}`, true},
	{`{"source":["aws.cloudtrail"],"region":["eu-west-1"]}`, false},
	{`{"detail":{"eventName":["StopLogging"]}}`, true},
	{`{"detail":{"eventName":["stoplogging"]}}`, false},
	{`{"detail":{"n":[300]}}`, true},
	{`{"detail":{"n":["300"]}}`, false},
	{`{"detail":{"big":[300]}}`, false}, // numbers are compared as they are written
	{`{"detail":{"big":[3.0e2]}}`, true},
	{`{"detail":{"yes":[true]}}`, true},
	{`{"detail":{"yes":[false]}}`, false},
	{`{"detail":{"yes":["true"]}}`, false},
	{`{"detail":{"nil":[null]}}`, true},
	{`{"detail":{"gone":[null]}}`, false},
	{`{"detail":{"empty":[""]}}`, true},
	{`{"detail":{"nil":[""]}}`, false},
	// arrays in the event
	{`{"resources":["arn:two"]}`, true},
	{`{"resources":["arn:three"]}`, false},
	{`{"detail":{"list":[3]}}`, true},
	{`{"detail":{"nested":["deep"]}}`, true},
	{`{"detail":{"people":{"name":["Bob"]}}}`, true},
	{`{"detail":{"people":{"name":["Ann"],"age":[30]}}}`, true},
	{`{"detail":{"people":{"name":["Ann"],"age":[40]}}}`, false}, // no single person is both
	{`{"detail":{"eventName":{"sub":["x"]}}}`, false},
	{`{"detail":{"none":["x"]}}`, false},
	// prefix and suffix
	{`{"source":[{"prefix":"aws."}]}`, true},
	{`{"source":[{"prefix":"com."}]}`, false},
	{`{"source":[{"prefix":""}]}`, true},
	{`{"detail":{"n":[{"prefix":"3"}]}}`, false},
	{`{"detail":{"path":[{"suffix":".txt"}]}}`, true},
	{`{"detail":{"path":[{"suffix":".TXT"}]}}`, false},
	{`{"detail":{"path":[{"suffix":{"equals-ignore-case":".TXT"}}]}}`, true},
	{`{"detail":{"path":[{"suffix":{"equals-ignore-case":".PNG"}}]}}`, false},
	{`{"source":[{"prefix":{"equals-ignore-case":"AWS."}}]}`, true},
	{`{"source":[{"prefix":{"equals-ignore-case":"COM."}}]}`, false},
	{`{"detail":{"list":[{"prefix":"y"}]}}`, true},
	// equals-ignore-case
	{`{"detail":{"eventName":[{"equals-ignore-case":"STOPLOGGING"}]}}`, true},
	{`{"detail":{"eventName":[{"equals-ignore-case":"STOP"}]}}`, false},
	// anything-but
	{`{"detail":{"eventName":[{"anything-but":"StartLogging"}]}}`, true},
	{`{"detail":{"eventName":[{"anything-but":"StopLogging"}]}}`, false},
	{`{"detail":{"eventName":[{"anything-but":["A","StopLogging"]}]}}`, false},
	{`{"detail":{"eventName":[{"anything-but":["A","B"]}]}}`, true},
	{`{"detail":{"n":[{"anything-but":300}]}}`, false},
	{`{"detail":{"n":[{"anything-but":[1,2]}]}}`, true},
	{`{"detail":{"gone":[{"anything-but":"x"}]}}`, false},
	{`{"detail":{"list":[{"anything-but":"x"}]}}`, true}, // y is something else
	{`{"detail":{"eventName":[{"anything-but":{"prefix":"Stop"}}]}}`, false},
	{`{"detail":{"eventName":[{"anything-but":{"prefix":"Start"}}]}}`, true},
	{`{"detail":{"eventName":[{"anything-but":{"prefix":["Start","Stop"]}}]}}`, false},
	{`{"detail":{"path":[{"anything-but":{"suffix":".txt"}}]}}`, false},
	{`{"detail":{"path":[{"anything-but":{"suffix":".png"}}]}}`, true},
	{`{"detail":{"eventName":[{"anything-but":{"equals-ignore-case":"stoplogging"}}]}}`, false},
	{`{"detail":{"eventName":[{"anything-but":{"equals-ignore-case":["a","b"]}}]}}`, true},
	{`{"detail":{"path":[{"anything-but":{"wildcard":"*/b/*"}}]}}`, false},
	{`{"detail":{"path":[{"anything-but":{"wildcard":"*/z/*"}}]}}`, true},
	// numeric
	{`{"detail":{"n":[{"numeric":["=",300]}]}}`, true},
	{`{"detail":{"big":[{"numeric":["=",300]}]}}`, true},
	{`{"detail":{"n":[{"numeric":[">",299,"<=",300]}]}}`, true},
	{`{"detail":{"n":[{"numeric":[">",300]}]}}`, false},
	{`{"detail":{"n":[{"numeric":[">=",300]}]}}`, true},
	{`{"detail":{"n":[{"numeric":["<",300]}]}}`, false},
	{`{"detail":{"f":[{"numeric":[">",1,"<",2]}]}}`, true},
	{`{"detail":{"neg":[{"numeric":["<",0]}]}}`, true},
	{`{"detail":{"eventName":[{"numeric":[">",0]}]}}`, false},
	{`{"detail":{"people":{"age":[{"numeric":[">",35]}]}}}`, true},
	// exists
	{`{"detail":{"eventName":[{"exists":true}]}}`, true},
	{`{"detail":{"eventName":[{"exists":false}]}}`, false},
	{`{"detail":{"gone":[{"exists":false}]}}`, true},
	{`{"detail":{"gone":[{"exists":true}]}}`, false},
	{`{"detail":{"gone":{"deeper":[{"exists":false}]}}}`, true},
	{`{"detail":{"nil":[{"exists":true}]}}`, true},
	{`{"detail":{"object":[{"exists":true}]}}`, false}, // only leaves exist
	{`{"detail":{"none":[{"exists":false}]}}`, true},
	{`{"detail":{"gone":[{"exists":false},"x"]}}`, true},
	{`{"detail":{"eventName":[{"exists":false},"StopLogging"]}}`, true},
	{`{"detail":{"people":{"age":[{"exists":false}]}}}`, false},
	// wildcard
	{`{"detail":{"path":[{"wildcard":"a/*/c.txt"}]}}`, true},
	{`{"detail":{"path":[{"wildcard":"*.txt"}]}}`, true},
	{`{"detail":{"path":[{"wildcard":"a*b*c*"}]}}`, true},
	{`{"detail":{"path":[{"wildcard":"a*z*"}]}}`, false},
	{`{"detail":{"path":[{"wildcard":"a/b"}]}}`, false},
	{`{"detail":{"star":[{"wildcard":"a\\*b"}]}}`, true},
	{`{"detail":{"path":[{"wildcard":"a\\*c.txt"}]}}`, false},
	{`{"detail":{"slash":[{"wildcard":"a\\\\*"}]}}`, true},
	{`{"detail":{"empty":[{"wildcard":"*"}]}}`, true},
	// cidr
	{`{"detail":{"ip":[{"cidr":"10.0.0.0/24"}]}}`, true},
	{`{"detail":{"ip":[{"cidr":"10.0.1.0/24"}]}}`, false},
	{`{"detail":{"ip":[{"cidr":"10.0.0.77/32"}]}}`, true},
	{`{"detail":{"ip6":[{"cidr":"2001:db8::/32"}]}}`, true},
	{`{"detail":{"ip6":[{"cidr":"10.0.0.0/8"}]}}`, false},
	{`{"detail":{"eventName":[{"cidr":"0.0.0.0/0"}]}}`, false},
	// $or
	{`{"$or":[{"source":["x"]},{"region":["us-east-1"]}]}`, true},
	{`{"$or":[{"source":["x"]},{"region":["y"]}]}`, false},
	{`{"source":["aws.cloudtrail"],"$or":[{"account":["1"]},{"detail":{"n":[300]}}]}`, true},
	{`{"source":["aws.s3"],"$or":[{"account":["1"]},{"detail":{"n":[300]}}]}`, false},
	{`{"detail":{"$or":[{"eventName":["StopLogging"]},{"eventName":["DeleteTrail"]}]}}`, true},
}

func TestPatternMatching(t *testing.T) {
	if len(patternCases) < 80 {
		t.Fatalf("only %d cases", len(patternCases))
	}
	for _, c := range patternCases {
		p, err := parsePattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got := p.matchesText([]byte(patternEvent)); got != c.want {
			t.Errorf("%s: matches = %v, want %v", c.pattern, got, c.want)
		}
	}
}

var badPatterns = []string{
	``, `[]`, `"x"`, `{`, `{}`, `{"a":[]}`, `{"a":{}}`, `{"a":"x"}`, `{"a":1}`, `{"a":null}`, `{"a":[["x"]]}`, `{"a":["x"]} {}`,
	`{"a":[{}]}`, `{"a":[{"prefix":"x","suffix":"y"}]}`, `{"a":[{"like":"x"}]}`, `{"a":[{"prefix":1}]}`, `{"a":[{"suffix":["x"]}]}`,
	`{"a":[{"exists":"true"}]}`, `{"a":[{"wildcard":"a**b"}]}`, `{"a":[{"wildcard":"a\\b"}]}`, `{"a":[{"wildcard":"a\\"}]}`, `{"a":[{"wildcard":1}]}`,
	`{"a":[{"cidr":"10.0.0.0"}]}`, `{"a":[{"cidr":"x/8"}]}`, `{"a":[{"numeric":[]}]}`, `{"a":[{"numeric":[">"]}]}`, `{"a":[{"numeric":["!",1]}]}`,
	`{"a":[{"numeric":[">","1"]}]}`, `{"a":[{"numeric":["<",1,">",0]}]}`, `{"a":[{"numeric":[">",2,"<",1]}]}`, `{"a":[{"numeric":[">",6e9]}]}`,
	`{"a":[{"anything-but":[]}]}`, `{"a":[{"anything-but":["x",1]}]}`, `{"a":[{"anything-but":true}]}`, `{"a":[{"anything-but":{"cidr":"1.0.0.0/8"}}]}`,
	`{"a":[{"anything-but":{}}]}`, `{"$or":[]}`, `{"$or":[{"a":["x"]}]}`, `{"$or":{"a":["x"]}}`, `{"$or":["x","y"]}`, `{"$or":[{"a":["x"]},{}]}`,
}

func TestPatternErrors(t *testing.T) {
	for _, text := range append(badPatterns, `{"a":["`+strings.Repeat("x", maxPatternLength)+`"]}`) {
		if _, err := parsePattern(text); err == nil {
			t.Errorf("%.80s: no error", text)
		}
	}
}

func TestPatternCombinationsAreBounded(t *testing.T) {
	or := `"$or":[{"a":["1"]},{"b":["1"]},{"c":["1"]},{"d":["1"]}]`
	nested := func(depth int) string {
		text := "{" + or + "}"
		for range depth {
			text = "{" + or + `,"x":` + text + "}"
		}
		return text
	}
	if _, err := parsePattern(nested(3)); err != nil { // 4^4
		t.Error(err)
	}
	if _, err := parsePattern(nested(5)); err == nil { // 4^6
		t.Error("more than 1000 combinations were taken")
	}
}

func FuzzPattern(f *testing.F) {
	for _, c := range patternCases {
		f.Add(c.pattern, patternEvent)
	}
	for _, text := range badPatterns {
		f.Add(text, `{"a":[{"b":null}]}`)
	}
	f.Fuzz(func(t *testing.T, text, event string) {
		p, err := parsePattern(text)
		if err != nil {
			return
		}
		twice, err := parsePattern(`{"$or":[` + text + `,` + text + `]}`)
		if err == nil && twice.matchesText([]byte(event)) != p.matchesText([]byte(event)) {
			t.Error("a pattern or itself matches otherwise than the pattern")
		}
	})
}

func FuzzWildcard(f *testing.F) {
	f.Add("a*b", "axxb")
	f.Add("*", "")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		// Text out of JSON is always valid UTF-8; of broken bytes the one matcher makes runes, and the other does not.
		if strings.ContainsAny(pattern, `\?`) || !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			return
		}
		accepts, err := compileWildcard(pattern)
		if err == nil && accepts(s) != policy.Match(pattern, s) {
			t.Errorf("%q on %q: the two matchers disagree", pattern, s)
		}
	})
}

func FuzzChunked(f *testing.F) {
	f.Add([]byte("3;chunk-signature=x\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"))
	f.Add([]byte("ffffffff\r\n"))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		if body, _, ok := dechunk(encoded); ok && len(body) > len(encoded) {
			t.Error("more came out than went in")
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceArn":"x"}}}]}`)
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["1"]},"NotAction":["a?b"]}}`)
	f.Fuzz(func(_ *testing.T, text string) {
		ask(text, access{account: "1", action: "s3:GetObject", resource: "arn:aws:s3:::b/k", context: map[string]string{}})
	})
}
