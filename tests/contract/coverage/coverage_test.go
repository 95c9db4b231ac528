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

// small is a description with one point of each kind, or a few.
const small = `{
	"openapi": "3.0.3", "info": {"title": "small", "version": "1"},
	"paths": {"/things": {"post": {
		"operationId": "postThings",
		"parameters": [{"name": "fast", "in": "query", "schema": {"type": "boolean"}}],
		"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
		"responses": {
			"200": {"description": "Done.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
			"400": {"description": "Refused.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
		}
	}}},
	"components": {"schemas": {
		"Thing": {"type": "object", "required": ["color"], "properties": {
			"color": {"type": "string", "enum": ["red", "blue"]},
			"size": {"oneOf": [{"$ref": "#/components/schemas/Number"}, {"type": "string"}]},
			"tags": {"type": "object", "additionalProperties": {"type": "string", "nullable": true}}
		}},
		"Number": {"type": "integer"},
		"Error": {"type": "object", "properties": {"message": {"type": "string"}}}
	}}
}`

// recorded makes cassettes of one exchange with the small description's operation.
func recorded(t *testing.T, query, request, answer string, status string, refused bool) []*exchange.Cassette {
	t.Helper()
	dir := t.TempDir()
	header := exchange.Header{Provenance: exchange.Emulator, Source: "a test", Refused: refused}.String()
	text := header + `---
version: 2
interactions:
  - id: 0
    request:
      method: POST
      url: "https://cluster.cognitedata.com/api/v1/projects/project/things` + query + `"
      headers: {Content-Type: [application/json]}
      body: '` + request + `'
    response: {code: ` + status + `, headers: {Content-Type: [application/json]}, body: '` + answer + `'}
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
	"any without request Thing.size",
	"any without request Thing.tags",
	"any without response Thing.size",
	"any without response Thing.tags",
	"any value request Thing.color blue",
	"any value request Thing.color red",
	"any value response Thing.color blue",
	"any value response Thing.color red",
	"any branch request Thing.size 1",
	"any branch request Thing.size Number",
	"any branch response Thing.size 1",
	"any branch response Thing.size Number",
	"any null request Thing.tags{}",
	"any null response Thing.tags{}",
	"postThings status 200",
	"postThings status 400",
	"postThings parameter query fast",
	"postThings property request /color",
	"postThings property request /size",
	"postThings property request /tags",
	"postThings property request /tags/*",
	"postThings property response /color",
	"postThings property response /size",
	"postThings property response /tags",
	"postThings property response /tags/*",
	"postThings without body",
	"postThings without query fast",
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		query, request, answer, status string
		refused                        bool
		shown                          []string
	}{
		"everything in the request": {
			"?fast=true", `{"color": "red", "size": 1, "tags": {"a": null, "b": "c"}}`, `{"color": "blue"}`, "200", false,
			[]string{
				"any without response Thing.size", "any without response Thing.tags", "any value request Thing.color red",
				"any value response Thing.color blue", "any branch request Thing.size Number", "any null request Thing.tags{}",
				"postThings status 200", "postThings parameter query fast", "postThings property request /color",
				"postThings property request /size", "postThings property request /tags", "postThings property request /tags/*",
				"postThings property response /color",
			},
		},
		"everything in the answer": {
			"", "", `{"color": "red", "size": "large", "tags": {"a": null}}`, "200", false,
			[]string{
				"any value response Thing.color red", "any branch response Thing.size 1", "any null response Thing.tags{}",
				"postThings status 200", "postThings property response /color", "postThings property response /size",
				"postThings property response /tags", "postThings property response /tags/*", "postThings without body",
				"postThings without query fast",
			},
		},
		"nothing of a refused request": {
			"?fast=maybe", `{"color": "red"}`, `{"message": "no"}`, "400", true,
			[]string{"any property error /message", "postThings status 400"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			description, err := check.Load([]byte(small))
			if err != nil {
				t.Fatal(err)
			}
			report := coverage.Measure(description, recorded(t, tt.query, tt.request, tt.answer, tt.status, tt.refused))
			var points []string
			for _, point := range report.Points() {
				points = append(points, point.String())
			}
			if diff := cmp.Diff(allPoints, points); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
			missing := report.Missing()
			shown := slices.DeleteFunc(points, func(point string) bool { return slices.Contains(missing, point) })
			if diff := cmp.Diff(tt.shown, shown); diff != "" {
				t.Errorf("shown points (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	exceptions := []coverage.Exception{
		{Reason: "one", These: []string{"a", "b"}},
		{Reason: "two", These: []string{"c"}},
		{Reason: "values", These: []string{"value *", "full *", "gone *"}},
	}
	all := []string{"a", "b", "c", "d", "value x", "valueless", "full x"}
	unexcused, stale := coverage.Judge([]string{"valueless", "d", "a", "value x"}, all, exceptions)
	if diff := cmp.Diff([]string{"d", "valueless"}, unexcused); diff != "" {
		t.Errorf("unexcused (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b", "c", "gone *"}, stale); diff != "" {
		t.Errorf("stale (-want +got):\n%s", diff)
	}
}

func TestExceptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"points: [{these: [a]}]": "no reason",
		"mutants: [{reason: r, these: [a]}, {reason: s, these: [a]}]": "twice",
		"odd: []": "odd",
	} {
		file := filepath.Join(t.TempDir(), "exceptions.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := coverage.ReadExceptions(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v; want %q in it", text, err, want)
		}
	}
}
