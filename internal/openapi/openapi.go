// Package openapi loads an OpenAPI description for validation.
package openapi

import (
	"context"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// Load reads and validates a description in YAML or JSON.
//
// A schema without a type accepts any value in OpenAPI 3.0, including null, but the validator of kin-openapi rejects null
// there unless the schema is nullable. Load therefore marks such schemas as nullable.
func Load(text []byte) (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read the description: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("the description is not valid OpenAPI: %w", err)
	}
	Walk(doc, func(schema *openapi3.Schema) {
		if schema.Type == nil && len(schema.AllOf)+len(schema.OneOf)+len(schema.AnyOf) == 0 {
			schema.Nullable = true
		}
	})
	return doc, nil
}

// Walk calls visit once for each schema of the components, the parameters and the bodies, in no particular order.
func Walk(doc *openapi3.T, visit func(*openapi3.Schema)) {
	w := walker{visit: visit, seen: map[*openapi3.Schema]bool{}}
	for _, schema := range doc.Components.Schemas {
		w.walk(schema)
	}
	for _, item := range doc.Paths.Map() {
		w.parameters(item.Parameters)
		for _, op := range item.Operations() {
			w.parameters(op.Parameters)
			if op.RequestBody != nil {
				w.content(op.RequestBody.Value.Content)
			}
			for _, response := range op.Responses.Map() {
				w.content(response.Value.Content)
			}
		}
	}
}

type walker struct {
	visit func(*openapi3.Schema)
	seen  map[*openapi3.Schema]bool
}

func (w walker) parameters(all openapi3.Parameters) {
	for _, ref := range all {
		w.walk(ref.Value.Schema)
	}
}

func (w walker) content(content openapi3.Content) {
	for _, media := range content {
		w.walk(media.Schema)
	}
}

func (w walker) walk(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || w.seen[ref.Value] {
		return
	}
	schema := ref.Value
	w.seen[schema] = true
	w.visit(schema)
	for _, property := range schema.Properties {
		w.walk(property)
	}
	w.walk(schema.Items)
	w.walk(schema.AdditionalProperties.Schema)
	for _, list := range []openapi3.SchemaRefs{schema.AllOf, schema.OneOf, schema.AnyOf} {
		for _, member := range list {
			w.walk(member)
		}
	}
}

// KnownValues returns the known values of an extensible enum, which are in the extension x-extensible-enum; nil for any
// other schema.
func KnownValues(schema *openapi3.Schema) []any {
	values, _ := schema.Extensions["x-extensible-enum"].([]any)
	return values
}
