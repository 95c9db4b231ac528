package emulator_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// echo is a handler that returns the input.
func echo(_ context.Context, call *emulator.Call) (any, error) {
	call.Print("echo")
	return call.Data, nil
}

// restore restores a snapshot.
func (c *testClient) restore(snapshot *emulator.Snapshot) {
	c.t.Helper()
	if err := c.Restore(snapshot); err != nil {
		c.t.Fatal(err)
	}
}

func (c *testClient) snapshot() *emulator.Snapshot {
	c.t.Helper()
	snapshot, err := c.Snapshot()
	if err != nil {
		c.t.Fatal(err)
	}
	return snapshot
}

func TestRestore(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{"f": echo}, Overrides: map[string]emulator.Handler{"later": echo}})
	f := c.function("f")
	c.callAndWait(f.ID, `{"n":1}`)
	schedule := c.schedule("0 7 * * *")
	file := c.initUpload(false, gen.FileWrite{Name: "a"})
	c.put(file.UploadURL, []byte("content"))
	want := c.Calls("f")
	snapshot := c.snapshot()
	for range 2 { // a snapshot can be restored many times
		c.deploy(gen.FunctionWrite{Name: "later"})
		if calls := c.Advance(24 * time.Hour); len(calls) != 1 {
			t.Errorf("%d calls of the schedule, want 1", len(calls))
		}
		c.request(http.MethodPost, "/functions/schedules/delete", `{"items":[{"id":`+strconv.FormatInt(schedule.ID, 10)+`}]}`)
		c.request(http.MethodPost, "/files/delete", `{"items":[{"id":`+strconv.FormatInt(file.ID, 10)+`}]}`)
		c.call(f.ID, "")
		c.restore(snapshot)
		if !c.Now().Equal(monday) {
			t.Errorf("time %v after the restore, want %v", c.Now(), monday)
		}
		if diff := cmp.Diff(want, c.Calls("f")); diff != "" {
			t.Errorf("calls after the restore (-want +got):\n%s", diff)
		}
		if list, err := c.GetFunctions(t.Context(), nil); err != nil || len(list.Items) != 1 {
			t.Errorf("functions after the restore: %+v, error %v", list, err)
		}
		if content := c.download(file.ID); content != "content" {
			t.Errorf("content %q after the restore", content)
		}
		if call := c.callAndWait(f.ID, `{"n":2}`); c.response(call) != `{"n":2}` {
			t.Errorf("a call after the restore: %+v", call)
		}
		want = append([]emulator.CallRecord(nil), want...)
	}
	if err := snapshot.Close(); err != nil {
		t.Error(err)
	}
	if err := snapshot.Close(); err != nil {
		t.Errorf("closing a snapshot again: %v", err)
	}
	if err := c.Restore(snapshot); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("restoring a closed snapshot: error %v, want one with %q", err, "closed")
	}
	if response := c.callAndWait(f.ID, ""); response.Status != gen.FunctionCallStatusCompleted {
		t.Errorf("a call after the failed restore: %+v", response)
	}
}

// Calls that ran at the time of a snapshot are Failed after its restore, as after a restart.
func TestRestoreStopsRunningCalls(t *testing.T) {
	t.Parallel()
	b := newBlocker()
	options := b.options()
	options.Handlers = options.Overrides
	c := run(t, options)
	id := c.function("block").ID
	c.call(id, "")
	<-b.started
	snapshot := c.snapshot()
	c.call(id, "")
	<-b.started
	c.restore(snapshot)
	calls := c.Calls("block")
	if len(calls) != 1 || calls[0].Status != gen.FunctionCallStatusFailed || !strings.Contains(calls[0].Error, "stopped") {
		t.Errorf("calls after the restore: %+v, want one that was stopped", calls)
	}
}

func TestRestoreOfPythonFunction(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	f := c.deployPython("def handle(data): return data['n'] + 1")
	snapshot := c.snapshot()
	for range 2 {
		if response := c.response(c.callAndWait(f.ID, `{"n":1}`)); response != "2" {
			t.Errorf("response %s, want 2", response)
		}
		c.restore(snapshot)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{
		Handlers: map[string]emulator.Handler{"f": echo}, Overrides: map[string]emulator.Handler{"g": echo}, Calls: emulator.AfterPolls(1),
	})
	for range 2 {
		c.Handle("h", noop)
		c.Override("f", noop)
		c.deploy(gen.FunctionWrite{Name: "g"})
		c.SetCalls(emulator.Never())
		c.SetOutcomes("f", emulator.Outcome{Response: "scripted"})
		c.Freeze()
		c.Advance(time.Hour)
		c.schedule("0 7 * * *")
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
		if list, err := c.GetFunctions(t.Context(), nil); err != nil || len(list.Items) != 1 || list.Items[0].Name != "f" {
			t.Errorf("functions after the reset: %+v, error %v, want f", list, err)
		}
		if ahead := time.Until(c.Now()); ahead > time.Minute {
			t.Errorf("the clock is %v ahead after the reset", ahead)
		}
		if requests := c.Requests(); len(requests) != 1 || requests[0].Operation != "getFunctions" {
			t.Errorf("requests after the reset: %+v", requests)
		}
		if calls := c.Advance(24 * time.Hour); len(calls) != 0 {
			t.Errorf("schedules made %d calls after the reset", len(calls))
		}
		if response := c.response(c.callAndWait(c.function("f").ID, `{"n":1}`)); response != `{"n":1}` {
			t.Errorf("response %s after the reset, want that of the first handler", response)
		}
	}
}

func TestResetRemovesFaults(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	c.Inject(emulator.Fault{Kind: emulator.FaultStaleRead})
	c.Inject(emulator.Fault{Kind: emulator.FaultReset})
	if err := c.Reset(); err != nil || len(c.Faults()) != 0 {
		t.Errorf("%d faults after the reset, error %v", len(c.Faults()), err)
	}
	if _, err := c.GetFunctions(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// Requests that arrive during a restore wait for its end.
func TestRestoreDuringRequests(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Handlers: map[string]emulator.Handler{"f": echo}})
	id := c.function("f").ID
	snapshot := c.snapshot()
	done := make(chan error)
	for range 4 {
		go func() {
			var failed error
			for range 20 {
				if _, err := c.GetFunction(t.Context(), id); err != nil {
					failed = err
				}
			}
			done <- failed
		}()
	}
	for range 10 {
		c.restore(snapshot)
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
