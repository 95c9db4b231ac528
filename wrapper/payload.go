package functions

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// How many bytes of JSON the clouds take as the data of a call, by the service's table of limits.
const (
	PayloadGoogle = 9_000_000
	PayloadAWS    = 240_000
	PayloadAzure  = 36_000
)

// WithPayloadLimit refuses data of more than n bytes before anything is sent. Without it the limit is PayloadGoogle, the
// greatest of all clouds; give that of the project's cloud for a clear error instead of the service's.
func WithPayloadLimit(n int) Option {
	return func(s *settings) error {
		if n <= 0 {
			return fmt.Errorf("WithPayloadLimit was given %d; it must be above zero", n)
		}
		s.payload = n
		return nil
	}
}

// inputData encodes the data of a call, which must be a JSON object; nil is an empty one.
func (c *Client) inputData(data any) (json.RawMessage, error) {
	if data == nil {
		return json.RawMessage("{}"), nil
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, &ArgumentError{Field: "data", Rule: fmt.Sprintf("cannot be encoded as JSON: %v", err)}
	}
	if isNull(raw) {
		return json.RawMessage("{}"), nil
	}
	return raw, c.checkData(raw)
}

// optionalData is inputData for schedules, which may have no data at all.
func (c *Client) optionalData(data json.RawMessage) (json.RawMessage, error) {
	if data = bytes.TrimSpace(data); len(data) == 0 || isNull(data) {
		return nil, nil
	}
	return c.inputData(data)
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

func (c *Client) checkData(raw json.RawMessage) error {
	if raw[0] != '{' {
		return &ArgumentError{Field: "data", Rule: "must be a JSON object; wrap the value, as in {\"value\": …}"}
	}
	if len(raw) > c.payload {
		return &ArgumentError{
			Field: "data",
			Rule:  fmt.Sprintf("has %d bytes; at most %d are allowed: upload the data as a file and pass its id", len(raw), c.payload),
		}
	}
	return nil
}
