// Package mutation changes the description in memory, one place at a time, and checks that the recorded exchanges detect
// each change.
package mutation

import (
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/tests/contract/check"
)

// Mutant is one change of the description.
type Mutant struct {
	// Kind is the kind of change: "drop required".
	Kind string
	// Place is the changed place: "Function.id", "getFunctions 400".
	Place string
	// Operations are the ids of the operations that the change affects.
	Operations []string

	// apply changes a document and returns a function that restores it.
	apply func(*check.Document) (undo func())
}

// String returns the mutant as in the file of exceptions: "drop required Function.id".
func (m Mutant) String() string { return m.Kind + " " + m.Place }

// Mutants returns all changes of the description that this package supports, in a fixed order.
func Mutants(d *check.Document) []Mutant {
	var all []Mutant
	for i, op := range d.Operations {
		all = append(all, ofOperation(i, op)...)
	}
	for i, schema := range d.Schemas {
		affected := users(d, schema.Schema)
		for _, m := range ofSchema(i, schema) {
			m.Operations = affected
			all = append(all, m)
		}
	}
	return all
}

// users returns the ids of the operations whose requests or responses contain a schema.
func users(d *check.Document, schema *openapi3.Schema) []string {
	var ids []string
	for _, op := range d.Operations {
		var roots []*openapi3.SchemaRef
		for _, p := range op.Parameters {
			roots = append(roots, p.Value.Schema)
		}
		if op.Body != nil {
			roots = append(roots, schemasOf(op.Body.Content)...)
		}
		for _, response := range op.Responses {
			roots = append(roots, schemasOf(response.Content)...)
		}
		if slices.ContainsFunc(roots, func(root *openapi3.SchemaRef) bool { return contains(root, schema) }) {
			ids = append(ids, op.ID)
		}
	}
	return ids
}

func schemasOf(content openapi3.Content) []*openapi3.SchemaRef {
	var all []*openapi3.SchemaRef
	for _, media := range content {
		all = append(all, media.Schema)
	}
	return all
}

// contains reports whether a schema is part of the schema at ref.
func contains(ref *openapi3.SchemaRef, schema *openapi3.Schema) bool {
	if ref == nil {
		return false
	}
	if ref.Value == schema {
		return true
	}
	inner := slices.Concat(slices.Collect(maps.Values(ref.Value.Properties)), ref.Value.OneOf,
		[]*openapi3.SchemaRef{ref.Value.Items, ref.Value.AdditionalProperties.Schema})
	return slices.ContainsFunc(inner, func(ref *openapi3.SchemaRef) bool { return contains(ref, schema) })
}
