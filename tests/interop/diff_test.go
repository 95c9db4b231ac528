package interop

import (
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/api"
)

// runDiff runs "make diff" with OLD and returns its output and whether it succeeded.
func runDiff(t *testing.T, old string) (output string, ok bool) {
	t.Helper()
	tool(t, "bin/oasdiff")
	cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "diff", "OLD="+old)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	return string(out), err == nil
}

// oldDescription writes a description that differs from the current one: before replaces the first occurrence of now.
func oldDescription(t *testing.T, now, before string) string {
	t.Helper()
	text := strings.Replace(string(api.OpenAPI), now, before, 1)
	if text == string(api.OpenAPI) && now != before {
		t.Fatalf("the description no longer contains %q; choose another change", now)
	}
	return writeDescription(t, text)
}

const breaks = "these changes break clients of the older description"

// TestDiff runs make diff on changes that lead to the current description.
func TestDiff(t *testing.T) {
	t.Parallel()
	runtimeVersion := `        runtimeVersion:
          description: The exact version of Python.
          type: string
          example: Python 3.11.10
`
	limits := regexp.MustCompile(`(?s)  /functions/limits:\n.*?\n(  /functions/status:)`).FindString(string(api.OpenAPI))
	for _, c := range []struct {
		name, now, before string
		ok                bool
		want              string
	}{
		{"nothing", "", "", true, "No changes detected"},
		{"texts", "summary: List functions\n", "summary: Get functions\n", true, "+      summary: List functions"},
		{"field added to a response", runtimeVersion, "", true, "added the optional property `runtimeVersion`"},
		{"field added to a request", "        ignoreUnknownIds: {$ref: \"#/components/schemas/IgnoreUnknownIds\"}\n", "", true, "new optional request property"},
		{"field of a request renamed", "        ignoreUnknownIds: {", "        spare: {", false, "removed the request property `spare`"},
		{"operation added", limits, "  /functions/status:", true, "endpoint added"},
		{"field removed from a response", "        runtimeVersion:\n", "        spare: {type: string}\n        runtimeVersion:\n", false, "removed the optional property `spare`"},
		{"field became required", "required: [nonce]", "required: []", false, "became required"},
		{"field became optional in responses", "required: [name, id, uploaded,", "required: [name, id, source, uploaded,", false, "response property `items/items/source` became optional"},
		{"limit lowered", "maxItems: 10000", "maxItems: 20000", false, "maxItems was decreased"},
		{"operation removed", "  /functions/limits:\n", "  /functions/bounds:\n", false, "api path removed"},
		{"operation renamed", "operationId: functionsLimits", "operationId: getFunctionsLimits", false, "api operation id `getFunctionsLimits` removed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkDiff(t, oldDescription(t, c.now, c.before), c.ok, c.want)
		})
	}
}

// TestDiffOfEnums covers closed enums, and extensible ones in requests and responses and in responses only.
func TestDiffOfEnums(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, now, before string
		ok                bool
		want              string
	}{
		{"value added to an extensible enum", "enum: [Running, Completed, ", "enum: [Running, ", true, "added the new `Completed` enum value"},
		{"value removed from an extensible enum", "enum: [py38, ", "enum: [py37, py38, ", false, "removed the enum value `py37` of the request property"},
		{"value removed from a filter", "enum: [ready, ", "enum: [ready, spare, ", false, "removed the enum value `spare` from the `query` request parameter"},
		{"value removed from an enum of responses", "enum: [classic, ", "enum: [spare, classic, ", false, "removed the `spare` enum value from"},
		{"order of an extensible enum", "enum: [classic, functionApp]", "enum: [functionApp, classic]", true, "No changes to report"},
		{"closed enum became extensible", "x-extensible-enum: [py38", "enum: [py38", false, "removed the enum constraint"},
		{"extensible enum became closed", "enum: [Point, ", "x-extensible-enum: [Point, ", false, "restricted to a list of enum values"},
		{"value added to a closed enum", "enum: [Point, LineString, ", "enum: [Point, ", false, "added the new `LineString` enum value"},
		{"value removed from a closed enum", "enum: [Point, ", "enum: [Circle, Point, ", false, "removed the enum value `Circle`"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkDiff(t, oldDescription(t, c.now, c.before), c.ok, c.want)
		})
	}
}

func checkDiff(t *testing.T, old string, wantOK bool, want string) {
	t.Helper()
	output, ok := runDiff(t, old)
	if ok != wantOK || !strings.Contains(output, want) || strings.Contains(output, breaks) == wantOK {
		t.Errorf("ok is %v, want %v with %q in\n%s", ok, wantOK, want, output)
	}
}

func TestDiffAgainstGitRef(t *testing.T) {
	t.Parallel()
	fromRef, refOK := runDiff(t, "HEAD")
	show := exec.CommandContext(t.Context(), "git", "show", "HEAD:api/openapi.yaml")
	show.Dir = root
	text, err := show.Output()
	if err != nil {
		t.Fatal(err)
	}
	fromFile, fileOK := runDiff(t, writeDescription(t, string(text)))
	if diff := cmp.Diff(fromFile, fromRef); diff != "" || refOK != fileOK {
		t.Errorf("the output for the file (-) and the ref (+) differs:\n%s", diff)
	}
}

func TestDiffInvalidOLD(t *testing.T) {
	t.Parallel()
	for old, want := range map[string]string{
		"":            "OLD is missing",
		"no-such-ref": "OLD is no-such-ref",
		"--help":      "OLD is --help",
		"README.md":   "failed to load base spec",
	} {
		t.Run(old, func(t *testing.T) {
			t.Parallel()
			output, ok := runDiff(t, old)
			if ok || !strings.Contains(output, want) || strings.Contains(output, breaks) {
				t.Errorf("ok is %v, want %q in\n%s", ok, want, output)
			}
		})
	}
}
