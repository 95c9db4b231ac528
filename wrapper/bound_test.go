package functions

import "testing"

// The methods of a function ask for what is its own.
func TestBoundMethodsOfAFunction(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, runningCalls), respond(200, runningCalls), respond(200, oneSchedule)})
	fn := &Function{client: c, Function: someFunction()}
	calls, err := fn.ListCalls(t.Context(), CallsFilter{Status: CallRunning}, WithLimit(3))
	check(t, "error", err, nil)
	check(t, "calls", len(calls), 1)
	call, err := fn.RetrieveCall(t.Context(), 9)
	check(t, "error", err, nil)
	check(t, "call", call.CallID(), CallID{FunctionID: 42, ID: 9})
	schedules, err := fn.ListSchedules(t.Context(), WithLimit(3))
	check(t, "error", err, nil)
	check(t, "schedules", len(schedules), 1)
	for i, want := range []struct{ path, body string }{
		{"POST /functions/42/calls/list", `{"filter":{"status":"Running"},"limit":3}`},
		{"POST /functions/42/calls/byids", `{"ignoreUnknownIds":false,"items":[{"id":9}]}`},
		{"POST /functions/schedules/list", `{"filter":{"functionId":42},"limit":3}`},
	} {
		check(t, "path", f.paths()[i], want.path)
		check(t, "body", f.requests[i].Body, want.body)
	}
}
