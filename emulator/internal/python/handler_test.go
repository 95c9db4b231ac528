//go:build unix

package python

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

func TestManyLinesAndLargeResponse(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{}), "def handle(data):\n  for i in range(1000): print('line', i)\n  return 'x' * 100000")
	outcome, lines := run(t, f, data("{}"))
	if got, want := string(outcome.Response), `"`+strings.Repeat("x", 100000)+`"`; got != want {
		t.Errorf("the response has %d bytes, want %d", len(got), len(want))
	}
	var want []string
	for i := range 1000 {
		want = append(want, fmt.Sprintf("line %d", i))
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%.1000s", diff)
	}
}

func TestLargeDataAndResponse(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{ResponseLimit: 8 << 20}), "def handle(data): return data['k']")
	want := strings.Repeat("0123456789abcdef", 4<<16)
	if got := mustReturn[string](t, f, data(`{"k":"`+want+`"}`)); got != want {
		t.Errorf("the response has %d bytes, want %d", len(got), len(want))
	}
}

func TestLongLogIsTruncated(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{MaxLogBytes: 100}), "def handle(data):\n  for i in range(100000): print('0123456789')\n  return 1")
	for range 2 { // each call has its own budget
		outcome, lines := run(t, f, data("{}"))
		want := append(repeated("0123456789", 9), "[truncated: the log of a call is cut at 100 bytes]")
		if diff := cmp.Diff(want, lines); diff != "" || outcome.Status != runner.Completed {
			t.Errorf("the call is %v, its lines (-want +got):\n%.1000s", outcome.Status, diff)
		}
	}
}

func TestFunctionCallInfoAndSecrets(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	f := deploySpec(t, r, runner.Spec{
		FunctionID: 1<<53 - 1,
		Secrets:    map[string]string{"api-key": "hush"},
		Dir: code(t, "handler.py", `
def handle(function_call_info, secrets):
    seen = [function_call_info, dict(secrets)]
    secrets.clear()
    return seen
`),
	})
	for _, tc := range []struct {
		call runner.Call
		want map[string]any
	}{
		{runner.Call{CallID: 11}, map[string]any{"function_id": float64(1<<53 - 1), "call_id": 11.0}},
		{runner.Call{CallID: 12, ScheduleID: 13, ScheduledTime: 1767225600000}, map[string]any{
			"function_id": float64(1<<53 - 1), "call_id": 12.0, "schedule_id": 13.0, "scheduled_time": 1767225600000.0,
		}},
	} {
		want := []any{tc.want, map[string]any{"api-key": "hush"}}
		if diff := cmp.Diff(want, mustReturn[[]any](t, f, tc.call)); diff != "" {
			t.Errorf("arguments (-want +got):\n%s", diff)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	f := deploySpec(t, r, runner.Spec{
		Env: map[string]string{"MINE": "a=b", "TZ": "Europe/Oslo", "COGFN_WORKER": "none"},
		Dir: code(t, "handler.py", `
import os, tempfile
def handle(data):
    for directory in (os.environ["HOME"], tempfile.gettempdir()):
        with open(os.path.join(directory, "file"), "w") as f:
            f.write("x")
    return dict(os.environ)
`),
	})
	got := mustReturn[map[string]string](t, f, data("{}"))
	names := slices.Sorted(maps.Keys(got))
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "__CF_") }) // macOS
	if diff := cmp.Diff([]string{"COGFN_WORKER", "HOME", "LANG", "MINE", "PATH", "PYTHONUSERBASE", "TMPDIR", "TZ"}, names); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if got["MINE"] != "a=b" || got["TZ"] != "Europe/Oslo" || got["COGFN_WORKER"] == "none" || got["HOME"] == os.Getenv("HOME") {
		t.Errorf("the environment is %v", got)
	}
	f.Close()
	if left, err := filepath.Glob(filepath.Join(r.scratch.dir, "function-*")); err != nil || len(left) > 0 {
		t.Errorf("directories %v remain after Close (%v)", left, err)
	}
}

func TestChildrenDoNotInheritPipes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc/self/fd, which only Linux has")
	}
	f := deploy(t, newRunner(t, Options{}), `
import os, subprocess
def handle(data):
    own = [os.readlink("/proc/self/fd/%d" % fd) for fd in (100, 101)]
    return own + subprocess.check_output(["ls", "-l", "/proc/self/fd"], close_fds=False).decode().splitlines()
`)
	got := mustReturn[[]string](t, f, data("{}"))
	for _, pipe := range got[:2] {
		if children := strings.Join(got[2:], "\n"); strings.Contains(children, pipe) || !strings.Contains(children, "pipe:") {
			t.Errorf("a child has the worker's %s or none at all:\n%s", pipe, children)
		}
	}
}

func TestPathsInErrorsAreRelative(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{}), "import lib\ndef handle(data):\n  try: lib.f()\n  except KeyError as e: raise RuntimeError('no') from e",
		"lib.py", "def f():\n  return {}['k']")
	outcome, _ := run(t, f, data("{}"))
	for _, want := range []string{
		"File \"handler.py\", line 3, in handle",
		"File \"lib.py\", line 2, in f",
		"KeyError: 'k'\n\nThe above exception was the direct cause",
		"File \"handler.py\", line 4, in handle",
		"RuntimeError: no\n",
	} {
		if !strings.Contains(outcome.Trace, want) {
			t.Errorf("the trace does not contain %q:\n%s", want, outcome.Trace)
		}
	}
}

func BenchmarkWarmCall(b *testing.B) {
	r := newRunner(b, Options{})
	f := deploy(b, r, "def handle(data): return data")
	call := data(`{"text":"` + strings.Repeat("x", 200) + `"}`)
	for b.Loop() {
		if outcome := f.Call(b.Context(), call, func(string) {}); outcome.Status != runner.Completed {
			b.Fatal(outcome.Message)
		}
	}
}

func BenchmarkWarmCallsInParallel(b *testing.B) {
	r := newRunner(b, Options{})
	f := deploy(b, r, "def handle(data): return data")
	call := data(`{"text":"` + strings.Repeat("x", 200) + `"}`)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if outcome := f.Call(b.Context(), call, func(string) {}); outcome.Status != runner.Completed {
				b.Error(outcome.Message)
			}
		}
	})
}
