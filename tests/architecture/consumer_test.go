package architecture

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConsumerDependencies checks that users do not get the development tools, which have their own modules in tools/. The
// module in tests/consumer requires this module as a user does. "make consumer" builds and tests it.
func TestConsumerDependencies(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-mod=readonly", "-m", "all")
	cmd.Dir = filepath.Join(root, "tests/consumer")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go list -m all in tests/consumer: %v\n%s\nif its go.mod is out of date, run: go -C tests/consumer mod tidy", err, out)
	}
	for line := range strings.Lines(string(out)) {
		for _, tool := range []string{"golangci", "github.com/oasdiff/oasdiff "} {
			if strings.Contains(line, tool) {
				t.Errorf("users of the module depend on %s; require it in a module in tools/ instead of go.mod", strings.TrimSpace(line))
			}
		}
	}
	if !strings.Contains(string(out), module+" ") {
		t.Errorf("tests/consumer does not depend on %s:\n%s", module, out)
	}
}
