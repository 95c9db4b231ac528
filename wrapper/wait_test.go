package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func callWith(status, more string) responder {
	return respond(200, fmt.Sprintf(`{"items":[{"id":9,"functionId":42,"status":%q,"startTime":1%s}]}`, status, more))
}

func functionWith(status, more string) responder {
	return respond(200, fmt.Sprintf(`{"items":[{"id":42,"name":"hello","externalId":"hello","fileId":7,"status":%q,"createdTime":1%s}]}`, status, more))
}

func TestPauseBetweenLooks(t *testing.T) {
	t.Parallel()
	t.Run("by default", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			c, f := newFakeClient(t, append(times(20, callWith("Running", "")), callWith("Completed", "")))
			if _, err := c.Calls.Wait(t.Context(), ID(42), 9); err != nil {
				t.Fatal(err)
			}
			if first := f.requests[0].At.Sub(start); first < 10*time.Millisecond || first > 100*time.Millisecond {
				t.Errorf("the first look came after %v", first)
			}
			mean := 60 * time.Millisecond
			for i, pause := range f.intervals() {
				mean = min(mean*8/5, 10*time.Second)
				if pause < mean/2-time.Millisecond || pause > mean*3/2+time.Millisecond {
					t.Errorf("pause %d is %v, not %v or half more or less", i+1, pause, mean)
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
			for _, pause := range f.intervals() {
				check(t, "pause", pause, 7*time.Second)
			}
		})
	})
	t.Run("never none", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, f := newFakeClient(t, append(times(3, callWith("Running", "")), callWith("Completed", "")), WithPoll(ConstantPoll(-1)))
			if _, err := c.Calls.Wait(t.Context(), ID(42), 9); err != nil {
				t.Fatal(err)
			}
			for _, pause := range f.intervals() {
				check(t, "pause", pause, time.Millisecond)
			}
		})
	})
}

var endsOfCalls = map[string]struct {
	last           responder
	text           string
	kind           error
	message, trace string
	ended          bool
}{
	"completed": {callWith("Completed", `,"endTime":2`), "", nil, "", "", true},
	"failed": {
		callWith("Failed", `,"endTime":2,"error":{"message":"ZeroDivisionError:\ndivision by zero","trace":"Traceback…"}`),
		"functions: call 9 of function 42 failed: ZeroDivisionError: division by zero", ErrCallFailed,
		"ZeroDivisionError:\ndivision by zero", "Traceback…", true,
	},
	"failed, error as text": {
		callWith("Failed", `,"endTime":2,"error":"boom"`), "functions: call 9 of function 42 failed: boom", ErrCallFailed, "boom", "", true,
	},
	"failed without a word": {
		callWith("Failed", `,"endTime":2`),
		"functions: call 9 of function 42 failed: the service gave no reason; without any log line, it often ran out of memory", ErrCallFailed, "", "", true,
	},
	"failed, error null": {
		callWith("Failed", `,"endTime":2,"error":null`),
		"functions: call 9 of function 42 failed: the service gave no reason; without any log line, it often ran out of memory", ErrCallFailed, "", "", true,
	},
	"failed, error of another form": {
		callWith("Failed", `,"endTime":2,"error":[1]`),
		"functions: call 9 of function 42 failed: the service gave no reason; without any log line, it often ran out of memory", ErrCallFailed, "", "", true,
	},
	"timed out": {
		callWith("Timeout", `,"endTime":2,"error":{"message":"9 minutes"}`), "functions: call 9 of function 42 timed out: 9 minutes", ErrCallTimeout, "9 minutes", "", true,
	},
	"above the limit": {
		callWith("ConcurrencyLimitExceeded", `,"endTime":2`),
		"functions: call 9 of function 42 ended with the status ConcurrencyLimitExceeded: the service gave no reason", nil, "", "", true,
	},
	"unknown status": {
		callWith("Cancelled", `,"error":"by the user"`), "functions: call 9 of function 42 ended with the status Cancelled: by the user", nil, "by the user", "", true,
	},
	"refused": {
		errorResponse(403, "no"), "functions: byIdsFunctionCalls was refused with status 403: no; ask for the capability functionsAcl:READ", ErrForbidden, "", "", false,
	},
	"unknown call": {
		respond(200, `{"items":[]}`), "functions: byIdsFunctionCalls got no usable answer: not found", ErrNotFound, "", "", false,
	},
}

func TestWaitForCall(t *testing.T) {
	t.Parallel()
	for name, test := range endsOfCalls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, _ := newFakeClient(t, []responder{callWith("Running", ""), test.last})
				got, err := c.Calls.Wait(t.Context(), ID(42), 9)
				check(t, "call came", got != nil, test.ended)
				if test.text == "" {
					if err != nil {
						t.Fatal(err)
					}
					check(t, "end", got.Ended().UnixMilli(), 2)
					return
				}
				check(t, "text", err.Error(), test.text)
				if test.kind == nil {
					checkKinds(t, err)
				} else {
					checkKinds(t, err, test.kind)
				}
				if failed, ok := errors.AsType[*CallError](err); ok {
					check(t, "message", failed.Message, test.message)
					check(t, "trace", failed.Trace, test.trace)
					check(t, "call", failed.Call, got)
				}
			})
		})
	}
}

// The end of the context says that the call goes on, be it in a pause or in a request, and the call comes back.
func TestContextEndsWait(t *testing.T) {
	t.Parallel()
	const goesOn = "functions: stopped waiting for call 9 of function 42, which goes on"
	tests := map[string]struct {
		looks []responder
		want  string
	}{
		"in a pause":   {times(2, callWith("Running", "")), goesOn + ": context deadline exceeded"},
		"in a request": {[]responder{callWith("Running", ""), hangs()}, goesOn + "; byIdsFunctionCalls got no usable answer: context deadline exceeded"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
				defer cancel()
				start := time.Now()
				c, _ := newFakeClient(t, append([]responder{respond(200, oneSession), respond(201, runningCall)}, test.looks...), WithPoll(ConstantPoll(10*time.Second)))
				call, err := c.Call(ctx, ID(42), nil)
				check(t, "waited", time.Since(start), 25*time.Second)
				check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
				check(t, "text", err.Error(), test.want)
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
			check(t, "took", call.Ended().Sub(call.Started()), time.Second)
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
			check(t, "error", err != nil, true)
		})
	})
}

func TestWaitReady(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		last           responder
		text           string
		message, trace string
	}{
		"ready": {functionWith("Ready", ""), "", "", ""},
		"failed": {
			functionWith("Failed", `,"error":{"message":"pip failed","trace":"ERROR: No matching\ndistribution"}`),
			"functions: the deployment of hello (id 42) failed: pip failed", "pip failed", "ERROR: No matching\ndistribution",
		},
		"failed, null trace": {
			functionWith("Failed", `,"error":{"message":"pip failed","trace":null}`), "functions: the deployment of hello (id 42) failed: pip failed", "pip failed", "",
		},
		"failed without a word": {
			functionWith("Failed", ""), "functions: the deployment of hello (id 42) failed: the service gave no reason; the trace may tell more", "", "",
		},
		"unknown status": {
			functionWith("Paused", ""), `functions: the deployment of id 42 has the status "Paused", which this version does not know`, "", "",
		},
		"retired": {
			functionWith("Retired", ""), "functions: the function with id 42 is retired and cannot be called; deploy it again", "", "",
		},
		"deleted meanwhile": {
			respond(400, `{"error":{"code":400,"message":"x","missing":[{"id":42}]}}`), `functions: byIdsFunctions was refused with status 400: x (missing: {"id":42})`, "", "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, _ := newFakeClient(t, []responder{functionWith("Queued", ""), functionWith("Deploying", ""), test.last})
				fn, err := c.WaitReady(t.Context(), ID(42))
				if test.text == "" {
					if err != nil || fn.Status != FunctionReady {
						t.Errorf("got %v, %v", fn, err)
					}
					return
				}
				check(t, "text", err.Error(), test.text)
				if failed, ok := errors.AsType[*DeployError](err); ok {
					check(t, "message", failed.Message, test.message)
					check(t, "trace", failed.Trace, test.trace)
					check(t, "function", failed.Function.ID, 42)
				} else if strings.Contains(name, "failed") {
					t.Errorf("got a %T", err)
				}
			})
		})
	}
	t.Run("context ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			c := newTestClient(t, transportFunc(func(req *http.Request) (*http.Response, error) { return functionWith("Deploying", "")(req) }), Config{})
			_, err := c.WaitReady(ctx, ExternalID("hello"))
			check(t, "text", err.Error(), "functions: stopped waiting for the deployment of external id hello, which goes on: context deadline exceeded")
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		})
	})
}
