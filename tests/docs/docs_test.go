// Package docs tests that the programs in README.md and in the package documentation of the wrapper compile and run, and
// that the code in docs/beyond-python.md is part of examples that run.
package docs

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/emulator"
)

const root = "../.."

// blocks returns the Go code blocks of a Markdown file.
func blocks(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?sm)^```go\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[1])
	}
	return found
}

// packageProgram returns the program in the package comment of a Go file.
func packageProgram(t *testing.T, file string) string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for line := range strings.Lines(parsed.Doc.Text()) {
		switch {
		case strings.HasPrefix(line, "\t"):
			code.WriteString(line[1:])
		case strings.TrimSpace(line) == "":
			code.WriteString(line)
		case strings.Contains(code.String(), "package main"):
			return code.String()
		default:
			code.Reset()
		}
	}
	t.Fatalf("%s: no program in the package comment", file)
	return ""
}

// goTool runs the go command in the root with an additional file that exists only during this command. It returns the
// output.
func goTool(t *testing.T, env []string, file, code string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	source, overlay := filepath.Join(dir, "source.go"), filepath.Join(dir, "overlay.json")
	absolute, err := filepath.Abs(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{absolute: source}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{source: []byte(code), overlay: replaced} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", append([]string{args[0], "-overlay", overlay}, args[1:]...)...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Each program prints the response that its last comment shows. It runs against the emulator, which it finds by the
// environment.
func TestProgramsRun(t *testing.T) {
	t.Parallel()
	readme := blocks(t, "README.md")
	if len(readme) != 2 {
		t.Fatalf("README.md has %d Go blocks; test each of them here", len(readme))
	}
	for name, program := range map[string]string{"readme": readme[0], "wrapper": packageProgram(t, "wrapper/doc.go")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := emulator.RunT(t, emulator.Options{})
			env := []string{
				"CDF_URL=" + service.URL(), "CDF_PROJECT=" + service.Project(), "IDP_CLIENT_ID=" + service.ClientID(),
				"IDP_CLIENT_SECRET=" + service.ClientSecret(), "IDP_TOKEN_URL=" + service.TokenURL(), "CDF_CLUSTER=", "CDF_TOKEN=", "LOGIN_FLOW=",
			}
			const shown = `{"greeting":"Hello, Ada!"}`
			if !strings.Contains(program, "// "+shown) {
				t.Errorf("the program does not show its output %s", shown)
			}
			dir := "tests/docs/" + name
			if got := goTool(t, env, dir+"/main.go", program, "run", "./"+dir); strings.TrimSpace(got) != shown {
				t.Errorf("the program printed %s", got)
			}
		})
	}
}

func TestReadmeTestPasses(t *testing.T) {
	t.Parallel()
	got := goTool(t, nil, "docs/double_test.go", blocks(t, "README.md")[1], "test", "-count=1", "-v", "./docs")
	if !strings.Contains(got, "--- PASS: TestDouble") {
		t.Errorf("the test of README.md did not run:\n%s", got)
	}
}
