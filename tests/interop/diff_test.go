package interop

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/api"
)

// runDiff runs "make diff" with OLD and returns what it printed and whether it succeeded.
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

// oldDescription writes a description that today's has come from, by putting text in place of another.
func oldDescription(t *testing.T, today, before string) string {
	t.Helper()
	text := strings.Replace(string(api.OpenAPI), today, before, 1)
	if text == string(api.OpenAPI) && today != before {
		t.Fatalf("the description no longer holds %q; choose another change", today)
	}
	path := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const breaks = "this breaks clients of the older description"

// TestDiff makes today's description the outcome of a change, and asks make diff what it thinks of the change.
func TestDiff(t *testing.T) {
	t.Parallel()
	runtimeVersion := `        runtimeVersion:
          description: The exact version of Python that the function runs on.
          type: string
          example: Python 3.11.10
`
	limits := regexp.MustCompile(`(?s)  /functions/limits:\n.*?\n(  /functions/status:)`).FindString(string(api.OpenAPI))
	for _, c := range []struct {
		name, today, before string
		ok                  bool
		want                string
	}{
		{"nothing", "", "", true, "No changes detected"},
		{"texts", "summary: List functions\n", "summary: Get functions\n", true, "+      summary: List functions"},
		{"field added to an answer", runtimeVersion, "", true, "added the optional property `runtimeVersion`"},
		{"field added to a request", "        ignoreUnknownIds: {$ref: \"#/components/schemas/IgnoreUnknownIDs\"}\n", "", true, "new optional request property"},
		{"field of a request renamed", "        ignoreUnknownIds: {", "        spare: {", false, "removed the request property `spare`"},
		{"operation added", limits, "  /functions/status:", true, "endpoint added"},
		{"value added to an open enum", "enum: [Running, Completed, ", "enum: [Running, ", true, "added the new `Completed` enum value"},
		{"value taken from a request's enum", "[py310, py311, py312, py313]\n      x-", "[py39, py310, py311, py312, py313]\n      x-", false, "removed the enum value `py39`"},
		{"field removed from an answer", "        runtimeVersion:\n", "        spare: {type: string}\n        runtimeVersion:\n", false, "removed the optional property `spare`"},
		{"field became required", "required: [nonce]", "required: []", false, "became required"},
		{"limit lowered", "maxItems: 10000", "maxItems: 20000", false, "maxItems was decreased"},
		{"operation removed", "  /functions/limits:\n", "  /functions/bounds:\n", false, "api path removed"},
		{"operation renamed", "operationId: functionsLimits", "operationId: getFunctionsLimits", false, "api operation id `getFunctionsLimits` removed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			output, ok := runDiff(t, oldDescription(t, c.today, c.before))
			if ok != c.ok || !strings.Contains(output, c.want) || strings.Contains(output, breaks) == c.ok {
				t.Errorf("ok is %v, want %v with %q in\n%s", ok, c.ok, c.want, output)
			}
		})
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
	path := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	fromFile, fileOK := runDiff(t, path)
	if diff := cmp.Diff(fromFile, fromRef); diff != "" || refOK != fileOK {
		t.Errorf("the file (-) and the ref (+) differ:\n%s", diff)
	}
}

func TestDiffRefusesOtherOLD(t *testing.T) {
	t.Parallel()
	for old, want := range map[string]string{
		"":            "OLD is missing: name a git ref or a file to compare with, as in: make diff OLD=HEAD\n",
		"no-such-ref": "OLD is no-such-ref, which is neither a file nor a git ref with an api/openapi.yaml: give another\n",
		"--help":      "OLD is --help, which is neither a file nor a git ref with an api/openapi.yaml: give another\n",
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
