package coverage_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/coverage"
	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// small is a description with points of all kinds.
const small = `{
	"openapi": "3.0.3", "info": {"title": "small", "version": "1"},
	"paths": {"/items": {"post": {
		"operationId": "postItems",
		"parameters": [{"name": "fast", "in": "query", "schema": {"type": "boolean"}}],
		"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}},
		"responses": {
			"200": {"description": "Done.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}},
			"400": {"description": "Rejected.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
		}
	}}},
	"components": {"schemas": {
		"Item": {"type": "object", "required": ["color"], "properties": {
			"color": {"type": "string", "enum": ["red", "blue"]},
			"size": {"oneOf": [{"$ref": "#/components/schemas/Number"}, {"type": "string"}]},
			"tags": {"type": "object", "additionalProperties": {"type": "string", "nullable": true}}
		}},
		"Number": {"type": "integer"},
		"Error": {"type": "object", "properties": {"message": {"type": "string"}}}
	}}
}`

// recorded returns cassettes with one exchange of the operation in small.
func recorded(t *testing.T, query, request, response string, status string, rejected bool) []*exchange.Cassette {
	t.Helper()
	dir := t.TempDir()
	header := exchange.Header{Provenance: exchange.Emulator, Source: "a test", Rejected: rejected}.String()
	text := header + `---
version: 2
interactions:
  - id: 0
    request:
      method: POST
      url: "https://cluster.cognitedata.com/api/v1/projects/project/items` + query + `"
      headers: {Content-Type: [application/json]}
      body: '` + request + `'
    response: {code: ` + status + `, headers: {Content-Type: [application/json]}, body: '` + response + `'}
`
	if err := os.Mkdir(filepath.Join(dir, "emulator"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "emulator", "a.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cassettes, err := exchange.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return cassettes
}

var allPoints = []string{
	"any property error /message",
	"any without error Error.message",
	"any without request Item.size",
	"any without request Item.tags",
	"any without response Item.size",
	"any without response Item.tags",
	"any value request Item.color blue",
	"any value request Item.color red",
	"any value response Item.color blue",
	"any value response Item.color red",
	"any branch request Item.size 1",
	"any branch request Item.size Number",
	"any branch response Item.size 1",
	"any branch response Item.size Number",
	"any null request Item.tags{}",
	"any null response Item.tags{}",
	"postItems status 200",
	"postItems status 400",
	"postItems parameter query fast",
	"postItems property request /color",
	"postItems property request /size",
	"postItems property request /tags",
	"postItems property request /tags/*",
	"postItems property response /color",
	"postItems property response /size",
	"postItems property response /tags",
	"postItems property response /tags/*",
	"postItems without body",
	"postItems without query fast",
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		query, request, response, status string
		rejected                         bool
		covered                          []string
	}{
		"everything in the request": {
			"?fast=true", `{"color": "red", "size": 1, "tags": {"a": null, "b": "c"}}`, `{"color": "blue"}`, "200", false,
			[]string{
				"any without response Item.size", "any without response Item.tags", "any value request Item.color red",
				"any value response Item.color blue", "any branch request Item.size Number", "any null request Item.tags{}",
				"postItems status 200", "postItems parameter query fast", "postItems property request /color",
				"postItems property request /size", "postItems property request /tags", "postItems property request /tags/*",
				"postItems property response /color",
			},
		},
		"everything in the response": {
			"", "", `{"color": "red", "size": "large", "tags": {"a": null}}`, "200", false,
			[]string{
				"any value response Item.color red", "any branch response Item.size 1", "any null response Item.tags{}",
				"postItems status 200", "postItems property response /color", "postItems property response /size",
				"postItems property response /tags", "postItems property response /tags/*", "postItems without body",
				"postItems without query fast",
			},
		},
		"nothing in a rejected request": {
			"?fast=maybe", `{"color": "red"}`, `{"message": "no"}`, "400", true,
			[]string{"any property error /message", "postItems status 400"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			description, err := check.Load([]byte(small))
			if err != nil {
				t.Fatal(err)
			}
			report := coverage.Measure(description, recorded(t, tt.query, tt.request, tt.response, tt.status, tt.rejected))
			var points []string
			for _, point := range report.Points() {
				points = append(points, point.String())
			}
			if diff := cmp.Diff(allPoints, points); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
			missing := report.Missing()
			covered := slices.DeleteFunc(points, func(point string) bool { return slices.Contains(missing, point) })
			if diff := cmp.Diff(tt.covered, covered); diff != "" {
				t.Errorf("covered points (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	exceptions := []coverage.Exception{
		{Reason: "one", Names: []string{"a", "b"}},
		{Reason: "two", Names: []string{"c"}},
		{Reason: "values", Names: []string{"value *", "full *", "gone *"}},
	}
	all := []string{"a", "b", "c", "d", "value x", "valueless", "full x"}
	unexcepted, stale := coverage.Apply([]string{"valueless", "d", "a", "value x"}, all, exceptions)
	if diff := cmp.Diff([]string{"d", "valueless"}, unexcepted); diff != "" {
		t.Errorf("unexcepted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b", "c", "gone *"}, stale); diff != "" {
		t.Errorf("stale (-want +got):\n%s", diff)
	}
}

func TestReadInvalidExceptions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"points: [{names: [a]}]": "no reason",
		"mutants: [{reason: r, names: [a]}, {reason: s, names: [a]}]": "twice",
		"odd: []": "odd",
	} {
		file := filepath.Join(t.TempDir(), "exceptions.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := coverage.ReadExceptions(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v; want one that contains %q", text, err, want)
		}
	}
}
