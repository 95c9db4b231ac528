//go:build unix

package python

import (
	"runtime"
	"strconv"
	"sync"
	"testing"
)

// TestManyCallsRunAtOnce has more calls wait for each other than there are cores, as calls do that make calls.
func TestManyCallsRunAtOnce(t *testing.T) {
	t.Parallel()
	f := deploy(t, newRunner(t, Options{}), gated)
	g := newGate(t)
	n := 2*min(runtime.NumCPU(), 8) + 1
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() { run(t, f, g.call(strconv.Itoa(i), 0)) })
	}
	for i := range n {
		g.wait(strconv.Itoa(i))
	}
	g.open()
	calls.Wait()
}

func TestFunctionsKeepTheirWorkersWhilePlacesAreFree(t *testing.T) {
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
