package functions

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// callWith responds with one call. more are further fields.
func callWith(status, more string) responder {
	return respond(200, fmt.Sprintf(`{"items":[{"id":9,"functionId":42,"status":%q,"startTime":1%s}]}`, status, more))
}

func TestPollIntervals(t *testing.T) {
	t.Parallel()
	t.Run("default", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			c, f := newFakeClient(t, append(times(20, callWith("Running", "")), callWith("Completed", "")))
			if _, err := c.Calls.Wait(t.Context(), ID(42), 9); err != nil {
				t.Fatal(err)
			}
			if first := f.requests[0].At.Sub(start); first < 10*time.Millisecond || first > 100*time.Millisecond {
				t.Errorf("the first poll was after %v, want 10ms to 100ms", first)
			}
			mean := 60 * time.Millisecond
			for i, interval := range f.intervals() {
				mean = min(mean*8/5, 10*time.Second)
				if interval < mean/2-time.Millisecond || interval > mean*3/2+time.Millisecond {
					t.Errorf("interval %d is %v, want %v ± 50 %%", i+1, interval, mean)
				}
			}
		})
	})
	t.Run("constant", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, f := newFakeClient(t, append(times(3, callWith("Running", "")), callWith("Completed", "")), WithPoll(ConstantPoll(7*time.Second)))
			if _, err := c.Calls.Wait(t.Context(), ID(42), 9); err != nil {
				t.Fatal(err)
			}
			for _, interval := range f.intervals() {
				check(t, "interval", interval, 7*time.Second)
			}
		})
	})
	t.Run("at least a millisecond", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, f := newFakeClient(t, append(times(3, callWith("Running", "")), callWith("Completed", "")), WithPoll(ConstantPoll(-1)))
			if _, err := c.Calls.Wait(t.Context(), ID(42), 9); err != nil {
				t.Fatal(err)
			}
			for _, interval := range f.intervals() {
				check(t, "interval", interval, time.Millisecond)
			}
		})
	})
}

var callEnds = map[string]struct {
	last           responder
	ended          bool
	status         CallStatus // of the call in the *CallError; empty without one
	message, trace string     // of the *CallError
	kind           error
}{
	"completed": {last: callWith("Completed", `,"endTime":2`), ended: true},
	"failed": {
		callWith("Failed", `,"endTime":2,"error":{"message":"ZeroDivisionError:\ndivision by zero","trace":"Traceback…"}`),
		true, CallFailed, "ZeroDivisionError:\ndivision by zero", "Traceback…", ErrCallFailed,
	},
	"error as a string":     {callWith("Failed", `,"endTime":2,"error":"boom"`), true, CallFailed, "boom", "", ErrCallFailed},
	"no error":              {callWith("Failed", `,"endTime":2`), true, CallFailed, "", "", ErrCallFailed},
	"error is null":         {callWith("Failed", `,"endTime":2,"error":null`), true, CallFailed, "", "", ErrCallFailed},
	"error of another type": {callWith("Failed", `,"endTime":2,"error":[1]`), true, CallFailed, "", "", ErrCallFailed},
	"timed out":             {callWith("Timeout", `,"endTime":2,"error":{"message":"9 minutes"}`), true, CallTimeout, "9 minutes", "", ErrCallTimeout},
	"concurrency limit":     {callWith("ConcurrencyLimitExceeded", `,"endTime":2`), true, CallConcurrencyLimitExceeded, "", "", nil},
	"unknown status":        {callWith("Cancelled", `,"error":"by the user"`), true, "Cancelled", "by the user", "", nil},
	"forbidden":             {last: errorResponse(403, "no"), kind: ErrForbidden},
	"unknown call":          {last: respond(200, `{"items":[]}`), kind: ErrNotFound},
}

func TestWaitForCall(t *testing.T) {
	t.Parallel()
	for name, test := range callEnds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, _ := newFakeClient(t, []responder{callWith("Running", ""), test.last})
				got, err := c.Calls.Wait(t.Context(), ID(42), 9)
				check(t, "got a call", got != nil, test.ended)
				if test.status == "" && test.kind == nil {
					if err != nil {
						t.Fatal(err)
					}
					check(t, "end", got.Ended().UnixMilli(), 2)
					return
				}
				checkMessage(t, err, "call")
				if test.kind == nil {
					checkKinds(t, err)
				} else {
					checkKinds(t, err, test.kind)
				}
				if test.status != "" {
					failed := errorAs[*CallError](t, err)
					check(t, "message", failed.Message, test.message)
					check(t, "trace", failed.Trace, test.trace)
					check(t, "call", failed.Call, got)
					check(t, "status", got.Status, test.status)
				}
			})
		})
	}
}

// If the context ends during an interval or during a request, the call continues and Call returns it.
func TestContextEndsWait(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		polls   []responder
		request bool // the error contains that of the request
	}{
		"in an interval": {times(2, callWith("Running", "")), false},
		"in a request":   {[]responder{callWith("Running", ""), hangs()}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
				defer cancel()
				start := time.Now()
				c, _ := newFakeClient(t, append([]responder{respond(200, oneSession), respond(201, runningCall)}, test.polls...), WithPoll(ConstantPoll(10*time.Second)))
				call, err := c.Call(ctx, ID(42), nil)
				check(t, "waited", time.Since(start), 25*time.Second)
				check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
				pending := errorAs[*PendingError](t, err).Pending
				check(t, "pending", len(pending) == 1 && pending[0] == CallID{42, 9}, true)
				_, request := errors.AsType[*RequestError](err)
				check(t, "error of a request", request, test.request)
				checkMessage(t, err, "continues")
				check(t, "status", call.Status, CallRunning)
				check(t, "id", call.CallID(), CallID{42, 9})
			})
		})
	}
}

func TestCallWaits(t *testing.T) {
	t.Parallel()
	t.Run("completed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{respond(200, oneSession), respond(201, runningCall), respond(200, runningCalls), respond(200, completedCalls)})
			call, err := c.Call(t.Context(), ID(42), nil)
			if err != nil {
				t.Fatal(err)
			}
			check(t, "status", call.Status, CallCompleted)
			check(t, "duration of the call", call.Ended().Sub(call.Started()), time.Second)
		})
	})
	t.Run("failed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{respond(200, oneSession), respond(201, runningCall), callWith("Failed", "")})
			call, err := c.Call(t.Context(), ID(42), nil)
			checkKinds(t, err, ErrCallFailed)
			check(t, "status", call.Status, CallFailed)
		})
	})
	t.Run("not started", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{respond(200, oneSession), errorResponse(400, "not ready")})
			call, err := c.Call(t.Context(), ID(42), nil)
			check(t, "call", call, nil)
			check(t, "status", errorAs[*APIError](t, err).StatusCode, 400)
		})
	})
}
