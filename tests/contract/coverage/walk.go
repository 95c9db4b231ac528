package coverage

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Covered returns the points that an exchange covers. A request that violates the description covers nothing. Its response
// counts.
func Covered(d *check.Description, x *exchange.Exchange) map[Point]bool {
	w := walker{map[Point]bool{}}
	path, _ := check.PathOf(x.URL)
	op, _ := d.Strict.Find(x.Method, path)
	if op == nil {
		return w.points
	}
	if !x.Cassette.Rejected {
		w.request(op, x)
	}
	if status, response := op.Response(x.Status); response != nil {
		w.points[Point{op.ID, Status, status}] = true
		if media := response.Content["application/json"]; media != nil && x.Response.Err == nil {
			w.value(responseSide(op.ID, status), "", media.Schema, x.Response.Value)
		}
	}
	return w.points
}

// walker walks through values and their schemas, and records the points.
type walker struct{ points map[Point]bool }

func (w walker) request(op *check.Operation, x *exchange.Exchange) {
	query := x.URL.Query()
	for _, ref := range op.Parameters {
		p := ref.Value
		value, sent := parameterValue(p, query, x)
		switch {
		case sent:
			w.points[Point{op.ID, Parameter, p.In + " " + p.Name}] = true
			w.value(side{op.ID, "request", ""}, parameterName(op.ID, ref), p.Schema, value)
		case !p.Required:
			w.points[Point{op.ID, Without, p.In + " " + p.Name}] = true
		}
	}
	if op.Body == nil {
		return
	}
	if len(x.Request.Bytes) == 0 {
		w.points[Point{op.ID, Without, "body"}] = true
		return
	}
	if media := op.Body.Content["application/json"]; media != nil {
		w.value(side{op.ID, "request", ""}, "", media.Schema, x.Request.Value)
	}
}

// parameterValue returns the value of a parameter and whether it was sent. Path parameters are always sent.
func parameterValue(p *openapi3.Parameter, query url.Values, x *exchange.Exchange) (any, bool) {
	switch p.In {
	case openapi3.ParameterInPath:
		return nil, true
	case openapi3.ParameterInHeader:
		return x.RequestHeader.Get(p.Name), x.RequestHeader.Get(p.Name) != ""
	default:
		return query.Get(p.Name), query.Has(p.Name)
	}
}

func (w walker) value(s side, place string, ref *openapi3.SchemaRef, value any) {
	name, schema := nameOf(ref, place), ref.Value
	if value == nil && schema.Nullable {
		w.points[s.of(Null, name)] = true
	}
	for _, allowed := range schema.Enum {
		if fmt.Sprint(allowed) == fmt.Sprint(value) {
			w.points[s.of(Value, fmt.Sprintf("%s %v", name, value))] = true
		}
	}
	for i, branch := range schema.OneOf {
		if branch.Value.VisitJSON(value) == nil {
			w.points[s.of(Branch, branchName(name, i, branch))] = true
			w.value(s, branchName(name, i, branch), branch, value)
		}
	}
	switch value := value.(type) {
	case map[string]any:
		w.object(s, name, schema, value)
	case []any:
		if schema.Items == nil {
			return
		}
		inner := s.into("*")
		for _, item := range value {
			w.points[inner.property()] = true
			w.value(inner, name+"[]", schema.Items, item)
		}
	case string, bool, json.Number, nil:
	}
}

func (w walker) object(s side, name string, schema *openapi3.Schema, value map[string]any) {
	for key, property := range schema.Properties {
		inner, sent := value[key]
		switch {
		case sent:
			w.points[s.into(key).property()] = true
			w.value(s.into(key), name+"."+key, property, inner)
		case !slices.Contains(schema.Required, key):
			w.points[s.of(Without, name+"."+key)] = true
		}
	}
	free := schema.AdditionalProperties.Schema
	if free == nil {
		return
	}
	for key, inner := range value {
		if schema.Properties[key] == nil {
			w.points[s.into("*").property()] = true
			w.value(s.into("*"), name+"{}", free, inner)
		}
	}
}
