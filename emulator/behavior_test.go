package emulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// statuses returns the status of a function in each of n responses.
func (c *testClient) statuses(n int, read func() gen.FunctionStatus) []gen.FunctionStatus {
	all := make([]gen.FunctionStatus, n)
	for i := range all {
		all[i] = read()
	}
	return all
}

func TestDeploymentEndsAfterPolls(t *testing.T) {
	t.Parallel()
	const queued, deploying, ready = gen.FunctionStatusQueued, gen.FunctionStatusDeploying, gen.FunctionStatusReady
	for polls, want := range map[int][]gen.FunctionStatus{
		1: {deploying, ready, ready},
		2: {queued, deploying, ready},
		5: {queued, queued, deploying, deploying, deploying, ready, ready},
	} {
		c := run(t, emulator.Options{Overrides: map[string]emulator.Handler{"f": noop}, Deployments: emulator.AfterPolls(polls)})
		var id int64
		for name, read := range map[string]func() (*gen.Function, error){
			"get": func() (*gen.Function, error) { return c.GetFunction(t.Context(), id) },
			"byids": func() (*gen.Function, error) {
				list, err := c.ByIDsFunctions(t.Context(), gen.FunctionByIDsRequest{Items: gen.FunctionReferences{reference(t, id)}})
				return &list.Items[0], err
			},
			"list": func() (*gen.Function, error) {
				list, err := c.ListFunctions(t.Context(), gen.FunctionListRequest{Filter: &gen.FunctionFilter{Name: new("f")}})
				return &list.Items[len(list.Items)-1], err
			},
		} {
			id = c.create(gen.FunctionWrite{Name: "f"}).ID
			got := c.statuses(len(want), func() gen.FunctionStatus {
				f, err := read()
				if err != nil || f.ID != id {
					t.Fatalf("%s: %+v, error %v", name, f, err)
				}
				return f.Status
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d polls, %s (-want +got):\n%s", polls, name, diff)
			}
			if _, err := c.DeleteFunctions(t.Context(), gen.FunctionDeleteRequest{Items: gen.FunctionReferences{reference(t, id)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func reference(t *testing.T, id int64) gen.FunctionReference {
	t.Helper()
	var ref gen.FunctionReference
	if err := json.Unmarshal(fmt.Appendf(nil, `{"id":%d}`, id), &ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestDeploymentEndsAfterDuration(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Overrides: map[string]emulator.Handler{"f": noop}, Deployments: emulator.After(4 * time.Minute)})
	id := c.create(gen.FunctionWrite{Name: "f"}).ID
	c.SetDeployments(emulator.Never())
	never := c.create(gen.FunctionWrite{Name: "f"}).ID
	c.SetDeployments(emulator.Transition{})
	c.deploy(gen.FunctionWrite{Name: "f"})
	for minute, want := range []gen.FunctionStatus{"Queued", "Queued", "Deploying", "Deploying", "Ready"} {
		f, err := c.GetFunction(t.Context(), id)
		if err != nil || f.Status != want {
			t.Errorf("status after %d minutes: %v, error %v, want %s", minute, f.Status, err, want)
		}
		c.Advance(time.Minute)
	}
	c.Advance(100 * time.Hour)
	if f, err := c.GetFunction(t.Context(), never); err != nil || f.Status != gen.FunctionStatusDeploying {
		t.Errorf("status of the deployment that never ends: %v, error %v", f.Status, err)
	}
}

func TestCallTransitions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		transition emulator.Transition
		want       []string // the statuses in one response a minute
	}{
		"immediately":         {emulator.Transition{}, []string{"Completed"}},
		"after two minutes":   {emulator.After(2 * time.Minute), []string{"Running", "Running", "Completed"}},
		"after two polls":     {emulator.AfterPolls(2), []string{"Running", "Running", "Completed"}},
		"longer than allowed": {emulator.After(time.Hour), []string{"Running", "Running", "Running", "Timeout"}},
		"never":               {emulator.Never(), []string{"Running", "Running", "Running", "Running", "Running"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := runAt(t, monday, emulator.Options{
				Handlers: map[string]emulator.Handler{"f": func(_ context.Context, call *emulator.Call) (any, error) {
					call.Print("done")
					return 42, nil
				}},
				Limits: emulator.Limits{CallTimeout: 3 * time.Minute},
			})
			c.SetCalls(tt.transition)
			call := c.call(c.function("f").ID, "")
			c.Advance(0) // waits for the handler
			var got []string
			for range tt.want {
				read, err := c.GetFunctionCall(t.Context(), call.FunctionID, call.ID)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(read.Status))
				c.Advance(time.Minute)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			record := c.Calls("f")[0]
			if completed := record.Status == "Completed"; completed != (string(record.Response) == "42") || len(record.Log) != 1 {
				t.Errorf("call %+v, want a response if it is completed, and one line of log", record)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}, Calls: emulator.Never()})
	now := &emulator.Transition{}
	c.SetOutcomes("f",
		emulator.Outcome{Response: map[string]int{"n": 1}, Log: []string{"one", "two"}, Transition: now},
		emulator.Outcome{Error: "no luck", Trace: "line 1", Transition: now},
		emulator.Outcome{Status: gen.FunctionCallStatusConcurrencyLimitExceeded, Transition: now},
		emulator.Outcome{Status: "Vanished", Response: "partial", Error: "gone", Transition: now},
		emulator.Outcome{},
	)
	want := []emulator.CallRecord{
		{Status: "Completed", Response: json.RawMessage(`{"n":1}`), Log: []string{"one", "two"}},
		{Status: "Failed", Error: "no luck", Trace: "line 1"},
		{Status: "ConcurrencyLimitExceeded"},
		{Status: "Vanished", Response: json.RawMessage(`"partial"`), Error: "gone"},
		{Status: "Running"},
		{Status: "Running"}, // the last outcome repeats
	}
	id := c.function("f").ID
	for range want {
		call := c.call(id, "")
		waitFor(t, "the call", func() (bool, bool) {
			read, err := c.GetFunctionCall(t.Context(), id, call.ID)
			return true, err == nil && (read.Status != "Running" || len(c.Calls("f")) > 4)
		})
	}
	got := c.Calls("f")
	for i := range got {
		got[i] = emulator.CallRecord{
			Status: got[i].Status, Response: got[i].Response, Error: got[i].Error, Trace: got[i].Trace, Log: got[i].Log,
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	c.SetOutcomes("f")
	c.SetCalls(emulator.Transition{})
	if call := c.callAndWait(id, ""); call.Status != gen.FunctionCallStatusCompleted || c.response(call) != "null" {
		t.Errorf("a call without outcomes: %+v, want that of the handler", call)
	}
}

func TestErrorFormOfOutcomes(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{
		Handlers: map[string]emulator.Handler{"f": noop}, Assumptions: emulator.Assumptions{CallErrors: emulator.ErrorText},
	})
	c.SetOutcomes("f",
		emulator.Outcome{Error: "no luck", Trace: "line 1", ErrorForm: emulator.ErrorObject},
		emulator.Outcome{Error: "no luck", Trace: "line 1", ErrorForm: emulator.ErrorText},
		emulator.Outcome{Error: "no luck", Trace: "line 1"},
	)
	for i, want := range []string{`{"message":"no luck","trace":"line 1"}`, `"no luck"`, `"no luck"`} {
		encoded, err := json.Marshal(c.callAndWait(c.function("f").ID, "").Error)
		if err != nil || string(encoded) != want {
			t.Errorf("error of call %d: %s, error %v, want %s", i, encoded, err, want)
		}
	}
}

// A function with outcomes needs neither valid code nor Python.
func TestOutcomesOfDeployedFunction(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	c.SetOutcomes("f", emulator.Outcome{Response: 1})
	f := c.deploy(gen.FunctionWrite{Name: "f", FileID: c.upload([]byte("not a zip file"))})
	if response := c.response(c.callAndWait(f.ID, "")); response != "1" {
		t.Errorf("response %s, want 1", response)
	}
}

func TestHandle(t *testing.T) {
	t.Parallel()
	respond := func(text string) emulator.Handler {
		return func(context.Context, *emulator.Call) (any, error) { return text, nil }
	}
	c := run(t, emulator.Options{Handlers: map[string]emulator.Handler{"a": respond("first")}})
	c.Handle("b", respond("b"))
	c.Handle("a", respond("second"))
	list, err := c.GetFunctions(t.Context(), nil)
	if err != nil || len(list.Items) != 2 {
		t.Fatalf("functions: %+v, error %v, want 2", list, err)
	}
	for name, want := range map[string]string{"a": `"second"`, "b": `"b"`} {
		f := c.function(name)
		if f.Status != gen.FunctionStatusReady || f.Name != name || f.FunctionPath == nil || f.CPU == nil {
			t.Errorf("function %s: %+v, want a Ready function with default values", name, f)
		}
		if file := c.fileMetadata(f.FileID); !file.Uploaded {
			t.Errorf("the file of function %s is not uploaded", name)
		}
		if response := c.response(c.callAndWait(f.ID, "")); response != want {
			t.Errorf("response of %s: %s, want %s", name, response, want)
		}
	}
	c.wantError(http.MethodPost, "/functions", fmt.Sprintf(`{"items":[{"name":"x","externalId":"a","fileId":%d}]}`, c.upload([]byte("x"))),
		errorResponse{Status: 409, Message: "exists", Duplicated: []map[string]any{{"externalId": "a"}}})
}

// A function of Handlers that is called after a restart without them fails with a reason.
func TestHandlerIsMissingAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := run(t, emulator.Options{DataDir: dir, Handlers: map[string]emulator.Handler{"f": noop}})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	c := run(t, emulator.Options{DataDir: dir})
	call := c.callAndWait(c.function("f").ID, "")
	if message, _ := callError(t, call); call.Status != gen.FunctionCallStatusFailed || !strings.Contains(message, "handler") {
		t.Errorf("call %s with the message %q, want Failed and a handler", call.Status, message)
	}
}

func TestInvalidBehaviorPanics(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	for want, set := range map[string]func(){
		"duration": func() { c.SetCalls(emulator.After(-1)) },
		"polls":    func() { c.SetDeployments(emulator.AfterPolls(-1)) },
		"Running":  func() { c.SetOutcomes("f", emulator.Outcome{Status: "Running"}) },
		"form":     func() { c.SetOutcomes("f", emulator.Outcome{ErrorForm: "xml"}) },
		"encoded":  func() { c.SetOutcomes("f", emulator.Outcome{Response: make(chan int)}) },
		"negative": func() { c.SetOutcomes("f", emulator.Outcome{Transition: &emulator.Transition{Polls: -1}}) },
	} {
		func() {
			defer func() {
				if reason := fmt.Sprint(recover()); !strings.Contains(reason, want) {
					t.Errorf("panic %q, want one with %q", reason, want)
				}
			}()
			set()
		}()
	}
}
