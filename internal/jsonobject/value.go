package jsonobject

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var errOtherType = errors.New("the value has another JSON type")

// decodeValue decodes a value into the variable that field points to. It handles strings, numbers and booleans itself,
// because whole numbers may be written as 1e12, and because they are most of the work.
func decodeValue(value jsontext.Value, field any, options jsonv2.Options) error {
	if raw, ok := field.(*json.RawMessage); ok {
		*raw = json.RawMessage(value.Clone())
		return nil
	}
	v := reflect.ValueOf(field).Elem()
	if value.Kind() == jsontext.KindNull {
		v.SetZero()
		return nil
	}
	if v.Kind() != reflect.Pointer {
		return decodeInto(value, v, options)
	}
	target := reflect.New(v.Type().Elem())
	if err := decodeInto(value, target.Elem(), options); err != nil {
		return err
	}
	v.Set(target)
	return nil
}

func decodeInto(value jsontext.Value, v reflect.Value, options jsonv2.Options) error {
	switch v.Kind() {
	case reflect.String:
		if value.Kind() != jsontext.KindString {
			return errOtherType
		}
		text, _ := jsontext.AppendUnquote(nil, value) // the error is about invalid UTF-8, which is replaced
		v.SetString(string(text))
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, err := wholeNumber(value)
		if err != nil || v.OverflowInt(n) {
			return errOtherType
		}
		v.SetInt(n)
	case reflect.Bool:
		if value.Kind() != jsontext.KindTrue && value.Kind() != jsontext.KindFalse {
			return errOtherType
		}
		v.SetBool(value.Kind() == jsontext.KindTrue)
	default:
		return jsonv2.Unmarshal(value, v.Addr().Interface(), options)
	}
	return nil
}

// wholeNumber also reads whole numbers with a fraction or an exponent, such as 1.0 and 1e12.
func wholeNumber(value jsontext.Value) (int64, error) {
	if value.Kind() != jsontext.KindNumber {
		return 0, errOtherType
	}
	if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
		return n, nil
	}
	approximate, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.Abs(approximate) > math.MaxInt64 || approximate != math.Trunc(approximate) {
		return 0, errOtherType
	}
	if approximate == 0 {
		if mantissa, _, _ := bytes.Cut(bytes.ToLower(value), []byte("e")); bytes.ContainsAny(mantissa, "123456789") {
			return 0, errOtherType // a fraction so small that it was rounded
		}
		return 0, nil
	}
	exact, ok := new(big.Rat).SetString(string(value)) // bounded, as the approximation is
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, errOtherType
	}
	return exact.Num().Int64(), nil
}
