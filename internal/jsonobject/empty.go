package jsonobject

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// Empty is an object without declared fields. It accepts fields that are added later, but not an error in their place.
type Empty struct{}

// UnmarshalJSON checks that data is an object without a field "error".
func (e *Empty) UnmarshalJSON(data []byte) error {
	if jsontext.Value(data).Kind() != jsontext.KindBeginObject {
		return &Error{Reason: "is " + kindName(jsontext.Value(data).Kind()) + " instead of an object"}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return newError(err)
	}
	if _, failed := fields["error"]; failed {
		return &Error{Path: "error", Reason: "is set"}
	}
	return nil
}
