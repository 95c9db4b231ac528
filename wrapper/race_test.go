package functions_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// readers are all methods that read, on one world of a function, a call, a schedule and a session.
func readers(c *functions.Client, fn *functions.Function, call *functions.Call, schedule *functions.Schedule, session int64) map[string]func(ctx context.Context) error {
	byName := functions.ExternalID("sum")
	return map[string]func(ctx context.Context) error{
		"List":     drop(func(ctx context.Context) (functions.FunctionList, error) { return c.List(ctx, functions.Filter{}) }),
		"All":      func(ctx context.Context) error { return drain(c.All(ctx, functions.Filter{})) },
		"Chunk":    func(ctx context.Context) error { return drain(functions.Chunk(c.All(ctx, functions.Filter{}), 2)) },
		"Retrieve": drop(func(ctx context.Context) (*functions.Function, error) { return c.Retrieve(ctx, byName) }),
		"RetrieveMultiple": drop(func(ctx context.Context) (functions.FunctionList, error) {
			return c.RetrieveMultiple(ctx, []functions.Identifier{byName}, functions.IgnoreUnknown())
		}),
		"WaitReady": drop(func(ctx context.Context) (*functions.Function, error) { return c.WaitReady(ctx, byName) }),
		"Limits":    drop(c.Limits),
		"Status":    drop(c.Status),
		"Calls.List": drop(func(ctx context.Context) (functions.CallList, error) {
			return c.Calls.List(ctx, byName, functions.CallsFilter{})
		}),
		"Calls.All": func(ctx context.Context) error { return drain(c.Calls.All(ctx, byName, functions.CallsFilter{})) },
		"Calls.Retrieve": drop(func(ctx context.Context) (*functions.Call, error) {
			return c.Calls.Retrieve(ctx, functions.ID(call.FunctionID), call.ID)
		}),
		"Calls.RetrieveMultiple": drop(func(ctx context.Context) (functions.CallList, error) {
			return c.Calls.RetrieveMultiple(ctx, functions.ID(fn.ID), []int64{call.ID})
		}),
		"Calls.Wait": drop(func(ctx context.Context) (*functions.Call, error) {
			return c.Calls.Wait(ctx, functions.ID(call.FunctionID), call.ID)
		}),
		"Call.Response": drop(call.Response),
		"Call.Logs":     drop(call.Logs),
		"Schedules.List": drop(func(ctx context.Context) (functions.ScheduleList, error) {
			return c.Schedules.List(ctx, functions.SchedulesFilter{Function: byName})
		}),
		"Schedules.All":      func(ctx context.Context) error { return drain(c.Schedules.All(ctx, functions.SchedulesFilter{})) },
		"Schedules.Retrieve": drop(func(ctx context.Context) (*functions.Schedule, error) { return c.Schedules.Retrieve(ctx, schedule.ID) }),
		"Schedules.RetrieveMultiple": drop(func(ctx context.Context) (functions.ScheduleList, error) {
			return c.Schedules.RetrieveMultiple(ctx, []int64{schedule.ID})
		}),
		"Schedule.InputData": drop(schedule.InputData),
		"Schedule.AsWrite":   drop(schedule.AsWrite),
		"Function.ListCalls": drop(func(ctx context.Context) (functions.CallList, error) {
			return fn.ListCalls(ctx, functions.CallsFilter{})
		}),
		"Function.ListSchedules": drop(func(ctx context.Context) (functions.ScheduleList, error) { return fn.ListSchedules(ctx) }),
		"Function.RetrieveCall":  drop(func(ctx context.Context) (*functions.Call, error) { return fn.RetrieveCall(ctx, call.ID) }),
		"Function.AsWrite":       func(context.Context) error { _ = fn.AsWrite(); return nil },
		"Sessions.List": drop(func(ctx context.Context) (functions.SessionList, error) {
			return c.Sessions.List(ctx, functions.SessionsFilter{})
		}),
		"Sessions.All":      func(ctx context.Context) error { return drain(c.Sessions.All(ctx, functions.SessionsFilter{})) },
		"Sessions.Retrieve": drop(func(ctx context.Context) (*functions.Session, error) { return c.Sessions.Retrieve(ctx, session) }),
		"Files.Retrieve": drop(func(ctx context.Context) (*functions.File, error) {
			return c.Files.Retrieve(ctx, functions.ID(fn.FileID))
		}),
		"Files.Download": drop(func(ctx context.Context) ([]byte, error) { return c.Files.Download(ctx, functions.ID(fn.FileID)) }),
	}
}

// drop keeps only the error of a method.
func drop[T any](method func(ctx context.Context) (T, error)) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, err := method(ctx)
		return err
	}
}

func drain[T any](seq func(yield func(T, error) bool)) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

// Fifty goroutines read everything through one client at once, each beginning somewhere else.
func TestReadingFromManyGoroutines(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), newEmulatorClient(t, emulator.Limits{})
	fn := deploy(t, c, "sum")
	call, err := fn.Call(ctx, nil)
	call = ok(t, call, err)
	schedule, err := c.Schedules.Create(ctx, fn.Identifier(), functions.ScheduleWrite{
		Name: "yearly", CronExpression: "0 0 29 2 *", Data: json.RawMessage(`{"a":1}`),
	})
	schedule = ok(t, schedule, err)
	session, err := c.Sessions.Create(ctx, functions.SessionTokenExchange())
	all := readers(c, fn, call, schedule, ok(t, session, err).ID)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			for name, read := range all { // in another order for each goroutine
				if err := read(ctx); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	group.Wait()
}
