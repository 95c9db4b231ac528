package mutation

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/coverage"
	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// small is a description with a place for each kind of mutant.
const small = `{
	"openapi": "3.0.3", "info": {"title": "small", "version": "1"},
	"paths": {"/items": {
		"get": {
			"operationId": "getItems",
			"parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9}}],
			"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}},
			"responses": {"200": {"description": "Items.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}}
		},
		"post": {
			"operationId": "postItems",
			"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}},
			"responses": {"400": {"description": "Rejected.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Any"}}}}}
		}
	}},
	"components": {"schemas": {
		"Item": {"type": "object", "minProperties": 1, "maxProperties": 9, "required": ["color"], "properties": {
			"color": {"type": "string", "enum": ["red", "blue"], "nullable": true},
			"code": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[a-z]*$"},
			"size": {"oneOf": [{"type": "number"}, {"type": "boolean"}]},
			"list": {"type": "array", "minItems": 1, "maxItems": 9, "uniqueItems": true, "items": {"type": "string"}},
			"tags": {"type": "object", "additionalProperties": {"type": "string"}},
			"free": {"type": "object", "additionalProperties": true}
		}},
		"Any": {"description": "Anything."}
	}}
}`

func document(t *testing.T) *check.Document {
	t.Helper()
	d, err := check.Load([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	return d.Strict
}

// encode returns a document as JSON.
func encode(t *testing.T, d *check.Document) string {
	t.Helper()
	encoded, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// TestMutants checks that each mutant changes the description, can be undone, and affects an operation.
func TestMutants(t *testing.T) {
	t.Parallel()
	d := document(t)
	before := encode(t, d)
	var names []string
	for _, m := range Mutants(d) {
		names = append(names, m.String())
		if len(m.Operations) == 0 {
			t.Errorf("%s affects no operation", m)
		}
		undo := m.apply(d)
		if encode(t, d) == before {
			t.Errorf("%s does not change the description", m)
		}
		undo()
		if encode(t, d) != before {
			t.Fatalf("%s was not undone", m)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(wanted), "\n"), names); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
}

// TestRunWithoutRecordings checks that mutants survive if nothing is recorded and all points are excepted.
func TestRunWithoutRecordings(t *testing.T) {
	t.Parallel()
	var all coverage.Exception
	for point := range coverage.Declared(document(t)) {
		all.Names = append(all.Names, point.String())
	}
	outcomes, err := Run([]byte(small), nil, coverage.Exceptions{Points: []coverage.Exception{all}})
	if err != nil {
		t.Fatal(err)
	}
	survivors := Survivors(outcomes)
	for _, want := range []string{"change type Item.code", "tighten bound Item.code maxLength", "change method getItems"} {
		if !slices.Contains(survivors, want) {
			t.Errorf("%q was detected without recordings", want)
		}
	}
	if slices.Contains(survivors, "rename property Item.code") {
		t.Error("a renamed property, which is not excepted, was not detected")
	}
}

func TestScores(t *testing.T) {
	t.Parallel()
	outcomes := []Outcome{
		{Mutant: Mutant{Kind: "b"}, Detected: "yes"}, {Mutant: Mutant{Kind: "a", Place: "here"}}, {Mutant: Mutant{Kind: "b"}, Detected: "yes"},
	}
	want := []coverage.Score{{Kind: "a", Excepted: 1, Total: 1}, {Kind: "b", Detected: 2, Total: 2}}
	if diff := cmp.Diff(want, Scores(outcomes)); diff != "" {
		t.Errorf("scores (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a here"}, Survivors(outcomes)); diff != "" {
		t.Errorf("survivors (-want +got):\n%s", diff)
	}
}

func TestRunInvalidDescription(t *testing.T) {
	t.Parallel()
	if _, err := Run([]byte("openapi: 3.0.3"), []*exchange.Cassette{}, coverage.Exceptions{}); err == nil {
		t.Error("Run succeeded with an invalid description")
	}
}

// wanted are the mutants of small, sorted.
const wanted = `
add required Item.code
add required Item.free
add required Item.list
add required Item.size
add required Item.tags
add type Any
change method getItems
change method postItems
change path getItems
change path postItems
change type Item
change type Item.code
change type Item.color
change type Item.free
change type Item.list
change type Item.list[]
change type Item.size|0
change type Item.size|0 to integer
change type Item.size|1
change type Item.tags
change type Item.tags{}
change type getItems parameter limit
close object Item.free
close object Item.tags
drop body getItems
drop body postItems
drop null Any
drop null Item.color
drop parameter getItems limit
drop required Item.color
drop status getItems 200
drop status postItems 400
make body optional postItems
narrow format getItems parameter limit
remove branch Item.size 0
remove branch Item.size 1
remove operation getItems
remove operation postItems
remove value Item.color blue
remove value Item.color red
rename property Item.code
rename property Item.color
rename property Item.free
rename property Item.list
rename property Item.size
rename property Item.tags
require body getItems
require parameter getItems limit
tighten bound Item maxProperties
tighten bound Item minProperties
tighten bound Item.code maxLength
tighten bound Item.code minLength
tighten bound Item.list maxItems
tighten bound Item.list minItems
tighten bound getItems parameter limit maximum
tighten bound getItems parameter limit minimum
widen bound Item maxProperties
widen bound Item minProperties
widen bound Item.code maxLength
widen bound Item.code minLength
widen bound Item.code pattern
widen bound Item.list maxItems
widen bound Item.list minItems
widen bound Item.list uniqueItems
widen bound getItems parameter limit maximum
widen bound getItems parameter limit minimum
`
