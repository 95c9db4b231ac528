package description

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// nonceFaults checks that x-cogfn-nonce marks exactly the operations whose request body contains a nonce. A client must not
// send such a body twice.
func nonceFaults(s subject) []string {
	var faults []string
	eachOperation(s.doc, func(name string, op *openapi3.Operation) {
		has := false
		if op.RequestBody != nil {
			for _, media := range op.RequestBody.Value.Content {
				reach(media.Schema, func(ref *openapi3.SchemaRef) { has = has || ref.Value.Properties["nonce"] != nil })
			}
		}
		mark, marked := op.Extensions["x-cogfn-nonce"]
		switch {
		case marked && mark != true:
			faults = append(faults, fmt.Sprintf("%s: x-cogfn-nonce is %v; it must be true or absent", name, mark))
		case has != marked:
			faults = append(faults, fmt.Sprintf("%s: x-cogfn-nonce is set: %v, but the request body contains a nonce: %v", name, marked, has))
		}
	})
	return faults
}

// withoutFields is the only object in responses without fields, which needs no mark.
const withoutFields = "#/components/schemas/EmptyObject"

// responseFaults checks that x-cogfn-response marks exactly the objects that successful responses contain. The Go types of
// marked objects keep fields that they do not know, and report missing required fields. An object is a schema with
// properties. A map with free keys needs no mark.
func responseFaults(s subject) []string {
	var faults []string
	inResponses := map[*openapi3.Schema]bool{}
	eachOperation(s.doc, func(name string, op *openapi3.Operation) {
		for status, response := range op.Responses.Map() {
			if !strings.HasPrefix(status, "2") {
				continue
			}
			for _, media := range response.Value.Content {
				if media.Schema.Ref != withoutFields && !media.Schema.Value.Type.Is("object") {
					faults = append(faults, fmt.Sprintf("%s: the response %s is not an object", name, status))
				}
				reach(media.Schema, func(ref *openapi3.SchemaRef) { inResponses[ref.Value] = true })
			}
		}
	})
	for _, p := range places(s.doc) {
		if p.ref.Ref != "" {
			continue
		}
		schema := p.ref.Value
		mark, marked := schema.Extensions["x-cogfn-response"]
		needed := inResponses[schema] && len(schema.Properties) > 0
		switch {
		case marked && (mark != true || !schema.Type.Is("object")):
			faults = append(faults, fmt.Sprintf("%s: x-cogfn-response must be true, on an object", p.where))
		case needed && schemaPlace.FindStringSubmatch(p.where) == nil:
			faults = append(faults, fmt.Sprintf("%s: an object in responses needs a named schema", p.where))
		case needed && !marked:
			faults = append(faults, fmt.Sprintf("%s: responses contain this object; mark it with x-cogfn-response: true", p.where))
		case marked && !needed:
			faults = append(faults, fmt.Sprintf("%s: no successful response contains this object; remove x-cogfn-response", p.where))
		}
	}
	return faults
}

// reach calls visit for a schema and for every schema that it leads to, each once.
func reach(root *openapi3.SchemaRef, visit func(*openapi3.SchemaRef)) {
	seen := map[*openapi3.Schema]bool{}
	var walk func(ref *openapi3.SchemaRef)
	walk = func(ref *openapi3.SchemaRef) {
		if ref == nil || seen[ref.Value] {
			return
		}
		seen[ref.Value] = true
		visit(ref)
		schema := ref.Value
		inner := slices.Concat(slices.Collect(maps.Values(schema.Properties)), schema.AllOf, schema.OneOf, schema.AnyOf)
		for _, ref := range append(inner, schema.Items, schema.AdditionalProperties.Schema) {
			walk(ref)
		}
	}
	walk(root)
}
