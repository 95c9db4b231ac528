// Package jsonobject decodes and encodes JSON objects for the generated types: fields that a type does not declare are
// kept, and missing required fields are errors.
//
// It uses github.com/go-json-experiment/json, which is encoding/json/v2 from Go 1.27 on.
package jsonobject

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/bits"
	"reflect"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Codec decodes and encodes a set of types. It does so with functions instead of methods such as UnmarshalJSONFrom: a type
// that embeds a generated one and has its own MarshalJSON would otherwise be encoded by the promoted method.
type Codec struct{ options jsonv2.Options }

// NewCodec returns a codec for types, which may contain each other.
//
// It follows encoding/json where services depend on it: repeated names and invalid UTF-8 are accepted, the last value of a
// repeated name counts, and omitempty depends on the Go value.
func NewCodec(types ...Type) Codec {
	var unmarshalers []*jsonv2.Unmarshalers
	var marshalers []*jsonv2.Marshalers
	for _, t := range types {
		unmarshalers, marshalers = append(unmarshalers, t.unmarshal), append(marshalers, t.marshal)
	}
	return Codec{jsonv2.JoinOptions(
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsonv1.OmitEmptyWithLegacySemantics(true),
		jsonv2.WithUnmarshalers(jsonv2.JoinUnmarshalers(unmarshalers...)), jsonv2.WithMarshalers(jsonv2.JoinMarshalers(marshalers...)),
	)}
}

// Unmarshal decodes data into v like encoding/json, but field names are case-sensitive. The error is an *Error, which
// never matches io.ErrUnexpectedEOF: a complete response with broken JSON is not a broken connection.
func (c Codec) Unmarshal(data []byte, v any) error {
	if err := jsonv2.Unmarshal(data, v, c.options); err != nil {
		return newError(err)
	}
	return nil
}

// Marshal encodes v like encoding/json, but does not escape HTML.
func (c Codec) Marshal(v any) ([]byte, error) { return jsonv2.Marshal(v, c.options) }

// Type describes one type to a Codec.
type Type struct {
	unmarshal *jsonv2.Unmarshalers
	marshal   *jsonv2.Marshalers
}

// Lookup returns a pointer to the Go field of v for a JSON field name, and the number of that field. The pointer is nil if
// the type declares no such field.
type Lookup[T any] func(v *T, name []byte) (field any, number int)

// For describes the type T. unknown returns where v keeps its unknown fields, and plain converts v to a type without
// methods. required has one entry for each field in the order of their numbers, which is "" for an optional field.
func For[T any](lookup Lookup[T], unknown func(v *T) *map[string]json.RawMessage, plain func(v *T) any, required ...string) Type {
	if len(required) > 64 {
		panic("jsonobject: a type has more than 64 fields, which the mask of required fields cannot hold")
	}
	o := object[T]{lookup: lookup, required: required}
	for number, name := range required {
		if name != "" {
			o.mask |= 1 << number
		}
	}
	return Type{
		jsonv2.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *T) error { return o.decode(dec, v, unknown(v)) }),
		jsonv2.MarshalToFunc(func(enc *jsontext.Encoder, v *T) error { return encode(enc, plain(v), *unknown(v)) }),
	}
}

// object describes a type for decoding. mask has a bit for each required field.
type object[T any] struct {
	lookup   Lookup[T]
	required []string
	mask     uint64
}

// decode reads an object into v. Declared fields go into the Go fields that lookup returns, all others into unknown. null
// counts as absent for a required field. An optional field of another JSON type than declared goes into unknown.
func (o object[T]) decode(dec *jsontext.Decoder, v *T, unknown *map[string]json.RawMessage) error {
	if dec.PeekKind() != jsontext.KindBeginObject {
		return mismatch(dec, "an object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	*unknown = nil
	missing, declared := o.mask, false
	for dec.PeekKind() != jsontext.KindEndObject {
		name, err := readName(dec)
		if err != nil {
			return err
		}
		field, number := o.lookup(v, name)
		switch {
		case field == nil:
			err = keep(dec, unknown, string(name))
		case o.required[number] == "":
			declared = true
			err = decodeOptional(dec, field, unknown)
		case dec.PeekKind() == jsontext.KindNull && !isRaw(field):
			err = dec.SkipValue()
		default:
			missing &^= 1 << number
			err = decodeRequired(dec, field)
		}
		if err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	switch {
	case missing != 0:
		return &Error{Path: join(pathOf(dec.StackPointer()), o.required[bits.TrailingZeros64(missing)]), Reason: "is missing"}
	case o.mask == 0 && !declared:
		return &Error{Path: pathOf(dec.StackPointer()), Reason: "has none of the fields of its type"}
	}
	return nil
}

// readName returns the next field name, which is valid until the next use of dec.
func readName(dec *jsontext.Decoder) ([]byte, error) {
	quoted, err := dec.ReadValue()
	if err != nil {
		return nil, err
	}
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner, nil
	}
	name, _ := jsontext.AppendUnquote(nil, quoted) // the error is about invalid UTF-8, which is replaced
	return name, nil
}

func isRaw(field any) bool {
	_, raw := field.(*json.RawMessage)
	return raw
}

// keep puts the next value into unknown.
func keep(dec *jsontext.Decoder, unknown *map[string]json.RawMessage, name string) error {
	value, err := dec.ReadValue()
	if err == nil {
		put(unknown, name, value)
	}
	return err
}

func put(unknown *map[string]json.RawMessage, name string, value jsontext.Value) {
	if *unknown == nil {
		*unknown = map[string]json.RawMessage{}
	}
	(*unknown)[name] = bytes.Clone(value)
}

func decodeOptional(dec *jsontext.Decoder, field any, unknown *map[string]json.RawMessage) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if decodeValue(value, field, dec.Options()) == nil {
		if len(*unknown) > 0 {
			delete(*unknown, dec.StackPointer().LastToken()) // an earlier value of a repeated name
		}
		return nil
	}
	reflect.ValueOf(field).Elem().SetZero()
	put(unknown, dec.StackPointer().LastToken(), value)
	return nil
}

// decodeRequired decodes lists and objects in place, so that they are scanned only once.
func decodeRequired(dec *jsontext.Decoder, field any) error {
	if kind := dec.PeekKind(); kind == jsontext.KindBeginArray || kind == jsontext.KindBeginObject {
		return jsonv2.UnmarshalDecode(dec, field)
	}
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if decodeValue(value, field, dec.Options()) != nil {
		return &Error{Path: pathOf(dec.StackPointer()), Reason: "is " + kindName(value.Kind()) + " instead of " + typeName(reflect.TypeOf(field).Elem())}
	}
	return nil
}

// encode writes v, whose type has no methods, followed by the unknown fields in the order of their names. An unknown field
// under a declared name is written only if v leaves that field out.
func encode(enc *jsontext.Encoder, v any, unknown map[string]json.RawMessage) error {
	if len(unknown) == 0 {
		return jsonv2.MarshalEncode(enc, v)
	}
	object, err := jsonv2.Marshal(v, enc.Options())
	if err != nil {
		return err
	}
	object = object[:len(object)-1]
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		quoted, _ := jsontext.AppendQuote(nil, name) // the error is about invalid UTF-8, which is replaced
		if written, err := has(object, quoted, name); err != nil {
			return err
		} else if written {
			continue
		}
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = append(append(append(object, quoted...), ':'), unknown[name]...)
	}
	return enc.WriteValue(append(object, '}'))
}

// has reports whether an object without its closing brace has a field.
func has(object, quoted []byte, name string) (bool, error) {
	if !bytes.Contains(object, quoted) {
		return false, nil
	}
	dec := jsontext.NewDecoder(bytes.NewReader(append(slices.Clip(object), '}')), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadToken(); err != nil {
		return false, err
	}
	for dec.PeekKind() != jsontext.KindEndObject {
		field, err := readName(dec)
		if err != nil {
			return false, err
		}
		if string(field) == name {
			return true, nil
		}
		if err := dec.SkipValue(); err != nil {
			return false, err
		}
	}
	return false, nil
}
