// Package interop tests the description and the clients with third-party tools. "make interop" installs the tools and runs
// the tests with INTEROP=1. Without it, the tests are skipped.
package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/cogfn/cogfn/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// root is the directory of the module.
const root = "../.."

// tool returns the absolute path of a tool that "make interop" installs. It skips the test outside of make interop.
func tool(t *testing.T, path string) string {
	t.Helper()
	if os.Getenv("INTEROP") == "" {
		t.Skipf("INTEROP is not set: run make interop, which installs %s and runs this test", path)
	}
	path, err := filepath.Abs(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(path); err != nil {
		t.Fatalf("%v; run make interop, which installs it", err)
	}
	return path
}

// writeDescription writes a description to a file and returns its path.
func writeDescription(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "openapi.yaml")
	writeFile(t, path, text)
	return path
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// closedEnums returns the description with each extensible enum as a closed one.
func closedEnums() string {
	return strings.ReplaceAll(string(api.OpenAPI), "x-extensible-enum:", "enum:")
}
