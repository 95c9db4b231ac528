package architecture

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConsumer builds, vets and tests the module in tests/consumer, which uses this module as a user does. The commands fail
// if its go.mod or go.sum is not complete. "go vet ./..." and "go test ./..." do not include it, because it is a module of
// its own.
func TestConsumer(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"build", "-mod=readonly", "-o", filepath.Join(t.TempDir(), "scoring"), "."},
		{"vet", "-mod=readonly", "./..."},
		{"test", "-mod=readonly", "./..."},
	} {
		if out, err := inConsumer(t, args...); err != nil {
			t.Fatalf("go %s in tests/consumer: %v\n%s\nif its go.mod is out of date, run: go -C tests/consumer mod tidy", strings.Join(args, " "), err, out)
		}
	}
}

// TestConsumerDependencies checks that users do not get the development tools, which have modules of their own in tools/.
func TestConsumerDependencies(t *testing.T) {
	t.Parallel()
	out, err := inConsumer(t, "list", "-mod=readonly", "-m", "all")
	if err != nil {
		t.Fatalf("go list -m all in tests/consumer: %v\n%s", err, out)
	}
	for line := range strings.Lines(out) {
		for _, tool := range []string{"golangci", "github.com/oasdiff/oasdiff "} {
			if strings.Contains(line, tool) {
				t.Errorf("users of the module depend on %s; require it in a module in tools/ instead of go.mod", strings.TrimSpace(line))
			}
		}
	}
	if !strings.Contains(out, module+" ") {
		t.Errorf("tests/consumer does not depend on %s:\n%s", module, out)
	}
}

// inConsumer runs the go command in tests/consumer.
func inConsumer(t *testing.T, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = filepath.Join(root, "tests/consumer")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
