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

// small is a description that every kind of change finds a place in.
const small = `{
	"openapi": "3.0.3", "info": {"title": "small", "version": "1"},
	"paths": {"/things": {
		"get": {
			"operationId": "getThings",
			"parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9}}],
			"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
			"responses": {"200": {"description": "Things.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
		},
		"post": {
			"operationId": "postThings",
			"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
			"responses": {"400": {"description": "Refused.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Any"}}}}}
		}
	}},
	"components": {"schemas": {
		"Thing": {"type": "object", "minProperties": 1, "maxProperties": 9, "required": ["color"], "properties": {
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

// text is everything of a document.
func text(t *testing.T, d *check.Document) string {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMutants: every mutant changes the description, is taken back without a trace, and concerns an operation.
func TestMutants(t *testing.T) {
	t.Parallel()
	d := document(t)
	before := text(t, d)
	var names []string
	for _, m := range Mutants(d) {
		names = append(names, m.String())
		if len(m.Operations) == 0 {
			t.Errorf("%s: it concerns no operation", m)
		}
		undo := m.apply(d)
		if text(t, d) == before {
			t.Errorf("%s: nothing changed", m)
		}
		undo()
		if text(t, d) != before {
			t.Fatalf("%s: it was not taken back", m)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(wanted), "\n"), names); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
}

// TestWithoutRecordingsNothingIsProven: where everything is excepted and nothing is recorded, changes go unnoticed, and are
// said to.
func TestWithoutRecordingsNothingIsProven(t *testing.T) {
	t.Parallel()
	var all coverage.Exception
	for point := range coverage.Declared(document(t)) {
		all.These = append(all.These, point.String())
	}
	outcomes, err := Run([]byte(small), nil, coverage.Exceptions{Points: []coverage.Exception{all}})
	if err != nil {
		t.Fatal(err)
	}
	survivors := Survivors(outcomes)
	for _, want := range []string{"change type Thing.code", "tighten bound Thing.code maxLength", "change method getThings"} {
		if !slices.Contains(survivors, want) {
			t.Errorf("%q was noticed, although nothing is recorded", want)
		}
	}
	if slices.Contains(survivors, "rename property Thing.code") {
		t.Error("a property that is shown by nothing and not excepted was not noticed")
	}
}

// TestScores counts by kind.
func TestScores(t *testing.T) {
	t.Parallel()
	outcomes := []Outcome{
		{Mutant: Mutant{Kind: "b"}, Noticed: "yes"}, {Mutant: Mutant{Kind: "a", Place: "here"}}, {Mutant: Mutant{Kind: "b"}, Noticed: "yes"},
	}
	want := []coverage.Score{{Kind: "a", Excepted: 1, Total: 1}, {Kind: "b", Noticed: 2, Total: 2}}
	if diff := cmp.Diff(want, Scores(outcomes)); diff != "" {
		t.Errorf("scores (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a here"}, Survivors(outcomes)); diff != "" {
		t.Errorf("survivors (-want +got):\n%s", diff)
	}
}

func TestRunRefusesWhatIsNoDescription(t *testing.T) {
	t.Parallel()
	if _, err := Run([]byte("openapi: 3.0.3"), []*exchange.Cassette{}, coverage.Exceptions{}); err == nil {
		t.Error("a text that is no description was taken for one")
	}
}

// wanted are the mutants of the small description, sorted.
const wanted = `
add required Thing.code
add required Thing.free
add required Thing.list
add required Thing.size
add required Thing.tags
add type Any
change method getThings
change method postThings
change path getThings
change path postThings
change type Thing
change type Thing.code
change type Thing.color
change type Thing.free
change type Thing.list
change type Thing.list[]
change type Thing.size|0
change type Thing.size|0 to integer
change type Thing.size|1
change type Thing.tags
change type Thing.tags{}
change type getThings parameter limit
close object Thing.free
close object Thing.tags
drop body getThings
drop body postThings
drop null Any
drop null Thing.color
drop parameter getThings limit
drop required Thing.color
drop status getThings 200
drop status postThings 400
make body optional postThings
narrow format getThings parameter limit
remove branch Thing.size 0
remove branch Thing.size 1
remove operation getThings
remove operation postThings
remove value Thing.color blue
remove value Thing.color red
rename property Thing.code
rename property Thing.color
rename property Thing.free
rename property Thing.list
rename property Thing.size
rename property Thing.tags
require body getThings
require parameter getThings limit
tighten bound Thing maxProperties
tighten bound Thing minProperties
tighten bound Thing.code maxLength
tighten bound Thing.code minLength
tighten bound Thing.list maxItems
tighten bound Thing.list minItems
tighten bound getThings parameter limit maximum
tighten bound getThings parameter limit minimum
widen bound Thing maxProperties
widen bound Thing minProperties
widen bound Thing.code maxLength
widen bound Thing.code minLength
widen bound Thing.code pattern
widen bound Thing.list maxItems
widen bound Thing.list minItems
widen bound Thing.list uniqueItems
widen bound getThings parameter limit maximum
widen bound getThings parameter limit minimum
`
