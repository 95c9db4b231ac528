//go:build unix

package python

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// blockingHandler creates the file data["name"] in data["dir"] with its process id, waits for the file "go", prints
// data["lines"] lines, and returns its process id.
const blockingHandler = `
import os, time
def handle(data):
    name = os.path.join(data["dir"], data["name"])
    with open(name + ".new", "w") as f:
        f.write(str(os.getpid()))
    os.rename(name + ".new", name)
    while not os.path.exists(os.path.join(data["dir"], "go")):
        time.sleep(0.001)
    for i in range(data.get("lines", 0)):
        print(data["name"], i)
    return os.getpid()
`

// blocker controls calls of blockingHandler through files in a directory.
type blocker struct {
	t   *testing.T
	dir string
}

func newBlocker(t *testing.T) blocker {
	t.Helper()
	return blocker{t, t.TempDir()}
}

func (b blocker) call(name string, lines int) runner.Call {
	return data(fmt.Sprintf(`{"dir":%q,"name":%q,"lines":%d}`, b.dir, name, lines))
}

// waitUntilRunning waits until the call with the name runs and returns its process id.
func (b blocker) waitUntilRunning(name string) int {
	b.t.Helper()
	var pid int
	eventually(b.t, name+" runs", func() bool {
		content, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(string(content))
		return err == nil
	})
	return pid
}

func (b blocker) release() {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "go"), nil, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func queued(r *Runner) int {
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	return len(r.pool.queue)
}

func taken(r *Runner) int {
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	return r.pool.taken
}

func TestWarmWorkerKeepsState(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{}), "n = 0\ndef handle(data):\n  global n\n  n += 1\n  return n")
	for want := 1; want <= 3; want++ {
		if got := mustReturn[int](t, f, data("{}")); got != want {
			t.Errorf("the handler returned %d, want %d", got, want)
		}
	}
}

func TestConcurrentCallsUseSeparateWorkers(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{MaxWorkers: 2}), blockingHandler)
	const lines = 1000
	b := newBlocker(t)
	got := map[string][]string{"a": nil, "b": nil}
	var mu sync.Mutex
	var calls sync.WaitGroup
	for name := range got {
		calls.Go(func() {
			_, printed := run(t, f, b.call(name, lines))
			mu.Lock()
			defer mu.Unlock()
			got[name] = printed
		})
	}
	if one, other := b.waitUntilRunning("a"), b.waitUntilRunning("b"); one == other {
		t.Errorf("both calls run in process %d", one)
	}
	b.release()
	calls.Wait()
	for name, printed := range got {
		var want []string
		for i := range lines {
			want = append(want, fmt.Sprintf("%s %d", name, i))
		}
		if diff := cmp.Diff(want, printed); diff != "" {
			t.Errorf("lines of call %s (-want +got):\n%.1000s", name, diff)
		}
	}
}

func TestKilledWorkerFailsOnlyItsCall(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{MaxWorkers: 2}), blockingHandler)
	b := newBlocker(t)
	var killed, other runner.Outcome
	var calls sync.WaitGroup
	calls.Go(func() { killed, _ = run(t, f, b.call("killed", 0)) })
	calls.Go(func() { other, _ = run(t, f, b.call("other", 0)) })
	b.waitUntilRunning("other")
	if err := syscall.Kill(b.waitUntilRunning("killed"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.release()
	calls.Wait()
	if killed.Status != runner.Failed || !strings.Contains(killed.Message, "SIGKILL") {
		t.Errorf("the killed call is %v: %s", killed.Status, killed.Message)
	}
	if other.Status != runner.Completed {
		t.Errorf("the other call is %v: %s", other.Status, other.Message)
	}
	mustReturn[int](t, f, b.call("next", 0))
}

func TestKilledIdleWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	f := deploy(t, r, "import os\ndef handle(data): return os.getpid()")
	pid := mustReturn[int](t, f, data("{}"))
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the slot is free", func() bool { return taken(r) == 0 })
	if next := mustReturn[int](t, f, data("{}")); next == pid {
		t.Errorf("the call ran in the killed process %d", pid)
	}
}

func TestCallsAboveMaxWorkersWaitInOrder(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{MaxWorkers: 1})
	functions := []runner.Function{deploy(t, r, blockingHandler), deploy(t, r, blockingHandler)}
	b := newBlocker(t)
	var mu sync.Mutex
	var order []int
	var calls sync.WaitGroup
	const n = 5
	for i := range n {
		calls.Go(func() {
			// Alternate between the functions, so that their workers are replaced.
			run(t, functions[i%2], b.call(strconv.Itoa(i), 1))
			mu.Lock()
			defer mu.Unlock()
			order = append(order, i)
		})
		if i == 0 {
			b.waitUntilRunning("0")
		}
		eventually(t, "the call is in the queue", func() bool { return queued(r) == i })
	}
	if n := taken(r); n != 1 {
		t.Errorf("%d workers occupy slots, want 1", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if outcome := functions[0].Call(ctx, data("{}"), nil); outcome.Status != runner.Failed || !strings.Contains(outcome.Message, "canceled") {
		t.Errorf("a canceled call in the queue is %v: %s", outcome.Status, outcome.Message)
	}
	b.release()
	calls.Wait()
	if !slices.IsSorted(order) || len(order) != n {
		t.Errorf("the calls ended in the order %v", order)
	}
}

func TestMaxWorkers(t *testing.T) {
	t.Parallel()
	const slots = 2
	r := newRunner(t, Options{MaxWorkers: slots, MaxCallsPerWorker: 3})
	var functions []runner.Function
	for range 3 {
		functions = append(functions, deploy(t, r, "import os\ndef handle(data):\n  if data['n'] % 5 == 0: os._exit(1)\n  return data['n']"))
	}
	var calls sync.WaitGroup
	for n := range 30 {
		calls.Go(func() {
			call := data(fmt.Sprintf(`{"n":%d}`, n))
			if n%5 == 0 {
				if outcome, _ := run(t, functions[n%3], call); outcome.Status != runner.Failed {
					t.Errorf("call %d is %v, want Failed", n, outcome.Status)
				}
			} else if got := mustReturn[int](t, functions[n%3], call); got != n {
				t.Errorf("call %d returned %d", n, got)
			}
			if found := processesWith(t, r.tag); len(found) > slots {
				t.Errorf("processes %v exist, want at most %d", found, slots)
			}
		})
	}
	calls.Wait()
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	if idle := len(r.pool.idle); r.pool.taken-r.pool.ending > slots || idle > slots || len(r.pool.queue) != 0 {
		t.Errorf("the pool has %d taken, %d ending, %d idle, %d queued", r.pool.taken, r.pool.ending, idle, len(r.pool.queue))
	}
}

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{IdleTimeout: 10 * time.Millisecond})
	f := deploy(t, r, "def handle(data): return 1")
	eventually(t, "the idle worker ends", func() bool { return taken(r) == 0 })
	if left := processesWith(t, r.tag); len(left) > 0 {
		t.Errorf("processes %v exist", left)
	}
	mustReturn[int](t, f, data("{}"))
}

func TestMaxCallsPerWorker(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{MaxWorkers: 1, MaxCallsPerWorker: 2}), "n = 0\ndef handle(data):\n  global n\n  n += 1\n  return n")
	var got []int
	for range 5 {
		got = append(got, mustReturn[int](t, f, data("{}")))
	}
	if diff := cmp.Diff([]int{1, 2, 1, 2, 1}, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestCanceledCallIsKilled(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{}), blockingHandler)
	b := newBlocker(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		b.waitUntilRunning("a")
	}()
	outcome := f.Call(ctx, b.call("a", 0), func(string) {})
	if outcome.Status != runner.Failed || !strings.Contains(outcome.Message, "canceled") {
		t.Errorf("the call is %v: %s", outcome.Status, outcome.Message)
	}
	if err := syscall.Kill(b.waitUntilRunning("a"), 0); err == nil {
		t.Error("the worker runs after its call")
	}
}

func TestCloseStopsCalls(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{MaxWorkers: 1})
	f := deploy(t, r, blockingHandler)
	b := newBlocker(t)
	var calls sync.WaitGroup
	for _, name := range []string{"running", "waiting"} {
		calls.Go(func() {
			outcome, _ := run(t, f, b.call(name, 0))
			if outcome.Status != runner.Failed || !strings.Contains(outcome.Message, "closing") {
				t.Errorf("the %s call is %v: %s", name, outcome.Status, outcome.Message)
			}
		})
		if name == "running" {
			b.waitUntilRunning(name)
		}
	}
	eventually(t, "the second call waits", func() bool { return queued(r) == 1 })
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	calls.Wait()
	if left := processesWith(t, r.tag); len(left) > 0 {
		t.Errorf("processes %v exist", left)
	}
	if outcome, _ := run(t, f, data("{}")); outcome.Status != runner.Failed {
		t.Errorf("a call after Close is %v", outcome.Status)
	}
	if _, err := r.Deploy(t.Context(), runner.Spec{Dir: code(t, "handler.py", "def handle(): pass")}); err == nil {
		t.Error("a function was deployed after Close")
	}
	f.Close() // a second Close does nothing
}

func TestCloseStopsImport(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	started := filepath.Join(t.TempDir(), "started")
	dir := code(t, "handler.py", "import os, time\nopen(os.environ['STARTED'], 'w').close()\ntime.sleep(60)")
	deployed := make(chan error, 1)
	go func() {
		_, err := r.Deploy(context.WithoutCancel(t.Context()), runner.Spec{Dir: dir, Env: map[string]string{"STARTED": started}})
		deployed <- err
	}()
	eventually(t, "the import runs", func() bool { _, err := os.Stat(started); return err == nil })
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := <-deployed; err == nil || !strings.Contains(err.Error(), "the emulator is closing") {
		t.Errorf("the deployment ended with %v", err)
	}
}

// TestManyConcurrentCalls runs more calls than CPU cores that wait for each other, like calls that call functions.
func TestManyConcurrentCalls(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{}), blockingHandler)
	b := newBlocker(t)
	n := 2*min(runtime.NumCPU(), 8) + 1
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() { run(t, f, b.call(strconv.Itoa(i), 0)) })
	}
	for i := range n {
		b.waitUntilRunning(strconv.Itoa(i))
	}
	b.release()
	calls.Wait()
}

func TestFunctionsKeepWorkersWhileSlotsAreFree(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{MaxWorkers: 2})
	const handler = "import os\ndef handle(data): return os.getpid()"
	one, other := deploy(t, r, handler), deploy(t, r, handler)
	first, second := mustReturn[int](t, one, data("{}")), mustReturn[int](t, other, data("{}"))
	for range 5 {
		if pid := mustReturn[int](t, one, data("{}")); pid != first {
			t.Errorf("the first function runs in process %d, want %d", pid, first)
		}
		if pid := mustReturn[int](t, other, data("{}")); pid != second {
			t.Errorf("the second function runs in process %d, want %d", pid, second)
		}
	}
}
