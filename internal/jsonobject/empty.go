package jsonobject

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// Empty is an object without declared fields. It accepts fields that are added later, but not an error or a message in
// their place.
type Empty struct{}

// UnmarshalJSON checks that data is an object in which neither "error" nor "message" is set.
func (e *Empty) UnmarshalJSON(data []byte) error {
	if jsontext.Value(data).Kind() != jsontext.KindBeginObject {
		return &Error{Reason: "is " + kindName(jsontext.Value(data).Kind()) + " instead of an object"}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return newError(err)
	}
	for _, name := range []string{"error", "message"} {
		if value := fields[name]; len(value) > 0 && string(value) != "null" {
			return &Error{Reason: "contains the field " + name + " instead of a result"}
		}
	}
	return nil
}
