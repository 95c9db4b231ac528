package description

import (
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// place is a schema and where it is, such as "schema Call: property status".
type place struct {
	where string
	ref   *openapi3.SchemaRef
	// text is the description of a parameter that has the schema; "" elsewhere.
	text string
}

// places returns every schema that is not only a $ref, and every use of one.
func places(doc *openapi3.T) []place {
	var all []place
	add := func(where string, ref *openapi3.SchemaRef) { all = append(all, below(where, ref)...) }
	addParameter := func(where string, parameter *openapi3.Parameter) {
		first := len(all)
		add(where, parameter.Schema)
		all[first].text = parameter.Description
	}
	for name, schema := range doc.Components.Schemas {
		add("schema "+name, schema)
	}
	for name, parameter := range doc.Components.Parameters {
		addParameter("parameter "+name, parameter.Value)
	}
	eachOperation(doc, func(_ string, op *openapi3.Operation) {
		for _, parameter := range op.Parameters {
			if parameter.Ref == "" {
				addParameter(op.OperationID+": parameter "+parameter.Value.Name, parameter.Value)
			}
		}
		for _, content := range bodies(op) {
			for kind, media := range content {
				add(op.OperationID+": "+kind, media.Schema)
			}
		}
	})
	return all
}

// below returns the schema and those in it, without following $ref.
func below(where string, ref *openapi3.SchemaRef) []place {
	if ref == nil {
		return nil
	}
	all := []place{{where: where, ref: ref}}
	if ref.Ref != "" {
		return all
	}
	for name, property := range ref.Value.Properties {
		all = append(all, below(where+": property "+name, property)...)
	}
	all = append(all, below(where+": items", ref.Value.Items)...)
	all = append(all, below(where+": values", ref.Value.AdditionalProperties.Schema)...)
	for _, members := range []openapi3.SchemaRefs{ref.Value.OneOf, ref.Value.AnyOf} {
		for _, member := range members {
			all = append(all, below(where+": choice", member)...)
		}
	}
	return all
}

// base returns the schema with the type, and its name or "" for an inline schema. For a $ref with its own description it is
// the member of allOf.
func base(ref *openapi3.SchemaRef) (string, *openapi3.Schema) {
	if ref.Ref == "" && len(ref.Value.AllOf) == 1 {
		ref = ref.Value.AllOf[0]
	}
	return strings.TrimPrefix(ref.Ref, "#/components/schemas/"), ref.Value
}
