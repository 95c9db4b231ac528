package architecture

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/cogfn/cogfn"

// allowedImports lists what the packages of each directory may import from this module, besides their own directory. Test
// files may import anything.
var allowedImports = map[string][]string{
	"api":         {"internal"},
	"gen":         {"internal"},
	"gen/server":  {"gen", "internal"},
	"gen/control": {},
	"internal":    {},
	"wrapper":     {"gen", "internal"},
	"batch":       {"wrapper", "internal"},
	"schedule":    {"wrapper", "internal"},
	"deploy":      {"schedule", "wrapper", "internal"},
	"emulator":    {"gen/control", "gen/server", "gen", "api", "internal"},
	// It connects the client and the emulator, which do not know each other.
	"functionstest": {"emulator", "wrapper"},
	"cmd":           {"emulator", "deploy", "schedule", "batch", "wrapper", "internal"},
	"tools":         {},
	"examples":      {"emulator", "deploy", "schedule", "batch", "wrapper"},
}

// goPackage is a package as go list reports it. Imports does not contain the imports of test files.
type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// listPackages returns the packages of this module.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p goPackage
		if err := dec.Decode(&p); err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
	return all
}

// area returns the key of allowedImports that a package belongs to, or "". gen/server is an area of its own.
func area(importPath string) string {
	longest := ""
	for dir := range allowedImports {
		if len(dir) > len(longest) && (importPath == module+"/"+dir || strings.HasPrefix(importPath, module+"/"+dir+"/")) {
			longest = dir
		}
	}
	return longest
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		if p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/tests/") {
			continue // the root package has no code, and tests may import anything
		}
		from := area(p.ImportPath)
		if from == "" {
			t.Errorf("%s has no rule for its imports; add one to allowedImports and to docs/design.md", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			if to := area(imported); to != from && !slices.Contains(allowedImports[from], to) {
				t.Errorf("%s imports %s, but %s may import %q only; move the code, or change allowedImports and docs/design.md",
					p.ImportPath, imported, from, allowedImports[from])
			}
		}
	}
}

// TestAllowedImports checks the rules themselves against those that must never change.
func TestAllowedImports(t *testing.T) {
	t.Parallel()
	for from, forbidden := range map[string][]string{
		"wrapper":  {"emulator", "api", "gen/server", "deploy", "schedule", "batch"}, // users would link them
		"emulator": {"wrapper"},                                                      // a server must not depend on its client
		"internal": {"api", "gen", "gen/server", "wrapper", "batch", "schedule", "deploy", "emulator", "cmd"},
	} {
		for _, to := range allowedImports[from] {
			if slices.Contains(forbidden, to) {
				t.Errorf("allowedImports lets %s import %s; remove the rule", from, to)
			}
		}
	}
}

// TestLightDependencies checks that programs that use the client do not link the emulator or development tools.
func TestLightDependencies(t *testing.T) {
	t.Parallel()
	heavy := []string{"kin-openapi", "bbolt", "cobra", "oapi-codegen/v2", module + "/emulator", module + "/api"}
	found := 0
	for _, p := range listPackages(t) {
		if !slices.Contains([]string{"gen", "wrapper", "batch", "schedule", "deploy"}, strings.TrimPrefix(p.ImportPath, module+"/")) {
			continue
		}
		found++
		for _, dep := range p.Deps {
			if slices.ContainsFunc(heavy, func(part string) bool { return strings.Contains(dep, part) }) {
				t.Errorf("%s depends on %s, which programs that use the client must not link; remove the import", p.ImportPath, dep)
			}
		}
	}
	if found < 4 {
		t.Errorf("found only %d of the packages of the client; correct the list in this test", found)
	}
}
