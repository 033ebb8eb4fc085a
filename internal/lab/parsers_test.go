package lab

import (
	"encoding/json"
	"testing"
	"time"
)

func FuzzCBOR(f *testing.F) {
	f.Add([]byte("\xa1\x6aAlarmNames\x81\x61x"))
	f.Add([]byte("\xbf\x61a\xc1\x1a\x5f\x00\x00\x00\xff"))
	f.Add([]byte("\xa1\x61a\xc1\xfb\x7f\xef\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if text, err := cborToJSON(body); err == nil && !json.Valid(text) {
			t.Errorf("%x became %q", body, text)
		}
	})
}

func FuzzMuteSchedule(f *testing.F) {
	f.Add("at(2024-05-10T14:00)", "PT1H", "Europe/Paris")
	f.Add("cron(0 2,4 1-7 JAN-MAR SUN)", "P15D", "")
	f.Fuzz(func(t *testing.T, expression, duration, zone string) {
		s, err := parseMuteSchedule(expression, duration, zone)
		if err != nil {
			return
		}
		now := time.Date(2026, 1, 4, 2, 0, 0, 0, time.UTC)
		if s.over(now) && s.open(now, time.Time{}) {
			t.Errorf("%s is over and open", expression)
		}
	})
}

func FuzzLogQuery(f *testing.F) {
	f.Add("f/1/2")
	f.Add("b/-1/9223372036854775807")
	f.Fuzz(func(t *testing.T, token string) {
		q := logQuery{NextToken: token}
		direction, e, err := q.place()
		if err != nil {
			return
		}
		q.NextToken = e.token(direction)
		if _, again, err := q.place(); err != nil || again != e {
			t.Errorf("%q means %v, whose token means %v (%v)", token, e, again, err)
		}
	})
}
