package functions_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// readMethods returns all methods that read, by name. They read the function sum and the given call, schedule and session.
func readMethods(c *functions.Client, fn *functions.Function, call *functions.Call, schedule *functions.Schedule, session int64) map[string]func(ctx context.Context) error {
	sum := functions.ExternalID("sum")
	return map[string]func(ctx context.Context) error{
		"List":     errorOnly(func(ctx context.Context) (functions.FunctionList, error) { return c.List(ctx, functions.Filter{}) }),
		"All":      func(ctx context.Context) error { return drain(c.All(ctx, functions.Filter{})) },
		"Chunk":    func(ctx context.Context) error { return drain(functions.Chunk(c.All(ctx, functions.Filter{}), 2)) },
		"Retrieve": errorOnly(func(ctx context.Context) (*functions.Function, error) { return c.Retrieve(ctx, sum) }),
		"RetrieveMultiple": errorOnly(func(ctx context.Context) (functions.FunctionList, error) {
			return c.RetrieveMultiple(ctx, []functions.Identifier{sum}, functions.IgnoreUnknown())
		}),
		"WaitReady": errorOnly(func(ctx context.Context) (*functions.Function, error) { return c.WaitReady(ctx, sum) }),
		"Limits":    errorOnly(c.Limits),
		"Status":    errorOnly(c.Status),
		"Calls.List": errorOnly(func(ctx context.Context) (functions.CallList, error) {
			return c.Calls.List(ctx, sum, functions.CallsFilter{})
		}),
		"Calls.All": func(ctx context.Context) error { return drain(c.Calls.All(ctx, sum, functions.CallsFilter{})) },
		"Calls.Retrieve": errorOnly(func(ctx context.Context) (*functions.Call, error) {
			return c.Calls.Retrieve(ctx, functions.ID(call.FunctionID), call.ID)
		}),
		"Calls.RetrieveMultiple": errorOnly(func(ctx context.Context) (functions.CallList, error) {
			return c.Calls.RetrieveMultiple(ctx, functions.ID(fn.ID), []int64{call.ID})
		}),
		"Calls.Wait": errorOnly(func(ctx context.Context) (*functions.Call, error) {
			return c.Calls.Wait(ctx, functions.ID(call.FunctionID), call.ID)
		}),
		"Call.Response": errorOnly(call.Response),
		"Call.Logs":     errorOnly(call.Logs),
		"Schedules.List": errorOnly(func(ctx context.Context) (functions.ScheduleList, error) {
			return c.Schedules.List(ctx, functions.SchedulesFilter{Function: sum})
		}),
		"Schedules.All":      func(ctx context.Context) error { return drain(c.Schedules.All(ctx, functions.SchedulesFilter{})) },
		"Schedules.Retrieve": errorOnly(func(ctx context.Context) (*functions.Schedule, error) { return c.Schedules.Retrieve(ctx, schedule.ID) }),
		"Schedules.RetrieveMultiple": errorOnly(func(ctx context.Context) (functions.ScheduleList, error) {
			return c.Schedules.RetrieveMultiple(ctx, []int64{schedule.ID})
		}),
		"Schedule.InputData": errorOnly(schedule.InputData),
		"Schedule.AsWrite":   errorOnly(schedule.AsWrite),
		"Function.ListCalls": errorOnly(func(ctx context.Context) (functions.CallList, error) {
			return fn.ListCalls(ctx, functions.CallsFilter{})
		}),
		"Function.ListSchedules": errorOnly(func(ctx context.Context) (functions.ScheduleList, error) { return fn.ListSchedules(ctx) }),
		"Function.RetrieveCall":  errorOnly(func(ctx context.Context) (*functions.Call, error) { return fn.RetrieveCall(ctx, call.ID) }),
		"Function.AsWrite":       func(context.Context) error { _ = fn.AsWrite(); return nil },
		"Sessions.List": errorOnly(func(ctx context.Context) (functions.SessionList, error) {
			return c.Sessions.List(ctx, functions.SessionsFilter{})
		}),
		"Sessions.All":      func(ctx context.Context) error { return drain(c.Sessions.All(ctx, functions.SessionsFilter{})) },
		"Sessions.Retrieve": errorOnly(func(ctx context.Context) (*functions.Session, error) { return c.Sessions.Retrieve(ctx, session) }),
		"Files.Retrieve": errorOnly(func(ctx context.Context) (*functions.File, error) {
			return c.Files.Retrieve(ctx, functions.ID(fn.FileID))
		}),
		"Files.Download": errorOnly(func(ctx context.Context) ([]byte, error) { return c.Files.Download(ctx, functions.ID(fn.FileID)) }),
	}
}

// errorOnly returns a function that returns only the error of method.
func errorOnly[T any](method func(ctx context.Context) (T, error)) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, err := method(ctx)
		return err
	}
}

// drain iterates over seq and returns its error.
func drain[T any](seq func(yield func(T, error) bool)) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

// Fifty goroutines call every read method of one client, so that the race detector checks the client.
func TestConcurrentReads(t *testing.T) {
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
	methods := readMethods(c, fn, call, schedule, ok(t, session, err).ID)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			for name, read := range methods { // the order differs between goroutines
				if err := read(ctx); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	group.Wait()
}
