// Package check holds recorded exchanges against the description of the API, and says at which place which rule is
// broken.
package check

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/internal/openapi"
)

// Document is a description, laid out for checking. Tests change it in place to see that changes are noticed.
type Document struct {
	// Operations by method and path, sorted.
	Operations []*Operation
	// Schemas are all schemas that the description names or writes in place, each once, in the same order for the same
	// description.
	Schemas []Schema
}

// Operation is one operation, with everything that applies to it.
type Operation struct {
	ID, Method, Path string
	Parameters       openapi3.Parameters
	Body             *openapi3.RequestBody // nil if it takes none
	Responses        map[string]*openapi3.Response
}

// Schema is a schema and where it stands.
type Schema struct {
	// Place is a component's name, followed by a property's name or "[]" for each step into it: "Function.error".
	Place string
	*openapi3.Schema
}

// parse reads a description into a form of its own, so that changing one never changes another.
func parse(text []byte) (*Document, error) {
	doc, err := openapi.Load(text)
	if err != nil {
		return nil, err
	}
	d := &Document{}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		d.place(name, doc.Components.Schemas[name])
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		item := doc.Paths.Map()[path]
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			d.Operations = append(d.Operations, newOperation(method, path, item, operations[method]))
		}
	}
	d.placeParameters()
	return d, nil
}

func newOperation(method, path string, item *openapi3.PathItem, o *openapi3.Operation) *Operation {
	op := &Operation{
		ID: o.OperationID, Method: method, Path: path, Parameters: slices.Concat(item.Parameters, o.Parameters),
		Responses: map[string]*openapi3.Response{},
	}
	if o.RequestBody != nil {
		op.Body = o.RequestBody.Value
	}
	for status, response := range o.Responses.Map() {
		op.Responses[status] = response.Value
	}
	return op
}

// placeParameters notes the schemas that parameters write in place; a shared parameter is noted once.
func (d *Document) placeParameters() {
	seen := map[*openapi3.Parameter]bool{}
	for _, op := range d.Operations {
		for _, ref := range op.Parameters {
			if seen[ref.Value] {
				continue
			}
			seen[ref.Value] = true
			name := op.ID + " parameter " + ref.Value.Name
			if ref.Ref != "" {
				name = "parameter " + ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]
			}
			if ref.Value.Schema.Ref == "" {
				d.place(name, ref.Value.Schema)
			}
		}
	}
}

// place notes a schema and those written in place inside it, whose wrappers it removes on the way.
func (d *Document) place(place string, ref *openapi3.SchemaRef) {
	schema := ref.Value
	d.Schemas = append(d.Schemas, Schema{place, schema})
	inner := func(place string, ref *openapi3.SchemaRef) *openapi3.SchemaRef {
		ref = unwrapped(ref)
		if ref != nil && ref.Ref == "" {
			d.place(place, ref)
		}
		return ref
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		schema.Properties[name] = inner(place+"."+name, schema.Properties[name])
	}
	schema.Items = inner(place+"[]", schema.Items)
	schema.AdditionalProperties.Schema = inner(place+"{}", schema.AdditionalProperties.Schema)
	for i := range schema.OneOf {
		schema.OneOf[i] = inner(fmt.Sprintf("%s|%d", place, i), schema.OneOf[i])
	}
}

// unwrapped takes off an allOf of one schema, which serves to give a property a description of its own: behind it, the
// validator would name neither the place nor the rule.
func unwrapped(ref *openapi3.SchemaRef) *openapi3.SchemaRef {
	if ref != nil && ref.Ref == "" && len(ref.Value.AllOf) == 1 && ref.Value.Type == nil {
		return unwrapped(ref.Value.AllOf[0])
	}
	return ref
}

// closed makes objects that list their properties refuse others, and extensible enums refuse unknown values.
func (d *Document) closed() *Document {
	for _, s := range d.Schemas {
		if known := openapi.KnownValues(s.Schema); known != nil {
			s.Enum = known
		}
		if s.Type.Is(openapi3.TypeObject) && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
			s.AdditionalProperties.Has = new(false)
		}
	}
	return d
}

// Find returns the operation that a request is for, with the values of the path's parameters, or nil. The path is that
// below the project.
func (d *Document) Find(method, path string) (*Operation, map[string]string) {
	segments := strings.Split(path, "/")
	var best *Operation
	var found map[string]string
	for _, op := range d.Operations {
		// Literal segments win over parameters: fewer values mean more of those.
		if values, ok := match(strings.Split(op.Path, "/"), segments); ok && op.Method == method && (best == nil || len(values) < len(found)) {
			best, found = op, values
		}
	}
	return best, found
}

func match(template, segments []string) (map[string]string, bool) {
	if len(template) != len(segments) {
		return nil, false
	}
	values := map[string]string{}
	for i, want := range template {
		if name, isParameter := strings.CutPrefix(want, "{"); isParameter {
			values[strings.TrimSuffix(name, "}")] = segments[i]
		} else if want != segments[i] {
			return nil, false
		}
	}
	return values, true
}

// Response returns what the description says about a status, and the key under which it says so. Successes and the 400
// that the reference documents need a description of their own; only other errors may be left to "default".
func (op *Operation) Response(status int) (string, *openapi3.Response) {
	key := strconv.Itoa(status)
	if response := op.Responses[key]; response != nil {
		return key, response
	}
	if status > 400 {
		return "default", op.Responses["default"]
	}
	return key, nil
}
