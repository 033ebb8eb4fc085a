package lab

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// epoch is a time as the JSON protocols write it: seconds since 1970, with milliseconds as a fraction.
type epoch struct{ time.Time }

// MarshalJSON writes the number of seconds.
func (e epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(e.UnixMilli())/1000, 'f', -1, 64), nil
}

// UnmarshalJSON reads a number of seconds.
func (e *epoch) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	const end = 253402300800 // of the year 9999, in seconds
	if seconds < -end || seconds > end {
		return strconv.ErrRange
	}
	e.Time = time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
	return nil
}

// or is the time, or another one where there is none.
func (e *epoch) or(other time.Time) time.Time {
	if e == nil {
		return other
	}
	return e.Time
}

// maybe is nil for the zero time, so that an answer leaves it out.
func maybe(t time.Time) *epoch {
	if t.IsZero() {
		return nil
	}
	return &epoch{t}
}
