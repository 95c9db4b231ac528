//go:build unix

package python

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// Environment variables of this test binary.
const (
	interpreterVariable = "COGFN_TEST_PYTHON" // the interpreter to test with
	childVariable       = "COGFN_TEST_CHILD"  // makes the binary run runEmulator with this directory
)

// waitLimit is the time limit for conditions that must become true.
const waitLimit = 20 * time.Second

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		runEmulator(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// newRunner returns a runner. At the end of the test, it closes the runner and checks that no process and no scratch
// directory remains.
func newRunner(tb testing.TB, options Options) *Runner {
	tb.Helper()
	if options.Interpreter == "" {
		options.Interpreter = os.Getenv(interpreterVariable)
	}
	r, err := New(options)
	if err != nil {
		tb.Fatalf("these tests need Python 3.8 or later: %v", err)
	}
	tb.Cleanup(func() {
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
		if left := processesWith(tb, r.tag); len(left) > 0 {
			tb.Errorf("processes %v exist after Close", left)
		}
		if _, err := os.Stat(r.scratch.dir); !os.IsNotExist(err) {
			tb.Errorf("the scratch directory exists after Close (%v)", err)
		}
	})
	return r
}

// processesWith returns the processes with a tag. It does not use the code under test.
func processesWith(tb testing.TB, tag string) []string {
	tb.Helper()
	if runtime.GOOS != "linux" {
		return nil
	}
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(environments) == 0 {
		tb.Fatalf("cannot list processes: %v", err)
	}
	var found []string
	for _, file := range environments {
		content, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(content), tag) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline")) // only for the failure message
			found = append(found, filepath.Base(filepath.Dir(file))+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

// code writes the files of a function into a new directory. files alternates names and contents.
func code(tb testing.TB, files ...string) string {
	tb.Helper()
	dir := tb.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), fs.FileMode(0o600)); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// deploy deploys handler.py and more files.
func deploy(tb testing.TB, r *Runner, handler string, more ...string) runner.Function {
	tb.Helper()
	return deploySpec(tb, r, runner.Spec{FunctionID: 7, Dir: code(tb, append([]string{"handler.py", handler}, more...)...)})
}

func deploySpec(tb testing.TB, r *Runner, spec runner.Spec) runner.Function {
	tb.Helper()
	f, err := r.Deploy(tb.Context(), spec)
	if err != nil {
		if build, ok := errors.AsType[*runner.BuildError](err); ok {
			tb.Fatalf("deploy: %v\n%s", err, build.Trace)
		}
		tb.Fatalf("deploy: %v", err)
	}
	return f
}

// recorder collects the lines of one call. It checks that they arrive one at a time and not after the call.
type recorder struct {
	t     testing.TB
	busy  sync.Mutex
	ended bool
	lines []string
}

func (c *recorder) take(line string) {
	if !c.busy.TryLock() {
		c.t.Error("two lines of one call arrived at the same time")
		return
	}
	defer c.busy.Unlock()
	if c.ended {
		c.t.Errorf("line %q arrived after its call", line)
	}
	c.lines = append(c.lines, line)
}

// run makes one call and returns its outcome and lines.
func run(tb testing.TB, f runner.Function, call runner.Call) (runner.Outcome, []string) {
	tb.Helper()
	record := &recorder{t: tb}
	outcome := f.Call(tb.Context(), call, record.take)
	record.busy.Lock()
	defer record.busy.Unlock()
	record.ended = true
	return outcome, record.lines
}

// mustReturn makes one call and returns what the handler returned.
func mustReturn[T any](tb testing.TB, f runner.Function, call runner.Call) T {
	tb.Helper()
	outcome, lines := run(tb, f, call)
	if outcome.Status != runner.Completed {
		tb.Fatalf("the call is %v: %s\n%s\n%s", outcome.Status, outcome.Message, outcome.Trace, strings.Join(lines, "\n"))
	}
	var value T
	if err := json.Unmarshal(outcome.Response, &value); err != nil {
		tb.Fatalf("response %s: %v", outcome.Response, err)
	}
	return value
}

// eventually waits until a condition is true that depends on other processes.
func eventually(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.Now().Add(waitLimit)
	for !condition() {
		if time.Now().After(deadline) {
			tb.Fatalf("condition not met within %v: %s", waitLimit, what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

func data(text string) runner.Call {
	return runner.Call{CallID: 11, Data: json.RawMessage(text)}
}
