package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The Python example controls an emulator of the program.
func TestPythonExample(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is missing: install Python 3.10 or newer")
	}
	envFile := filepath.Join(t.TempDir(), "emulator.env")
	interrupt := startEmulator(t, "--env-file", envFile)
	settings, err := os.ReadFile(envFile)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-m", "unittest", "-v", "test_emulator.py")
	cmd.Dir = filepath.Join("..", "..", "..", "..", "examples", "testing")
	cmd.Env = append(os.Environ(), strings.Fields(string(settings))...)
	cmd.Env = append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1")
	output, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "Ran 4 tests") {
		t.Errorf("the tests failed: %v\n%s", err, output)
	}
	if code := interrupt(); code != exitDone {
		t.Errorf("exit code after an interrupt = %d", code)
	}
}
