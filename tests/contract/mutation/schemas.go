package mutation

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/tests/contract/check"
)

// schemaMutants collects the mutants of one schema.
type schemaMutants struct {
	i     int
	place string
	all   []Mutant
}

// add adds a mutant. The change must replace maps and slices instead of changing them, so that the mutant can be undone.
func (m *schemaMutants) add(kind, detail string, change func(*openapi3.Schema)) {
	m.all = append(m.all, Mutant{Kind: kind, Place: m.place + detail, apply: func(d *check.Document) func() {
		changed := d.Schemas[m.i].Schema
		old := *changed
		change(changed)
		return func() { *changed = old }
	}})
}

// ofSchema returns the mutants of schema i.
func ofSchema(i int, schema check.Schema) []Mutant {
	m := &schemaMutants{i: i, place: schema.Place}
	m.types(schema.Schema)
	m.properties(schema.Schema)
	m.bounds(schema.Schema)
	m.values(schema.Schema)
	return m.all
}

// otherType maps each type to one that accepts none of its values, also as a query parameter.
var otherType = map[string]string{
	openapi3.TypeString: openapi3.TypeInteger, openapi3.TypeInteger: openapi3.TypeString, openapi3.TypeNumber: openapi3.TypeString,
	openapi3.TypeBoolean: openapi3.TypeInteger, openapi3.TypeArray: openapi3.TypeObject, openapi3.TypeObject: openapi3.TypeArray,
}

func (m *schemaMutants) types(schema *openapi3.Schema) {
	for _, name := range schema.Type.Slice() {
		m.add("change type", "", func(s *openapi3.Schema) { s.Type = &openapi3.Types{otherType[name]} })
	}
	if schema.Type.Is(openapi3.TypeNumber) {
		m.add("change type", " to integer", func(s *openapi3.Schema) { s.Type = &openapi3.Types{openapi3.TypeInteger} })
	}
	if schema.Type == nil && len(schema.OneOf) == 0 {
		m.add("add type", "", func(s *openapi3.Schema) { s.Type = &openapi3.Types{openapi3.TypeObject} })
	}
	if schema.Format == "int64" {
		m.add("narrow format", "", func(s *openapi3.Schema) { s.Format = "int32" })
	}
	if schema.Nullable {
		m.add("drop null", "", func(s *openapi3.Schema) { s.Nullable = false })
	}
	for k, branch := range schema.OneOf {
		name := strconv.Itoa(k)
		if branch.Ref != "" {
			name = path.Base(branch.Ref)
		}
		m.add("remove branch", " "+name, func(s *openapi3.Schema) { s.OneOf = slices.Delete(slices.Clone(s.OneOf), k, k+1) })
	}
}

func (m *schemaMutants) properties(schema *openapi3.Schema) {
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		m.add("rename property", "."+name, func(s *openapi3.Schema) {
			s.Properties = maps.Clone(s.Properties)
			s.Properties[name+"Renamed"] = s.Properties[name]
			delete(s.Properties, name)
		})
		if slices.Contains(schema.Required, name) {
			m.add("drop required", "."+name, func(s *openapi3.Schema) {
				s.Required = slices.DeleteFunc(slices.Clone(s.Required), func(one string) bool { return one == name })
			})
		} else {
			m.add("add required", "."+name, func(s *openapi3.Schema) { s.Required = append(slices.Clone(s.Required), name) })
		}
	}
	if free := schema.AdditionalProperties; free.Has != nil && *free.Has || free.Schema != nil {
		m.add("close object", "", func(s *openapi3.Schema) { s.AdditionalProperties = openapi3.AdditionalProperties{Has: new(false)} })
	}
}

// values removes the values of an enum, one at a time. A single value is replaced, because an empty enum allows everything.
func (m *schemaMutants) values(schema *openapi3.Schema) {
	for _, value := range schema.Enum {
		m.add("remove value", fmt.Sprintf(" %v", value), func(s *openapi3.Schema) {
			if s.Enum == nil {
				return // extensible enums have no values in the tolerant description
			}
			s.Enum = slices.DeleteFunc(slices.Clone(s.Enum), func(one any) bool { return one == value })
			if len(s.Enum) == 0 {
				s.Enum = []any{"another value"}
			}
		})
	}
}

// bounds moves each bound by one in both directions.
func (m *schemaMutants) bounds(schema *openapi3.Schema) {
	const tighten, widen = "tighten bound", "widen bound"
	least := func(name string, bound func(*openapi3.Schema) *uint64) {
		if *bound(schema) > 0 {
			m.add(tighten, " "+name, func(s *openapi3.Schema) { *bound(s)++ })
			m.add(widen, " "+name, func(s *openapi3.Schema) { *bound(s)-- })
		}
	}
	most := func(name string, bound func(*openapi3.Schema) **uint64) {
		if *bound(schema) != nil {
			m.add(tighten, " "+name, func(s *openapi3.Schema) { *bound(s) = new(**bound(s) - 1) })
			m.add(widen, " "+name, func(s *openapi3.Schema) { *bound(s) = new(**bound(s) + 1) })
		}
	}
	number := func(name string, inward float64, bound func(*openapi3.Schema) **float64) {
		if *bound(schema) != nil {
			m.add(tighten, " "+name, func(s *openapi3.Schema) { *bound(s) = new(**bound(s) + inward) })
			m.add(widen, " "+name, func(s *openapi3.Schema) { *bound(s) = new(**bound(s) - inward) })
		}
	}
	least("minLength", func(s *openapi3.Schema) *uint64 { return &s.MinLength })
	most("maxLength", func(s *openapi3.Schema) **uint64 { return &s.MaxLength })
	least("minItems", func(s *openapi3.Schema) *uint64 { return &s.MinItems })
	most("maxItems", func(s *openapi3.Schema) **uint64 { return &s.MaxItems })
	least("minProperties", func(s *openapi3.Schema) *uint64 { return &s.MinProps })
	most("maxProperties", func(s *openapi3.Schema) **uint64 { return &s.MaxProps })
	number("minimum", 1, func(s *openapi3.Schema) **float64 { return &s.Min })
	number("maximum", -1, func(s *openapi3.Schema) **float64 { return &s.Max })
	if schema.Pattern != "" {
		m.add(widen, " pattern", func(s *openapi3.Schema) { s.Pattern = "" })
	}
	if schema.UniqueItems {
		m.add(widen, " uniqueItems", func(s *openapi3.Schema) { s.UniqueItems = false })
	}
}
