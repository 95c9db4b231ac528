package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/tests/contract/exchange"
	"github.com/cogfn/cogfn/tests/typedmethods"
	functions "github.com/cogfn/cogfn/wrapper"
)

// operationTypes is what the generated client and the wrapper make of an operation.
type operationTypes struct {
	// parse decodes a response with the generated client.
	parse func(*http.Response) (any, error)
	// request makes a value of the generated type of the request; nil if there is no body.
	request func() any
	// item makes a value of the wrapper's type for what responses contain; nil where the wrapper has none.
	item func() any
}

// wrapperTypes are the wrapper's types by the generated types that they extend.
var wrapperTypes = map[reflect.Type]func() any{
	reflect.TypeFor[gen.Function]():             a[functions.Function],
	reflect.TypeFor[gen.FunctionsLimits]():      a[functions.Limits],
	reflect.TypeFor[gen.FunctionsStatus]():      a[functions.Status],
	reflect.TypeFor[gen.FunctionCall]():         a[functions.Call],
	reflect.TypeFor[gen.FunctionCallLogEntry](): a[functions.CallLogEntry],
	reflect.TypeFor[gen.FunctionSchedule]():     a[functions.Schedule],
	reflect.TypeFor[gen.Session]():              a[functions.Session],
	reflect.TypeFor[gen.CreatedSession]():       a[functions.CreatedSession],
	reflect.TypeFor[gen.FileMetadata]():         a[functions.File],
}

func a[T any]() any { return new(T) }

// typesOf has the types of every operation. It finds the methods of gen.API by reflection, and learns the operation of a
// method from the request that the method sends.
var typesOf = sync.OnceValue(func() map[string]operationTypes {
	all := map[string]operationTypes{}
	for _, method := range typedmethods.All() {
		types := operationTypes{
			parse: func(resp *http.Response) (any, error) { _, result, err := call(method, resp); return result, err },
			item:  wrapperTypes[itemType(method.Type.Out(0).Elem())],
		}
		// The arguments are the receiver, the context, path parameters, a pointer to query parameters, the body, editors.
		if last := method.Type.In(method.Type.NumIn() - 2); last.Kind() == reflect.Struct {
			types.request = func() any { return reflect.New(last).Interface() }
		}
		op, _, _ := call(method, &http.Response{Body: http.NoBody})
		all[op.ID] = types
	}
	return all
})

// itemType returns the type of the items of a list, and any other type as it is.
func itemType(t reflect.Type) reflect.Type {
	if t.Kind() != reflect.Struct {
		return t
	}
	if items, ok := t.FieldByName("Items"); ok {
		return items.Type.Elem()
	}
	return t
}

// call calls a method and returns the operation that it sent and what it made of resp.
func call(method reflect.Method, resp *http.Response) (op gen.Operation, result any, err error) {
	result, err = typedmethods.Call(context.Background(), method, func(req *http.Request) (*http.Response, error) {
		op, _ = gen.OperationFromContext(req.Context())
		return resp, nil
	})
	return op, result, err
}

func asAPIError(err error) (*functions.APIError, bool) {
	return errors.AsType[*functions.APIError](err)
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// compare fails the test at the first place where two JSON values differ. got may be an error.
func compare(t *testing.T, x *exchange.Exchange, what string, want, got any) {
	t.Helper()
	if err, ok := got.(error); ok {
		t.Errorf("%v: %s: %v", x, what, err)
		return
	}
	if place, differ := difference("", want, got); differ {
		t.Errorf("%v: %s: decoding and encoding changed the value at %q", x, what, place)
	}
}

// absentForNull are the properties whose null becomes an absent property, since Go has one nil for both.
var absentForNull = []string{"/error/trace", "/message"}

// difference returns the JSON pointer of the first place where two values differ. Numbers are compared by value.
func difference(place string, want, got any) (string, bool) {
	switch want := want.(type) {
	case map[string]any:
		other, ok := got.(map[string]any)
		if !ok {
			return place, true
		}
		for _, key := range slices.Sorted(maps.Keys(union(want, other))) {
			_, kept := other[key]
			nullable := slices.ContainsFunc(absentForNull, func(end string) bool { return strings.HasSuffix(place+"/"+key, end) })
			if dropped := want[key] == nil && nullable; !kept && !dropped {
				return place + "/" + key, true
			}
			if at, differ := difference(place+"/"+key, want[key], other[key]); differ {
				return at, true
			}
		}
		return "", false
	case []any:
		other, ok := got.([]any)
		if !ok || len(other) != len(want) {
			return place, true
		}
		for i := range want {
			if at, differ := difference(fmt.Sprintf("%s/%d", place, i), want[i], other[i]); differ {
				return at, true
			}
		}
		return "", false
	case json.Number:
		other, ok := got.(json.Number)
		return place, !ok || !equalNumbers(want, other)
	default:
		return place, want != got
	}
}

func union(a, b map[string]any) map[string]any {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

func equalNumbers(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	return okX && okY && x.Cmp(y) == 0
}
