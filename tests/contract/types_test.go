package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// operationTypes are the types of the generated client and the wrapper for an operation.
type operationTypes struct {
	// parse decodes a response with the generated client.
	parse func(*http.Response) (any, error)
	// request returns a new value of the generated type of the request. It is nil if there is no body.
	request func() any
	// item returns a new value of the wrapper's type for items of responses. It is nil if the wrapper has no such type.
	item func() any
}

// wrapperTypes maps generated types to constructors of the wrapper's types that embed them.
var wrapperTypes = map[reflect.Type]func() any{
	reflect.TypeFor[gen.Function]():             newOf[functions.Function],
	reflect.TypeFor[gen.FunctionsLimits]():      newOf[functions.Limits],
	reflect.TypeFor[gen.FunctionsStatus]():      newOf[functions.Status],
	reflect.TypeFor[gen.FunctionCall]():         newOf[functions.Call],
	reflect.TypeFor[gen.FunctionCallLogEntry](): newOf[functions.CallLogEntry],
	reflect.TypeFor[gen.FunctionSchedule]():     newOf[functions.Schedule],
	reflect.TypeFor[gen.Session]():              newOf[functions.Session],
	reflect.TypeFor[gen.CreatedSession]():       newOf[functions.CreatedSession],
	reflect.TypeFor[gen.FileMetadata]():         newOf[functions.File],
}

func newOf[T any]() any { return new(T) }

// typesOf returns the types of all operations by id. It finds the methods of gen.API by reflection, and the operation of a
// method in the context of its request.
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
		op, _, _ := call(method, &http.Response{Body: io.NopCloser(strings.NewReader(""))})
		all[op.ID] = types
	}
	return all
})

// itemType returns the type of the items of a list, and any other type unchanged.
func itemType(t reflect.Type) reflect.Type {
	if t.Kind() != reflect.Struct {
		return t
	}
	if items, ok := t.FieldByName("Items"); ok {
		return items.Type.Elem()
	}
	return t
}

// call calls a method that receives resp, and returns the operation of the request and the result.
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

func encode(t *testing.T, value any) []byte {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// compare reports the first place where two JSON values differ. got can be an error.
func compare(t *testing.T, x *exchange.Exchange, what string, want, got any) {
	t.Helper()
	if err, ok := got.(error); ok {
		t.Errorf("%v: %s: %v", x, what, err)
		return
	}
	if place, differ := diff("", want, got); differ {
		t.Errorf("%v: %s: decoding and encoding changes the value at %q", x, what, place)
	}
}

// absentForNull are the properties whose null becomes absent, because the Go types use nil for both.
var absentForNull = []string{"/error/trace", "/message"}

// diff returns the JSON pointer of the first place where two values differ. Numbers are compared by value.
func diff(place string, want, got any) (string, bool) {
	switch want := want.(type) {
	case map[string]any:
		other, ok := got.(map[string]any)
		if !ok {
			return place, true
		}
		for _, key := range slices.Sorted(maps.Keys(union(want, other))) {
			_, found := other[key]
			nullable := slices.ContainsFunc(absentForNull, func(end string) bool { return strings.HasSuffix(place+"/"+key, end) })
			if dropped := want[key] == nil && nullable; !found && !dropped {
				return place + "/" + key, true
			}
			if at, differ := diff(place+"/"+key, want[key], other[key]); differ {
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
			if at, differ := diff(fmt.Sprintf("%s/%d", place, i), want[i], other[i]); differ {
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
