package jsonobject

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Error reports JSON that does not match its type.
type Error struct {
	// Path names the place, such as "items[3].id"; "" is the whole value.
	Path string
	// Reason is the problem at this place, as the predicate of a sentence.
	Reason string

	syntax bool
}

// Error returns the path and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return "the body " + e.Reason
	}
	return e.Path + " " + e.Reason
}

// mismatch reports that the next value of dec has another type than wanted.
func mismatch(dec *jsontext.Decoder, wanted string) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return &Error{Path: pathOf(dec.StackPointer()), Reason: "is " + kindName(value.Kind()) + " instead of " + wanted}
}

// newError turns the errors of package json into an *Error. Their texts may quote the input, which may be a secret, and
// they wrap io.ErrUnexpectedEOF.
func newError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return &Error{Reason: fmt.Sprintf("is not valid JSON at byte %d", syntax.ByteOffset), syntax: true}
	}
	if semantic, ok := errors.AsType[*jsonv2.SemanticError](err); ok && semantic.JSONKind != jsontext.KindInvalid && semantic.GoType != nil {
		return &Error{Path: pathOf(semantic.JSONPointer), Reason: "is " + kindName(semantic.JSONKind) + " instead of " + typeName(semantic.GoType)}
	}
	return &Error{Reason: "is not valid JSON", syntax: true}
}

// pathOf converts a JSON pointer such as /items/3/id.
func pathOf(pointer jsontext.Pointer) string {
	path := ""
	for token := range pointer.Tokens() {
		path = join(path, token)
	}
	return path
}

func join(path, token string) string {
	switch {
	case token != "" && strings.Trim(token, "0123456789") == "":
		return path + "[" + token + "]"
	case path == "":
		return token
	}
	return path + "." + token
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindString:
		return "a string"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "a list"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "a boolean"
	default:
		return "invalid"
	}
}

func typeName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "an integer"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "a boolean"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
