package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asProgram makes the test binary behave as cogfn, so that the tests run a real process with an exit code and streams.
const asProgram = "COGFN_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main(os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	os.Exit(m.Run())
}

// program returns a command that runs cogfn in dir.
func program(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asProgram+"=1", "GOCOVERDIR="+t.TempDir())
	return cmd
}

// result is the outcome of a program.
type result struct {
	code           int
	stdout, stderr string
}

func finish(t *testing.T, cmd *exec.Cmd, stdin string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("the program did not start: %v", err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// writeDir writes files to a new directory. The keys are their names.
func writeDir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// expect checks the exit code and standard output, and that standard error matches a pattern.
func (r result) expect(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code = %d; want %d", r.code, code)
	}
	if r.stdout != stdout {
		t.Errorf("standard output = %q; want %q", r.stdout, stdout)
	}
	if !regexp.MustCompile(stderr).MatchString(r.stderr) {
		t.Errorf("standard error does not match %s:\n%s", stderr, r.stderr)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		args   []string
		code   int
		stderr string
	}{
		{"unknown command", []string{"fly"}, exitUsage, `^cogfn: unknown command "fly"`},
		{"unknown flag", []string{"run", "x", "--fast"}, exitUsage, `^cogfn: unknown flag: --fast`},
		{"no directory", []string{"run"}, exitUsage, `^cogfn: DIR is missing; use: cogfn run DIR`},
		{"two directories", []string{"run", "a", "b"}, exitUsage, `^cogfn: unexpected argument "b"`},
		{"version with argument", []string{"version", "x"}, exitUsage, `^cogfn: unexpected argument "x"`},
		{"bad duration", []string{"run", "x", "--timeout", "soon"}, exitUsage, `^cogfn: invalid argument "soon" for "--timeout" flag: use a number with a unit`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			finish(t, program(t, t.TempDir(), tt.args...), "").expect(t, tt.code, "", tt.stderr)
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	version := finish(t, program(t, t.TempDir(), "version"), "")
	if version.code != exitDone || !regexp.MustCompile(`^cogfn \d+\.\d+\.\d+ go\S+ \S+/\S+\n$`).MatchString(version.stdout) {
		t.Errorf("version: %+v", version)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	help := finish(t, program(t, t.TempDir(), "run", "--help"), "")
	if help.code != exitDone || help.stderr != "" {
		t.Errorf("help: %+v", help)
	}
	for flag := range strings.Lines(help.stdout) {
		if strings.Count(flag, "(default") > 1 {
			t.Errorf("the help shows two defaults for one flag: %s", flag)
		}
	}
	if !strings.Contains(help.stdout, "(default 9m)") {
		t.Errorf("the help does not show the default of --timeout:\n%s", help.stdout)
	}
}
