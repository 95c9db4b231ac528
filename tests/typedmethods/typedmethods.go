// Package typedmethods finds and calls the typed methods of gen.API by reflection, so that tests cover new operations
// without an edit.
package typedmethods

import (
	"context"
	"net/http"
	"reflect"

	"github.com/cogfn/cogfn/gen"
)

// All returns the methods of gen.API that decode a response.
func All() []reflect.Method {
	var methods []reflect.Method
	for m := range reflect.TypeFor[*gen.API]().Methods() {
		if m.Type.NumOut() == 2 && m.Type.Out(0) != reflect.TypeFor[*http.Response]() {
			methods = append(methods, m)
		}
	}
	return methods
}

// Doer responds to requests.
type Doer func(*http.Request) (*http.Response, error)

// Do calls d.
func (d Doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// Call calls a method with zero arguments and sends its request to do.
func Call(ctx context.Context, m reflect.Method, do Doer) (result any, err error) {
	api, err := gen.NewAPI("https://cluster.cognitedata.com/api/v1/projects/p", gen.WithHTTPClient(do))
	if err != nil {
		return nil, err
	}
	args := []reflect.Value{reflect.ValueOf(api), reflect.ValueOf(ctx)}
	for i := 2; i < m.Type.NumIn()-1; i++ { // the last argument is variadic
		args = append(args, reflect.Zero(m.Type.In(i)))
	}
	out := m.Func.Call(args)
	err, _ = reflect.TypeAssert[error](out[1])
	return out[0].Interface(), err
}
