package mutation

import (
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/tests/contract/check"
)

// ofOperation returns the mutants of operation i.
func ofOperation(i int, op *check.Operation) []Mutant {
	var all []Mutant
	add := func(kind, detail string, change func(*check.Operation)) {
		all = append(all, Mutant{kind, op.ID + detail, []string{op.ID}, func(d *check.Document) func() {
			changed := d.Operations[i]
			old := *changed
			change(changed)
			return func() { *changed = old }
		}})
	}
	all = append(all, Mutant{"remove operation", op.ID, []string{op.ID}, func(d *check.Document) func() {
		old := d.Operations
		d.Operations = slices.Delete(slices.Clone(old), i, i+1)
		return func() { d.Operations = old }
	}})
	add("change method", "", func(op *check.Operation) { op.Method = http.MethodPut })
	add("change path", "", func(op *check.Operation) { op.Path += "x" })
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		add("drop status", " "+status, func(op *check.Operation) {
			op.Responses = maps.Clone(op.Responses)
			delete(op.Responses, status)
		})
	}
	for k, ref := range op.Parameters {
		add("drop parameter", " "+ref.Value.Name, func(op *check.Operation) {
			op.Parameters = slices.Delete(slices.Clone(op.Parameters), k, k+1)
		})
		if !ref.Value.Required {
			add("require parameter", " "+ref.Value.Name, func(op *check.Operation) {
				required := *op.Parameters[k].Value
				required.Required = true
				op.Parameters = slices.Clone(op.Parameters)
				op.Parameters[k] = &openapi3.ParameterRef{Ref: ref.Ref, Value: &required}
			})
		}
	}
	if op.Body == nil {
		return all
	}
	add("drop body", "", func(op *check.Operation) { op.Body = nil })
	kind := "require body"
	if op.Body.Required {
		kind = "make body optional"
	}
	add(kind, "", func(op *check.Operation) {
		other := *op.Body
		other.Required = !other.Required
		op.Body = &other
	})
	return all
}
