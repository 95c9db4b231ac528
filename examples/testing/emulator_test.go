// Package testing_test shows how to test a program that calls functions. The tests need no account and no Python.
package testing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/functionstest"
	functions "github.com/cogfn/cogfn/wrapper"
)

var handlers = map[string]emulator.Handler{"report": func(context.Context, *emulator.Call) (any, error) { return "done", nil }}

func TestSlowCall(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: handlers, Calls: emulator.After(8 * time.Minute)})
	call, err := client.Start(t.Context(), functions.ExternalID("report"), nil)
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() { waited <- call.Wait(t.Context()) }()
	e.Advance(8 * time.Minute)
	if err := <-waited; err != nil || *call.EndTime-call.StartTime < (8*time.Minute).Milliseconds() {
		t.Errorf("call %v, error %v; want that it ends after eight minutes", call, err)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: handlers})
	limit := e.Inject(emulator.Fault{Operation: "postFunctionsCall", Kind: emulator.FaultStatus, Status: 429, RetryAfter: "1", Times: 1})
	start := time.Now()
	if _, err := client.Call(t.Context(), functions.ExternalID("report"), nil); err != nil || limit.Hits() != 1 || time.Since(start) < time.Second {
		t.Errorf("error %v after %v; want that the client waits a second and tries again", err, time.Since(start))
	}
}

func TestLostResponse(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: handlers})
	e.Inject(emulator.Fault{Operation: "postFunctionsCall", Kind: emulator.FaultReset, AfterWork: true, Times: 1})
	_, err := client.Call(t.Context(), functions.ExternalID("report"), nil)
	if _, ok := errors.AsType[*functions.UnknownOutcomeError](err); !ok || len(e.Calls("report")) != 1 {
		t.Errorf("error %v, %d calls; want an unknown outcome of one call", err, len(e.Calls("report")))
	}
}

func TestScheduleForTomorrow(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: handlers})
	_, err := client.Schedules.Create(t.Context(), functions.ExternalID("report"), functions.ScheduleWrite{Name: "daily", CronExpression: "0 7 * * *"})
	if calls := e.Advance(24 * time.Hour); err != nil || len(calls) != 1 || string(calls[0].Response) != `"done"` {
		t.Errorf("calls %+v, error %v; want one at seven o'clock", calls, err)
	}
}
