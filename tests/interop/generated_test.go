package interop

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/tests/typedmethods"
)

// TestGeneratedClientAgainstPrism calls every operation with every parameter and every field of the request body. Prism must
// accept the requests, and the client must decode the responses that Prism builds from examples or at random.
func TestGeneratedClientAgainstPrism(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]string{
		"from examples":    nil,
		"without examples": {"--ignoreExamples"},
		"random, seed 1":   {"--dynamic", "--seed", "1"},
		"random, seed 2":   {"--dynamic", "--seed", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := startMock(t, options...)
			client := service.client(t).Gen()
			for _, op := range gen.Operations() { // always in the same order, so that a seed gives the same responses
				method := methodOf(t, op)
				for _, arguments := range argumentsOf(t, service.doc, op, method) {
					call := append([]reflect.Value{reflect.ValueOf(client), reflect.ValueOf(t.Context())}, arguments...)
					if err, _ := reflect.TypeAssert[error](method.Func.Call(call)[1]); err != nil {
						t.Errorf("%s: %v", op.ID, err)
					}
				}
				if !service.succeeded(op.ID) {
					t.Errorf("Prism received no valid request for %s", op.ID)
				}
			}
			service.check(t)
		})
	}
}

// methodOf returns the method of gen.API for an operation. Their names differ only in case.
func methodOf(t *testing.T, op gen.Operation) reflect.Method {
	t.Helper()
	for _, method := range typedmethods.All() {
		if strings.EqualFold(method.Name, op.ID) {
			return method
		}
	}
	t.Fatalf("gen.API has no method for %s", op.ID)
	return reflect.Method{}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// argumentsOf returns the arguments after the context, once for each kind of request body. They are the path parameters, a
// pointer to a struct with the other parameters, and the body.
func argumentsOf(t *testing.T, doc *openapi3.T, op gen.Operation, method reflect.Method) [][]reflect.Value {
	t.Helper()
	item := doc.Paths.Value(op.Path)
	operation := item.GetOperation(op.Method)
	parameters := map[string]any{}
	for _, ref := range append(item.Parameters, operation.Parameters...) {
		parameters[ref.Value.Name] = valuesOf(t, ref.Value.Schema)[0]
	}
	var fixed []reflect.Value
	next := 2 // the first two are the receiver and the context
	for _, match := range placeholder.FindAllStringSubmatch(op.Path, -1) {
		fixed = append(fixed, argument(t, method.Type.In(next), parameters[match[1]]))
		delete(parameters, match[1])
		next++
	}
	if len(parameters) > 0 {
		fixed = append(fixed, argument(t, method.Type.In(next), parameters))
		next++
	}
	if operation.RequestBody == nil {
		return [][]reflect.Value{fixed}
	}
	var all [][]reflect.Value
	for _, body := range valuesOf(t, operation.RequestBody.Value.Content.Get("application/json").Schema) {
		all = append(all, append(slices.Clip(fixed), argument(t, method.Type.In(next), body)))
	}
	return all
}

// argument converts a JSON value to a Go type, which must have a place for every part of the value.
func argument(t *testing.T, in reflect.Type, value any) reflect.Value {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	result := reflect.New(in)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(result.Interface()); err != nil {
		t.Fatalf("%v cannot hold %s: %v", in, text, err)
	}
	again, err := json.Marshal(result.Interface())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decode(t, text), decode(t, again)); diff != "" {
		t.Errorf("%v changes the value it is given (-want +got):\n%s", in, diff)
	}
	return result.Elem()
}

func decode(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}
