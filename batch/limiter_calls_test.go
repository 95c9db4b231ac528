package batch_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

// The id and the external id of a function share its slots. A rejected call and release free a slot.
func TestLimiterCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(func(n, _ int) run { return run{rejected: map[bool]int{true: http.StatusBadRequest}[n == 13]} })
		l := limiter(t, batch.Limits{CallsPerFunction: 1})
		c := client(t, s)
		for range 3 {
			if call, release, err := l.Start(t.Context(), c, double, input{N: 13}); err == nil || call != nil || release != nil {
				t.Errorf("a rejected call: got %v, %v, want only an error", call, err)
			}
		}
		_, release, err := l.Start(t.Context(), c, double, input{N: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, _, err = l.Start(ctx, c, functions.ID(42), input{N: 2})
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "id 42") {
			t.Errorf("got %v, want context.DeadlineExceeded with the function", err)
		}
		release()
		release() // has no effect
		call, err := l.Call(t.Context(), c, functions.ID(42), input{N: 3})
		if err != nil || call.Status != functions.CallCompleted {
			t.Errorf("a call after release: got %v, %v", call, err)
		}
		if _, _, err := l.Start(t.Context(), c, functions.Identifier{}, nil); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("no identifier: got %v, want ErrInvalid", err)
		}
	})
}

// A call that gives up waiting for a slot of the project releases its slot of the function.
func TestLimiterCallGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter(t, batch.Limits{Calls: 1, CallsPerFunction: 1})
		c := client(t, newService(nil))
		_, release, err := l.Start(t.Context(), c, functions.ID(41), nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, _, err := l.Start(ctx, c, double, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		release()
		if _, err := l.Call(t.Context(), c, double, nil); err != nil {
			t.Error(err)
		}
	})
}

// A call that is rejected with 429 is retried by the client and keeps its slot.
func TestLimiterKeepsSlotOfRetriedCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(func(_, attempt int) run {
			if attempt <= 2 {
				return run{rejected: http.StatusTooManyRequests}
			}
			return run{duration: time.Second}
		})
		all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(6),
			batch.WithLimiter(limiter(t, batch.Limits{CallsPerFunction: 2})), batch.WithInputOrder()))
		if err != nil || len(all) != 6 {
			t.Fatalf("got %d results, want 6; error: %v", len(all), err)
		}
		for _, r := range all {
			if r.Err != nil || r.Attempts != 1 || s.attempts[r.Index] != 3 {
				t.Errorf("input %d was sent %d times and has the result %+v, want 3 times", r.Index, s.attempts[r.Index], r)
			}
		}
		if s.maxCalls > 2 {
			t.Errorf("%d calls ran at the same time, want at most 2", s.maxCalls)
		}
	})
}
