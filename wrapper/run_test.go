package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

type pair struct{ A, B int }

// logOf responds with a log that has the given number of lines.
func logOf(lines int) responder {
	items := make([]string, lines)
	for i := range items {
		items[i] = fmt.Sprintf(`{"timestamp":%d,"message":"line %d"}`, i, i+1)
	}
	return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)
}

// ran is the script of a call that ends, and of the requests after its end.
func ran(end responder, after ...responder) []responder {
	return append([]responder{respond(200, oneSession), respond(201, runningCall), end}, after...)
}

// response responds with the response of a call, given as JSON.
func response(body string) responder { return respond(200, `{"response":`+body+`}`) }

func TestRun(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, script []responder) (*pair, *fakeService, error) {
		t.Helper()
		c, f := newFakeClient(t, script)
		got, err := Run[pair, *pair](t.Context(), c, ID(42), pair{1, 2})
		return got, f, err
	}
	completed := callWith("Completed", `,"endTime":2`)
	for name, test := range map[string]struct {
		response responder
		want     *pair
	}{
		"an object":   {response(`{"A":3,"B":4,"more":5}`), &pair{3, 4}},
		"null":        {response(`null`), nil},
		"no response": {respond(200, `{"callId":1}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, f, err := run(t, ran(completed, test.response))
				check(t, "error", err, nil)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("response (-want +got):\n%s", diff)
				}
				check(t, "body", f.requests[1].Body, `{"data":{"A":1,"B":2},"nonce":"`+plantedNonce+`"}`)
			})
		})
	}
	for name, test := range map[string]struct {
		response string
		value    string // the type of the JSON value that does not decode
	}{
		"another type": {`{"A":"x","B":1}`, "string"},
		"a list":       {`[1]`, "array"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, _, err := run(t, ran(completed, response(test.response)))
				check(t, "response", got, nil)
				failed := errorAs[*ResponseError](t, err)
				check(t, "call", failed.Call.CallID(), CallID{42, 9})
				check(t, "type", failed.Type, reflect.TypeFor[*pair]())
				check(t, "JSON type", errorAs[*json.UnmarshalTypeError](t, err).Value, test.value)
				checkMessage(t, err, "call 9 of function 42", "*functions.pair", test.value)
			})
		})
	}
	t.Run("start fails", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			_, _, err := run(t, []responder{errorResponse(403, "no")})
			checkKinds(t, err, ErrForbidden)
		})
	})
}

// The error of a failed call contains the last lines of its log, if Run can read them.
func TestRunFails(t *testing.T) {
	t.Parallel()
	ended := callWith("Failed", `,"endTime":2,"error":{"message":"boom","trace":"Traceback…"}`)
	for name, test := range map[string]struct {
		log         []responder
		lines       int
		first, last string
	}{
		"few lines":    {[]responder{logOf(3)}, 3, "line 1", "line 3"},
		"many lines":   {[]responder{logOf(50)}, 20, "line 31", "line 50"},
		"no lines":     {[]responder{logOf(0)}, 0, "", ""},
		"log rejected": {[]responder{errorResponse(403, "no")}, 0, "", ""},
		"log hangs":    {[]responder{hangs()}, 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				c, _ := newFakeClient(t, ran(ended, test.log...))
				got, err := Run[map[string]int, int](t.Context(), c, ID(42), nil)
				check(t, "response", got, 0)
				checkKinds(t, err, ErrCallFailed)
				failed := errorAs[*CallError](t, err)
				check(t, "message", failed.Message, "boom")
				check(t, "trace", failed.Trace, "Traceback…")
				check(t, "lines", len(failed.LogTail), test.lines)
				if test.lines > 0 {
					check(t, "first line", failed.LogTail[0].Text(), test.first)
					check(t, "last line", failed.LogTail[test.lines-1].Text(), test.last)
				}
				check(t, "within 11 seconds", time.Since(start) < 11*time.Second, true)
			})
		})
	}
	t.Run("context ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c, _ := newFakeClient(t, ran(callWith("Running", "")), WithPoll(ConstantPoll(900*time.Millisecond)))
			_, err := Run[map[string]int, int](ctx, c, ID(42), nil)
			check(t, "pending", errorAs[*PendingError](t, err).Pending[0], CallID{42, 9})
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		})
	})
}
