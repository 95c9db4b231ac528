package testing_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/functionstest"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestOutcomes(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: handlers})
	e.SetOutcomes("report",
		emulator.Outcome{Error: "ZeroDivisionError: division by zero", Log: []string{"reading", "dividing"}},
		emulator.Outcome{Status: functions.CallConcurrencyLimitExceeded},
		emulator.Outcome{Response: map[string]int{"rows": 7}},
	)
	for _, want := range []functions.CallStatus{
		functions.CallFailed, functions.CallConcurrencyLimitExceeded, functions.CallCompleted,
	} {
		call, err := client.Call(t.Context(), functions.ExternalID("report"), nil)
		if call == nil || call.Status != want || (err == nil) != (want == functions.CallCompleted) {
			t.Errorf("call %v, error %v; want the status %s", call, err, want)
		}
	}
}

func TestDeployment(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{
		Overrides:   handlers, // run instead of the code of a function that the test deploys
		Deployments: emulator.AfterPolls(3),
	})
	fn, err := client.Create(t.Context(), functions.FunctionWrite{Name: "report"}, functions.HandlerText("def handle(): ...\n"))
	if err != nil {
		t.Fatal(err)
	}
	if fn, err = fn.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	polls := 0
	for _, request := range e.Requests() {
		if request.Operation == "byIdsFunctions" {
			polls++
		}
	}
	if polls != 4 || fn.Status != functions.FunctionReady {
		t.Errorf("%d polls, status %s; want that the fourth finds the function Ready", polls, fn.Status)
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: handlers})
	snapshot, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // each round begins with the same state
		if _, err := client.Call(t.Context(), functions.ExternalID("report"), nil); err != nil {
			t.Error(err)
		}
		if calls := e.Calls("report"); len(calls) != 1 {
			t.Errorf("%d calls, want one", len(calls))
		}
		if err := e.Restore(snapshot); err != nil {
			t.Error(err)
		}
	}
}

func TestUnreliableService(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: handlers, TLS: true})
	e.Inject(emulator.Fault{Operation: "byIdsFunctionCalls", Kind: emulator.FaultGoAway, Probability: 0.3, Seed: 1})
	e.Inject(emulator.Fault{Kind: emulator.FaultExpiredToken, Skip: 10, Times: 1})
	for range 20 {
		if _, err := client.Call(t.Context(), functions.ExternalID("report"), nil); err != nil {
			t.Error(err)
		}
	}
	if calls := e.Calls("report"); len(calls) != 20 {
		t.Errorf("%d calls, want 20", len(calls))
	}
}

func TestAzure(t *testing.T) {
	t.Parallel()
	client, _ := functionstest.Run(t, emulator.Options{
		Handlers: handlers, Cloud: emulator.Azure, Assumptions: emulator.Assumptions{CallErrors: emulator.ErrorText},
	})
	large := map[string]string{"text": string(slices.Repeat([]byte("x"), 50_000))}
	_, err := client.Call(t.Context(), functions.ExternalID("report"), large)
	if rejected, ok := errors.AsType[*functions.APIError](err); !ok || rejected.StatusCode != http.StatusBadRequest {
		t.Errorf("error %v; want that 50 kB of input data are too much", err)
	}
}

func TestFrozenClock(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: handlers})
	e.Freeze()
	e.SetTime(time.Date(2030, time.July, 1, 6, 0, 0, 0, time.UTC))
	call, err := client.Call(t.Context(), functions.ExternalID("report"), nil)
	if err != nil || call.StartTime != e.Now().UnixMilli() {
		t.Errorf("call %v, error %v; want that it starts at six o'clock", call, err)
	}
}
