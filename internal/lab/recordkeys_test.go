package lab

import (
	"encoding/json"
	"net/url"
	"testing"
)

func TestFormParameters(t *testing.T) {
	form, err := url.ParseQuery("Action=CreateTopic&Version=2010-03-31&Name=alerts&Attributes.entry.1.key=Policy&Attributes.entry.1.value=p" +
		"&Tags.member.10.Key=k10&Tags.member.2.Key=k2&Tags.member.2.Value=v2&Names.member.1=a&Names.member.2=b&X-Amz-Date=now&Odd.part=x")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(formParameters(form))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"attributes":{"Policy":"p"},"name":"alerts","names":["a","b"],"tags":[{"key":"k2","value":"v2"},{"key":"k10"}]}`
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestLowerCamel(t *testing.T) {
	var body any
	if err := json.Unmarshal([]byte(`{"S3BucketName":"b","TagsList":[{"Key":"k"}],"Attributes":{"Policy":"p"},"":1}`), &body); err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(lowerCamel(body))
	if want := `{"":1,"attributes":{"Policy":"p"},"s3BucketName":"b","tagsList":[{"key":"k"}]}`; string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func FuzzTrailRef(f *testing.F) {
	f.Add("main")
	f.Add("arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail")
	f.Add("192.168.5.4")
	f.Add("a--b")
	c := &call{lab: New(Options{}), account: &account{id: DefaultAccount}, region: "us-east-1"}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := c.parseTrailRef(text)
		if err != nil {
			return
		}
		again, err := c.parseTrailRef(r.arn())
		again.byARN = r.byARN
		if err != nil || again != r {
			t.Errorf("%q means %v, whose ARN means %v (%v)", text, r, again, err)
		}
	})
}
