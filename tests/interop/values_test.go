package interop

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/internal/openapi"
)

// valuesOf returns JSON values that a schema accepts, with every property set. There is one value for each alternative of
// the longest oneOf. A schema whose pattern or bounds need a particular value must have an example.
func valuesOf(t *testing.T, schema *openapi3.SchemaRef) []any {
	t.Helper()
	var all []any
	for b := (&builder{alternatives: 1}); b.alternative < b.alternatives; b.alternative++ {
		value := b.value(schema.Value)
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Value.VisitJSON(decode(t, text)); err != nil {
			t.Fatalf("%s does not fit the schema; give it an example in api/openapi.yaml: %v", text, err)
		}
		all = append(all, value)
	}
	return all
}

// builder builds a value from a schema. It uses the given alternative of each oneOf, and counts the alternatives.
type builder struct{ alternative, alternatives int }

func (b *builder) value(s *openapi3.Schema) any {
	switch {
	case len(s.OneOf) > 0:
		b.alternatives = max(b.alternatives, len(s.OneOf))
		return b.value(s.OneOf[b.alternative%len(s.OneOf)].Value)
	case len(s.AllOf) == 1: // a reference with a description of its own
		return b.value(s.AllOf[0].Value)
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type.Is("object") && len(s.Properties) > 0:
		return b.object(s)
	case s.Example != nil:
		return s.Example
	case openapi.KnownValues(s) != nil:
		return openapi.KnownValues(s)[0]
	case s.Type.Is("object"):
		return b.object(s)
	case s.Type.Is("array"):
		return b.array(s)
	case s.Type.Is("integer"), s.Type.Is("number"):
		return number(s)
	case s.Type.Is("boolean"):
		return true
	default:
		return "text" + strings.Repeat("s", max(0, int(s.MinLength)-len("text")))
	}
}

// object also sets a property that the schema does not name, if the schema allows such properties explicitly.
func (b *builder) object(s *openapi3.Schema) map[string]any {
	value := map[string]any{}
	additional := s.AdditionalProperties
	if additional.Schema != nil {
		value["key"] = b.value(additional.Schema.Value)
	} else if additional.Has != nil && *additional.Has {
		value["key"] = "text"
	}
	for name, property := range s.Properties {
		value[name] = b.value(property.Value)
	}
	return value
}

func (b *builder) array(s *openapi3.Schema) []any {
	items := []any{}
	for range max(1, s.MinItems) {
		items = append(items, b.value(s.Items.Value))
	}
	return items
}

// number returns a number that needs more than 32 bits, unless the format or the bounds forbid it.
func number(s *openapi3.Schema) float64 {
	value := 4503599627370497.0
	if s.Format == "int32" {
		value = 10
	}
	if s.Max != nil {
		value = min(value, *s.Max)
	}
	if s.Min != nil {
		value = max(value, *s.Min)
	}
	return value
}
