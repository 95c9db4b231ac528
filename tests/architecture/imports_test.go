// Package architecture holds the tests of how the project is put together.
package architecture

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/cogfn/cogfn"

// goPackage is what go list tells about a package of this module; imports of test files are not among Imports.
type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

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

// within reports whether path is the folder or lies below it.
func within(path, folder string) bool {
	folder = module + "/" + folder
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// TestImports holds the packages to the arrows of docs/design.md: which folder may import which others.
func TestImports(t *testing.T) {
	t.Parallel()
	allowed := []struct {
		folder string
		may    []string
	}{
		{"api", nil},
		{"internal/errtext", nil},
		{"internal/cron", nil},
		{"internal/jsonobject", nil},
		{"internal/openapi", nil},
		{"gen/server", []string{"gen"}},
		{"gen", []string{"internal/jsonobject"}},
		{"wrapper", []string{"wrapper", "gen"}},
		{"batch", []string{"wrapper", "internal"}},
		{"schedule", []string{"wrapper", "internal"}},
		{"deploy", []string{"schedule", "wrapper", "internal"}},
		{"emulator", []string{"emulator", "gen", "api", "internal"}},
		{"internal/cli", []string{"internal/cli", "emulator", "wrapper"}},
		{"cmd", []string{"internal/cli"}},
		{"examples", []string{"emulator", "wrapper"}},
	}
	for _, p := range listPackages(t) {
		if p.ImportPath == module || within(p.ImportPath, "tests") {
			continue // the root holds no code, and tests may import anything
		}
		i := slices.IndexFunc(allowed, func(rule struct {
			folder string
			may    []string
		},
		) bool {
			return within(p.ImportPath, rule.folder)
		})
		if i < 0 {
			t.Errorf("%s: no rule says what it may import; add one here and to docs/design.md", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			inside := strings.HasPrefix(imported, module)
			ok := slices.ContainsFunc(allowed[i].may, func(folder string) bool { return within(imported, folder) })
			if inside && !ok {
				t.Errorf("%s imports %s, which the design forbids", p.ImportPath, imported)
			}
		}
	}
}

// TestWrapperStaysLight keeps what belongs to the emulator and to development out of programs that import the wrapper.
func TestWrapperStaysLight(t *testing.T) {
	t.Parallel()
	packages := listPackages(t)
	i := slices.IndexFunc(packages, func(p goPackage) bool { return p.ImportPath == module+"/wrapper" })
	if i < 0 {
		t.Fatal("go list does not know the package wrapper")
	}
	for _, dep := range packages[i].Deps {
		for _, heavy := range []string{"kin-openapi", "bbolt", "cobra", "oapi-codegen/v2"} {
			if strings.Contains(dep, heavy) {
				t.Errorf("the wrapper depends on %s", dep)
			}
		}
	}
}

// TestGeneratedClientStaysSmall keeps the generated code readable. Raise the limit only with a reason in docs/design.md.
func TestGeneratedClientStaysSmall(t *testing.T) {
	t.Parallel()
	const most = 8_000
	code, err := os.ReadFile("../../gen/gen.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(code, []byte("\n")); lines > most {
		t.Errorf("gen/gen.gen.go has %d lines, more than %d", lines, most)
	}
}
