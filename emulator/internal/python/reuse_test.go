//go:build unix

package python

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// TestCallAfterHarmfulCall makes a call that changes the process, and then a call that depends on it.
func TestCallAfterHarmfulCall(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{MaxWorkers: 4})
	const handler = `
import io, os, subprocess, sys, tempfile, threading, time
from concurrent.futures import ThreadPoolExecutor
%s
def harm():
    %s
def handle(data):
    if data["harm"]:
        harm()
        return 1
    print("out")
    print("err", file=sys.stderr)
    os.write(1, b"raw\n")
    subprocess.run(["echo", "child"])
    return int(os.getcwd() == os.path.dirname(__file__))
`
	for name, tc := range map[string]struct {
		setup, harm string
		replaced    bool // the second call runs in another process
	}{
		"nothing":                  {harm: "pass"},
		"another directory":        {harm: "os.chdir('/')"},
		"a removed directory":      {harm: "d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)"},
		"stdout replaced":          {harm: "sys.stdout = sys.stderr = io.StringIO()"},
		"stdout deleted":           {harm: "del sys.stdout, sys.stderr"},
		"stdout closed":            {harm: "sys.stdout.close()", replaced: true},
		"stderr closed":            {harm: "sys.stderr.close()", replaced: true},
		"stdout detached":          {harm: "sys.stdout.detach()", replaced: true},
		"stdout wrapped":           {harm: "sys.stdout = io.TextIOWrapper(sys.stdout.buffer)", replaced: true},
		"stdout wrapped at import": {setup: "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, line_buffering=True)", harm: "sys.stdout = None"},
		"descriptors closed":       {harm: "os.close(1); os.close(2)"},
		"descriptors redirected":   {harm: "n = os.open('/dev/null', os.O_WRONLY); os.dup2(n, 1); os.dup2(n, 2)"},
		"a thread that runs":       {harm: "threading.Thread(target=time.sleep, args=(60,)).start()", replaced: true},
		"a daemon that runs":       {harm: "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", replaced: true},
		"a thread that ended":      {harm: "t = threading.Thread(target=print); t.start(); t.join()"},
		"a thread of the import":   {setup: "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", harm: "pass"},
		"a pool that ended":        {harm: "\n    with ThreadPoolExecutor() as p: list(p.map(abs, [1, 2]))"},
		"a pool that waits":        {setup: "pool = ThreadPoolExecutor()", harm: "pool.submit(abs, 1).result()", replaced: true},
		"the limit of digits":      {harm: "getattr(sys, 'set_int_max_str_digits', abs)(640)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := deploy(t, r, fmt.Sprintf(handler, tc.setup, tc.harm))
			defer f.Close()
			before := tagsOf(r, f)
			if got := mustReturn[int](t, f, data(`{"harm":true}`)); got != 1 {
				t.Errorf("the first call returned %d", got)
			}
			if after := tagsOf(r, f); (len(after) == 0) != tc.replaced {
				t.Errorf("workers %v before and %v after the call, want replaced = %v", before, after, tc.replaced)
			}
			outcome, lines := run(t, f, data(`{"harm":false}`))
			if string(outcome.Response) != "1" {
				t.Errorf("the second call is %v, it returned %s: %s", outcome.Status, outcome.Response, outcome.Message)
			}
			if diff := cmp.Diff([]string{"out", "err", "raw", "child"}, lines); diff != "" {
				t.Errorf("lines of the second call (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCallThatDeletesItsCode(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{}), "import os, shutil\ndef handle(data):\n  shutil.rmtree(os.getcwd())\n  return 1")
	if got := mustReturn[int](t, f, data("{}")); got != 1 {
		t.Errorf("the call returned %d", got)
	}
	outcome, _ := run(t, f, data("{}"))
	if outcome.Status != runner.Failed || !strings.Contains(outcome.Message, "was deleted") {
		t.Errorf("the next call is %v: %s", outcome.Status, outcome.Message)
	}
	if strings.Contains(outcome.Message+outcome.Trace, os.TempDir()) {
		t.Errorf("the outcome shows a path: %s\n%s", outcome.Message, outcome.Trace)
	}
}

// TestDeeplyNestedData uses data that only some versions of Python can decode.
func TestDeeplyNestedData(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	f := deploy(t, r, "def handle(data): return data")
	before := tagsOf(r, f)
	for _, depth := range []int{100, 3000, 9999} {
		text := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		switch outcome, _ := run(t, f, data(text)); {
		case outcome.Status == runner.Completed && string(outcome.Response) == text:
		case depth > 100 && outcome.Status == runner.Failed && strings.Contains(outcome.Message, "RecursionError"):
		default:
			t.Errorf("a call with data of depth %d is %v: %s", depth, outcome.Status, outcome.Message)
		}
	}
	if diff := cmp.Diff(before, tagsOf(r, f)); diff != "" {
		t.Errorf("workers before and after (-want +got):\n%s", diff)
	}
}
