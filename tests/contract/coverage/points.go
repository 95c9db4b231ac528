// Package coverage measures how much of the description the recorded exchanges cover. Each status, parameter, property, enum
// value and alternative in the description is a point. An exchange covers a point by using it.
package coverage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/tests/contract/check"
)

// Kind is the kind of a point.
type Kind string

// The kinds of points. The first three, and Without for parameters and bodies, are counted per operation. The others are
// counted per named schema, once for requests and once for responses.
const (
	Status    Kind = "status"    // the status of a response
	Parameter Kind = "parameter" // a parameter that was sent
	Property  Kind = "property"  // a property in a request or a response
	Without   Kind = "without"   // an optional parameter, body or property that was absent
	Value     Kind = "value"     // a value of an enum
	Branch    Kind = "branch"    // a branch of a oneOf
	Null      Kind = "null"      // null where it is allowed
)

// Kinds returns all kinds in the order of the reports.
func Kinds() []Kind { return []Kind{Status, Parameter, Property, Without, Value, Branch, Null} }

// AnyOperation is the operation of points that are counted once for all operations: those of errors and schemas.
const AnyOperation = "any"

// Point is one use of the API that the description allows.
type Point struct {
	// Operation is the id of an operation, or AnyOperation.
	Operation string
	Kind      Kind
	// Place is a place in the operation: "200", "query limit", "request /items/*/name", "response FunctionStatus Ready".
	Place string
}

// String returns the point as in the file of exceptions: "getFunctions parameter query limit".
func (p Point) String() string { return p.Operation + " " + string(p.Kind) + " " + p.Place }

// Compare compares points by operation, kind and place.
func Compare(a, b Point) int {
	return cmp.Or(strings.Compare(a.Operation, b.Operation), cmp.Compare(slices.Index(Kinds(), a.Kind), slices.Index(Kinds(), b.Kind)),
		strings.Compare(a.Place, b.Place))
}

// Declared returns every point of a description.
func Declared(d *check.Document) map[Point]bool {
	w := declarer{points: map[Point]bool{}}
	for _, op := range d.Operations {
		for status, response := range op.Responses {
			w.points[Point{op.ID, Status, status}] = true
			w.content(responseSide(op.ID, status), response.Content)
		}
		for _, ref := range op.Parameters {
			p := ref.Value
			w.points[Point{op.ID, Parameter, p.In + " " + p.Name}] = true
			if !p.Required {
				w.points[Point{op.ID, Without, p.In + " " + p.Name}] = true
			}
			w.schema(side{op.ID, "request", ""}, parameterName(op.ID, ref), p.Schema)
		}
		if op.Body != nil {
			if !op.Body.Required {
				w.points[Point{op.ID, Without, "body"}] = true
			}
			w.content(side{op.ID, "request", ""}, op.Body.Content)
		}
	}
	return w.points
}

// side is a position in the body of a request or response.
type side struct {
	operation string
	// direction is "request" or "response".
	direction string
	// path is a JSON pointer, with * for the items of an array and for keys that the schema does not list.
	path string
}

// responseSide returns the side of a response. Errors have the same side for all operations.
func responseSide(operation, status string) side {
	if !strings.HasPrefix(status, "2") {
		return side{AnyOperation, "error", ""}
	}
	return side{operation, "response", ""}
}

func (s side) into(step string) side { return side{s.operation, s.direction, s.path + "/" + step} }

// property returns the point for a property at this position.
func (s side) property() Point { return Point{s.operation, Property, s.direction + " " + s.path} }

// of returns a point of a schema.
func (s side) of(kind Kind, place string) Point {
	return Point{AnyOperation, kind, s.direction + " " + place}
}

// parameterName names the schema of a parameter as check.Document does.
func parameterName(operation string, ref *openapi3.ParameterRef) string {
	if ref.Ref != "" {
		return "parameter " + lastOf(ref.Ref)
	}
	return operation + " parameter " + ref.Value.Name
}

// nameOf returns the name of a referenced schema, or the place of an inline one.
func nameOf(ref *openapi3.SchemaRef, place string) string {
	if ref.Ref != "" {
		return lastOf(ref.Ref)
	}
	return place
}

func lastOf(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// declarer walks through schemas and records their points.
type declarer struct{ points map[Point]bool }

func (w declarer) content(s side, content openapi3.Content) {
	for _, media := range content {
		w.schema(s, "", media.Schema)
	}
}

func (w declarer) schema(s side, place string, ref *openapi3.SchemaRef) {
	name, schema := nameOf(ref, place), ref.Value
	if schema.Nullable {
		w.points[s.of(Null, name)] = true
	}
	for _, value := range schema.Enum {
		w.points[s.of(Value, fmt.Sprintf("%s %v", name, value))] = true
	}
	for i, branch := range schema.OneOf {
		w.points[s.of(Branch, branchName(name, i, branch))] = true
		w.schema(s, branchName(name, i, branch), branch)
	}
	for _, key := range slices.Sorted(maps.Keys(schema.Properties)) {
		inner := s.into(key)
		w.points[inner.property()] = true
		if !slices.Contains(schema.Required, key) {
			w.points[s.of(Without, name+"."+key)] = true
		}
		w.schema(inner, name+"."+key, schema.Properties[key])
	}
	if free := schema.AdditionalProperties.Schema; free != nil {
		w.points[s.into("*").property()] = true
		w.schema(s.into("*"), name+"{}", free)
	}
	if schema.Items != nil {
		w.points[s.into("*").property()] = true
		w.schema(s.into("*"), name+"[]", schema.Items)
	}
}

func branchName(name string, i int, branch *openapi3.SchemaRef) string {
	return name + " " + nameOf(branch, strconv.Itoa(i))
}
