// Package check checks recorded exchanges against the description of the API. Each failure names the place and the rule.
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

// Document is a description in a form for checks. Package mutation changes it in place.
type Document struct {
	// Operations are sorted by path and method.
	Operations []*Operation
	// Schemas are all schemas, named and inline, each once. Their order depends only on the description.
	Schemas []Schema
}

// Operation is an operation with the parameters of its path.
type Operation struct {
	ID, Method, Path string
	Parameters       openapi3.Parameters
	Body             *openapi3.RequestBody // nil if there is none
	Responses        map[string]*openapi3.Response
}

// Schema is a schema and its place in the description.
type Schema struct {
	// Place is the name of a component, followed by ".property", "[]", "{}" or "|n" for each step: "Function.error".
	Place string
	*openapi3.Schema
}

// parse reads a description. Documents share no data, so a change of one does not change another.
func parse(text []byte) (*Document, error) {
	doc, err := openapi.Load(text)
	if err != nil {
		return nil, err
	}
	d := &Document{}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		d.addSchema(name, doc.Components.Schemas[name])
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		item := doc.Paths.Map()[path]
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			d.Operations = append(d.Operations, newOperation(method, path, item, operations[method]))
		}
	}
	d.addParameters()
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

// addParameters adds the inline schemas of parameters. A shared parameter is added once.
func (d *Document) addParameters() {
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
				d.addSchema(name, ref.Value.Schema)
			}
		}
	}
}

// addSchema adds a schema and the inline schemas in it, and replaces each allOf of one schema by that schema.
func (d *Document) addSchema(place string, ref *openapi3.SchemaRef) {
	schema := ref.Value
	d.Schemas = append(d.Schemas, Schema{place, schema})
	inner := func(place string, ref *openapi3.SchemaRef) *openapi3.SchemaRef {
		ref = unwrapped(ref)
		if ref != nil && ref.Ref == "" {
			d.addSchema(place, ref)
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

// unwrapped returns the schema in an allOf of one schema. The description uses such an allOf to describe a property, but the
// validator does not report the place and the rule of failures inside it.
func unwrapped(ref *openapi3.SchemaRef) *openapi3.SchemaRef {
	if ref != nil && ref.Ref == "" && len(ref.Value.AllOf) == 1 && ref.Value.Type == nil {
		return unwrapped(ref.Value.AllOf[0])
	}
	return ref
}

// strict changes objects to reject properties that are not listed, and extensible enums to reject unknown values.
func (d *Document) strict() *Document {
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

// Find returns the operation of a request and the values of its path parameters, or nil. The path is relative to the
// project.
func (d *Document) Find(method, path string) (*Operation, map[string]string) {
	segments := strings.Split(path, "/")
	var best *Operation
	var found map[string]string
	for _, op := range d.Operations {
		// Literal segments take precedence over parameters, so fewer values are better.
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

// Response returns the response with a status, and its key in the description. Successes and status 400, which the reference
// documents, need their own key. Other errors can use "default".
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
