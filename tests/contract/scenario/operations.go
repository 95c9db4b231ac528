package scenario

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/api"
	"github.com/cogfn/cogfn/tests/contract/check"
	functions "github.com/cogfn/cogfn/wrapper"
)

// unknownID is the id of no resource. If the service accepts an invalid request with it, nothing changes.
const unknownID = "9007199254740991"

// request is a request that is sent without the wrapper's checks.
type request struct{ method, path, body string }

// described returns the description, from which the requests are derived.
var described = sync.OnceValues(func() (*check.Description, error) { return check.Load(api.OpenAPI) })

// minimal is the smallest request to an operation that follows the description.
type minimal struct {
	op   *check.Operation
	path string
	// body is nil for an operation without a body.
	body object
}

// pathOf returns the path of an operation with its parameters set to values, or to unknownID.
func pathOf(op *check.Operation, values map[string]string) string {
	path := op.Path
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInPath {
			path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", cmp.Or(values[p.Value.Name], unknownID))
		}
	}
	return path
}

// schema returns the schema of the body, or nil.
func (r minimal) schema() *openapi3.Schema {
	if r.op.Body == nil {
		return nil
	}
	return r.op.Body.Content["application/json"].Schema.Value
}

// list returns the schema of the items in the body, or nil.
func (r minimal) list() *openapi3.Schema {
	if schema := r.schema(); schema != nil && schema.Properties["items"] != nil {
		return schema.Properties["items"].Value
	}
	return nil
}

func (r minimal) with(body object) request { return request{r.op.Method, r.path, body.String()} }

func (r minimal) request() request {
	if r.body == nil {
		return request{r.op.Method, r.path, ""}
	}
	return r.with(r.body)
}

// minimalRequests returns the smallest request to each operation. Path parameters and ids are unknownID.
func (s *scenario) minimalRequests() ([]minimal, error) {
	description, err := described()
	if err != nil {
		return nil, err
	}
	var all []minimal
	for _, op := range description.Tolerant.Operations {
		r := minimal{op: op, path: pathOf(op, nil)}
		if schema := r.schema(); schema != nil {
			r.body = s.minimalObject(schema)
		}
		all = append(all, r)
	}
	return all, nil
}

// minimalObject returns an object with the required properties. It also has an external id if the schema has one, so that
// the scenario can delete the resource if the service creates it.
func (s *scenario) minimalObject(schema *openapi3.Schema) object {
	fields := object{}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if name == "externalId" || slices.Contains(schema.Required, name) {
			fields[name] = s.minimalValue(name, schema.Properties[name].Value)
		}
	}
	return fields
}

func (s *scenario) minimalValue(name string, schema *openapi3.Schema) any {
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case len(schema.OneOf) > 0:
		return s.minimalValue(name, schema.OneOf[0].Value)
	case schema.Type.Is(openapi3.TypeArray):
		return many(int(schema.MinItems), func(int) any { return s.minimalValue(name, schema.Items.Value) }) //nolint:gosec // a small number
	case schema.Type.Is(openapi3.TypeObject):
		return s.minimalObject(schema)
	case schema.Type.Is(openapi3.TypeInteger):
		return json.Number(unknownID)
	case schema.Type.Is(openapi3.TypeBoolean):
		return true
	case name == "cronExpression":
		return yearly
	}
	return s.Name + "-refused"
}

// generalInvalidRequests returns invalid requests to all operations: with an unknown query parameter, an id that is not a
// number, no body, an unknown field, or without a required field.
func (s *scenario) generalInvalidRequests() ([]request, error) {
	operations, err := s.minimalRequests()
	if err != nil {
		return nil, err
	}
	var all []request
	for _, r := range operations {
		plain := r.request()
		all = append(all, request{plain.method, plain.path + "?unknownParameter=1", plain.body})
		for _, p := range r.op.Parameters {
			if p.Value.In == openapi3.ParameterInPath {
				all = append(all, request{plain.method, pathOf(r.op, map[string]string{p.Value.Name: "one"}), plain.body})
			}
		}
		if r.body == nil {
			continue
		}
		if r.op.Body.Required {
			all = append(all, request{plain.method, plain.path, ""})
		}
		all = append(all, r.with(r.body.with("unknownField", 1)))
		for _, body := range r.incomplete() {
			all = append(all, r.with(body))
		}
	}
	return all, nil
}

// incomplete returns copies of the body without one of the required fields, or with too few or too many items.
func (r minimal) incomplete() []object {
	var all []object
	for _, value := range incomplete(r.schema(), r.body) {
		if body, ok := value.(object); ok {
			all = append(all, body)
		}
	}
	return all
}

// incomplete returns copies of a valid value without one of the required fields, or with too few or too many items.
func incomplete(schema *openapi3.Schema, value any) []any {
	if len(schema.OneOf) > 0 {
		return []any{object{}}
	}
	var all []any
	switch value := value.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if slices.Contains(schema.Required, name) {
				all = append(all, value.without(name))
			}
			for _, inner := range incomplete(schema.Properties[name].Value, value[name]) {
				all = append(all, value.with(name, inner))
			}
		}
	case []any:
		if len(value) == 0 {
			return nil
		}
		all = append(all, value[1:])
		if most := schema.MaxItems; most != nil && *most == uint64(len(value)) {
			all = append(all, append(slices.Clone(value), value[0]))
		}
		for _, inner := range incomplete(schema.Items.Value, value[0]) {
			all = append(all, []any{inner})
		}
	}
	return all
}

// unauthorized sends a request with an invalid token to each operation.
func (s *scenario) unauthorized() error {
	config := s.Config
	config.TokenSource = functions.StaticToken("not-a-token")
	client, err := clientWith(config, &s.transport)
	if err != nil {
		return err
	}
	operations, err := s.minimalRequests()
	if err != nil {
		return err
	}
	errs := make([]error, 0, len(operations))
	for _, r := range operations {
		plain := r.request()
		if err := rejected(sendWith(s.ctx, client, plain.method, plain.path, plain.body)); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.op.ID, err))
		}
	}
	return errors.Join(errs...)
}
