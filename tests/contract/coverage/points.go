// Package coverage tells how much of the description the recorded exchanges have shown: every freedom that the description
// grants is a point, and a point counts when an exchange has used it.
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

// Kind is what a point is about.
type Kind string

// The kinds of points. The first four are counted for each operation; the others for each named schema, once for requests
// and once for answers.
const (
	Status    Kind = "status"    // an operation answered with a status
	Parameter Kind = "parameter" // a parameter was sent
	Property  Kind = "property"  // a property was in a request or in an answer
	Without   Kind = "without"   // an optional parameter, body or property was left out
	Value     Kind = "value"     // a value of an enum
	Branch    Kind = "branch"    // a branch of a oneOf
	Null      Kind = "null"      // null where it is allowed
)

// Kinds are all kinds, in the order in which reports show them.
func Kinds() []Kind { return []Kind{Status, Parameter, Property, Without, Value, Branch, Null} }

// AnyOperation stands for the operation of points that are counted once for all of them: those of errors and schemas.
const AnyOperation = "any"

// Point is one thing that the description allows.
type Point struct {
	// Operation is an operation's id or AnyOperation.
	Operation string
	Kind      Kind
	// Place is where: "200", "query limit", "request /items/*/name", "response FunctionStatus Ready".
	Place string
}

// String writes the point as the file of exceptions does: "getFunctions parameter query limit".
func (p Point) String() string { return p.Operation + " " + string(p.Kind) + " " + p.Place }

// Compare orders points by operation, kind and place.
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

// side is a body on its way through a schema.
type side struct {
	operation string
	// direction is "request" or "response".
	direction string
	// path is the JSON pointer, with * for every item of a list and every free key.
	path string
}

// responseSide makes the side of an answer; those of errors are the same for all operations.
func responseSide(operation, status string) side {
	if !strings.HasPrefix(status, "2") {
		return side{AnyOperation, "error", ""}
	}
	return side{operation, "response", ""}
}

func (s side) into(step string) side { return side{s.operation, s.direction, s.path + "/" + step} }

// property is the point of being at this place at all.
func (s side) property() Point { return Point{s.operation, Property, s.direction + " " + s.path} }

// of is a point of a schema.
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

// nameOf is the name of the schema that a reference leads to, or the name of the place where one is written out.
func nameOf(ref *openapi3.SchemaRef, otherwise string) string {
	if ref.Ref != "" {
		return lastOf(ref.Ref)
	}
	return otherwise
}

func lastOf(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// declarer walks through schemas and notes their points.
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
