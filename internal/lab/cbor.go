package lab

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Bounds of CBOR in requests. No request of CloudWatch comes near.
const (
	maxCBOR         = 1 << 20 // bytes
	maxCBORElements = 10_000  // of one list or map
	maxCBORDepth    = 16
)

// cborReader reads requests: within bounds, each key once, times as times.
var cborReader = sync.OnceValues(func() (cbor.DecMode, error) {
	return cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  maxCBORDepth,
		MaxArrayElements: maxCBORElements,
		MaxMapPairs:      maxCBORElements,
		TimeTag:          cbor.DecTagOptional,
		TimeTagToAny:     cbor.TimeTagToTime,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
	}.DecMode()
})

// cborToJSON turns a request's CBOR into the JSON that operations and records read, with times as the JSON protocols write
// them. What JSON cannot say, such as infinity, is an error.
func cborToJSON(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return []byte("{}"), nil
	}
	if len(body) > maxCBOR {
		return nil, fmt.Errorf("the lab reads at most %d bytes of CBOR", maxCBOR)
	}
	mode, err := cborReader()
	if err != nil {
		return nil, err
	}
	var value any
	if err := mode.Unmarshal(body, &value); err != nil {
		return nil, err
	}
	if value, err = timesAsEpochs(value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// timesAsEpochs replaces the times in a decoded value.
func timesAsEpochs(value any) (any, error) {
	switch value := value.(type) {
	case time.Time:
		if value.Year() < 1 || value.Year() > 9999 {
			return nil, fmt.Errorf("a time is beyond the year 9999")
		}
		return epoch{value}, nil
	case map[string]any:
		for key, member := range value {
			member, err := timesAsEpochs(member)
			if err != nil {
				return nil, err
			}
			value[key] = member
		}
	case []any:
		for i, member := range value {
			member, err := timesAsEpochs(member)
			if err != nil {
				return nil, err
			}
			value[i] = member
		}
	}
	return value, nil
}

// MarshalCBOR writes the time as CBOR does: seconds since 1970 under a tag of their own.
func (e epoch) MarshalCBOR() ([]byte, error) {
	const epochTag = 1
	return cbor.Marshal(cbor.Tag{Number: epochTag, Content: float64(e.UnixMilli()) / 1000})
}
