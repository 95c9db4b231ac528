// Package interop holds the tests that need other people's tools. "make interop" installs the tools and runs the tests with
// INTEROP=1; without it they are skipped.
package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// root is the folder of the module.
const root = "../.."

// tool returns the path of a tool that "make interop" has installed, and skips the test outside of make interop.
func tool(t *testing.T, path string) string {
	t.Helper()
	if os.Getenv("INTEROP") == "" {
		t.Skip("INTEROP is not set: make interop installs the tools that this test needs, and runs it")
	}
	path, err := filepath.Abs(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(path); err != nil {
		t.Fatalf("%v; make interop installs it", err)
	}
	return path
}
