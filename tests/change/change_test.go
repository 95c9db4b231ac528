// Package change changes copies of the description and tests which checks fail: none if the code is generated or derived,
// otherwise a check whose message names the file and the identifier to edit.
package change

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/tests/project"
)

// change is a change of the description.
type change struct {
	name string
	// edits replace the first text, which must be there once, by the second.
	edits [][2]string
	// adds are tests from testdata that use the change, with their places in the project.
	adds map[string]string
	// fails is what the checks must print, by package. The other packages of checked must pass.
	fails map[string]string
	// everything runs all tests instead of those of checked.
	everything bool
}

// checked are the packages that are tested after each change: those with generated code, copies of facts, or guards.
var checked = []string{
	"./gen/...", "./wrapper", "./schedule", "./deploy", "./emulator/internal/service", "./emulator/internal/contract",
	"./tests/description", "./tests/contract", "./tests/architecture",
}

// before inserts text before a mark.
func before(mark, text string) [2]string { return [2]string{mark, text + mark} }

const (
	region      = "        region: {description: The region that the function runs in., type: string}\n"
	writeEnd    = "    FunctionCreateRequest:\n"
	functionEnd = "    FunctionWrite:\n"
	filterEnd   = "    FunctionListRequest:\n"
	callEnd     = "    FunctionCallRequest:\n"
	operation   = `  /functions/{functionId}/statistics:
    parameters:
      - $ref: "#/components/parameters/FunctionId"
    get:
      tags: [Functions]
      operationId: getFunctionStatistics
      summary: Retrieve the usage of a function
      externalDocs:
        url: https://api-docs.cognite.com/20230101/tag/Functions/operation/getFunctionStatistics
      description: Returns the function.
      x-cogfn-retry: safe
      x-cogfn-capability: functionsAcl:READ
      responses:
        "200":
          description: The function.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Function"}
        "400": {$ref: "#/components/responses/Failure"}
        default: {$ref: "#/components/responses/Failure"}
`
	noMethod = "missing method GetFunctionStatistics"
)

var changes = []change{
	{
		name:  "new field of FunctionWrite and Function",
		edits: [][2]string{before(writeEnd, region), before(functionEnd, region)},
		adds:  map[string]string{"write_field_test.go": "deploy/write_field_test.go"},
		fails: map[string]string{"./tests/contract": "no exchange covers: postFunctions property request /items/*/region"},
	},
	{
		name:  "new field of FunctionWrite that is never returned",
		edits: [][2]string{before(writeEnd, region)},
		adds:  map[string]string{"write_field_test.go": "deploy/write_field_test.go"},
		fails: map[string]string{
			"./deploy":         "deploy/rollback.go: \"region\" cannot be read back; add a field Region to Target",
			"./wrapper":        "wrapper/reflect_test.go: list the fields that only functions.FunctionWrite has",
			"./tests/contract": "no exchange covers: postFunctions property request /items/*/region",
		},
	},
	{
		name:  "new field of FunctionFilter that functions have",
		edits: [][2]string{before(functionEnd, region), before(filterEnd, region)},
		adds:  map[string]string{"filter_field_test.go": "emulator/internal/service/filter_field_test.go"},
		fails: map[string]string{
			"./wrapper":        "wrapper/functions.go: add a field for \"region\" to Filter",
			"./tests/contract": "no exchange covers: listFunctions property request /filter/region",
		},
	},
	{
		name:  "new field of FunctionFilter that functions do not have",
		edits: [][2]string{before(filterEnd, region)},
		fails: map[string]string{
			"./wrapper":                   "wrapper/functions.go: add a field for \"region\" to Filter",
			"./emulator/internal/service": "emulator/internal/service/filter.go: the field \"region\" of FunctionFilter",
			"./tests/contract":            "no exchange covers: listFunctions property request /filter/region",
		},
	},
	{
		name:  "new field of FunctionCall",
		edits: [][2]string{before(callEnd, region)},
		adds:  map[string]string{"call_field_test.go": "wrapper/call_field_test.go"},
		fails: map[string]string{"./tests/contract": "no exchange covers: getFunctionCall property response /region"},
	},
	{
		name:  "longer names of functions",
		edits: [][2]string{{"      maxLength: 140\n      example: myfunction\n", "      maxLength: 150\n      example: myfunction\n"}},
		adds: map[string]string{
			"length_wrapper_test.go": "wrapper/length_test.go", "length_emulator_test.go": "emulator/internal/contract/length_test.go",
		},
		fails: map[string]string{
			"./tests/description": "edit publishedBounds in tests/description/bounds_test.go",
			"./tests/contract":    "record again with make record",
		},
	},
	{
		name:  "new runtime",
		edits: [][2]string{{"py313, py314]", "py313, py314, py315]"}},
		adds:  map[string]string{"runtime_test.go": "emulator/internal/service/runtime_test.go"},
		fails: map[string]string{
			"./wrapper":        "wrapper/values.go: add RuntimePy315 = gen.FunctionRuntimePy315",
			"./tests/contract": "FunctionRuntime py315",
		},
	},
	{
		name:  "new call status",
		edits: [][2]string{{"Timeout, ConcurrencyLimitExceeded]", "Timeout, ConcurrencyLimitExceeded, Paused]"}},
		fails: map[string]string{
			"./wrapper":        "wrapper/values.go: add CallPaused = gen.FunctionCallStatusPaused",
			"./tests/contract": "FunctionCallStatus Paused",
		},
	},
	{
		name:  "new session status",
		edits: [][2]string{{"ACCESS_LOST, DETACHED]", "ACCESS_LOST, DETACHED, FROZEN_OVER]"}},
		fails: map[string]string{
			"./wrapper":        "wrapper/sessions.go: add SessionFrozenOver = gen.SessionStatusFrozenOver",
			"./tests/contract": "run make coverage-docs",
		},
	},
	{
		name:  "longer lists of functions",
		edits: [][2]string{{"      description: A list of 1 to 10 references to functions.\n      type: array\n      minItems: 1\n      maxItems: 10\n", "      description: Functions.\n      type: array\n      minItems: 1\n      maxItems: 20\n"}},
		fails: map[string]string{
			"./tests/description": "edit publishedBounds in tests/description/bounds_test.go",
			"./tests/contract":    "record again with make record",
		},
	},
	{
		name:  "new operation",
		edits: [][2]string{before("  /functions/schedules:\n", operation)},
		adds:  map[string]string{"operation_test.go": "gen/operation_test.go"},
		fails: map[string]string{
			"./emulator/internal/service": noMethod,
			// The tests of these use the emulator, which does not compile.
			"./wrapper": noMethod, "./schedule": noMethod, "./deploy": noMethod, "./tests/architecture": noMethod,
			"./tests/contract": "no exchange covers: getFunctionStatistics status 200",
		},
	},
	{
		name: "other words",
		edits: [][2]string{
			{"      description: A deployed function.\n", "      description: A function in other words.\n"},
			{"      summary: Filter functions\n", "      summary: Search for functions\n"},
		},
		everything: true,
	},
}

func TestChanges(t *testing.T) {
	t.Parallel()
	if os.Getenv("GUIDE") == "" {
		t.Skip("GUIDE=1 is not set; the test takes minutes, and make guide runs it")
	}
	dir := project.Copy(t)      // one copy, so that the build cache serves all changes
	for _, c := range changes { //nolint:paralleltest // the changes share one copy
		t.Run(c.name, func(t *testing.T) {
			defer restore(t, dir)
			c.apply(t, dir)
			run(t, dir, "go", "generate", "./...")
			for from, to := range c.adds {
				add(t, from, filepath.Join(dir, to))
			}
			packages := checked
			if c.everything {
				packages = []string{"./..."}
			}
			out, _ := project.Run(t, dir, "go", append([]string{"test"}, packages...)...)
			c.compare(t, out)
		})
	}
}

func (c change) apply(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, "api", "openapi.yaml")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for _, edit := range c.edits {
		if n := strings.Count(text, edit[0]); n != 1 {
			t.Fatalf("the description contains %q %d times; choose another place", edit[0], n)
		}
		text = strings.Replace(text, edit[0], edit[1], 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", from))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	if out, ok := project.Run(t, dir, name, args...); !ok {
		t.Fatalf("%s %v: %s", name, args, out)
	}
}

// restore undoes a change.
func restore(t *testing.T, dir string) {
	t.Helper()
	run(t, dir, "git", "checkout", "--quiet", "--", ".")
	run(t, dir, "git", "clean", "--quiet", "--force", "-d")
}

// packageResult matches the line that go test prints for a package.
var packageResult = regexp.MustCompile(`(?m)^(ok  |FAIL)\t(github\.com/cogfn/cogfn/\S+)`)

// compare checks which packages fail and what they print.
func (c change) compare(t *testing.T, out string) {
	t.Helper()
	out = strings.ReplaceAll(out, "\u00a0", " ") // go-cmp mixes them in
	var failed, wanted []string
	results := packageResult.FindAllStringSubmatch(out, -1)
	for _, result := range results {
		if result[1] == "FAIL" {
			failed = append(failed, "./"+strings.TrimPrefix(result[2], "github.com/cogfn/cogfn/"))
		}
	}
	if len(results) < len(checked) {
		t.Fatalf("only %d packages were tested:\n%s", len(results), out)
	}
	for name, message := range c.fails {
		wanted = append(wanted, name)
		if !strings.Contains(out, message) {
			t.Errorf("%s does not print %q", name, message)
		}
	}
	slices.Sort(failed)
	slices.Sort(wanted)
	if !slices.Equal(failed, wanted) {
		t.Errorf("the failing packages are %v, want %v", failed, wanted)
	}
	if t.Failed() {
		t.Log(out)
	}
}
