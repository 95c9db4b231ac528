// Package interop tests the description and the clients with third-party tools. "make interop" installs the tools and runs the
// tests with INTEROP=1; without it they are skipped.
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

// tool returns the absolute path of a tool that "make interop" installs. It skips the test outside of make interop.
func tool(t *testing.T, path string) string {
	t.Helper()
	if os.Getenv("INTEROP") == "" {
		t.Skipf("INTEROP is not set, and this test needs %s: make interop installs it and runs the test", path)
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
