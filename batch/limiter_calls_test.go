package batch_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

// A function counts once, whichever way it is named, and a place is free again after a refusal and after release.
func TestLimiterCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(func(n, _ int) run { return run{refused: map[bool]int{true: http.StatusBadRequest}[n == 13]} })
		l := limiter(t, batch.Limits{CallsPerFunction: 1})
		c := client(t, s)
		for range 3 {
			if call, release, err := l.Start(t.Context(), c, double, input{N: 13}); err == nil || call != nil || release != nil {
				t.Errorf("a refused call is %v, %v", call, err)
			}
		}
		_, release, err := l.Start(t.Context(), c, double, input{N: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, _, err = l.Start(ctx, c, functions.ID(42), input{N: 2})
		want := "batch: stopped waiting for room for another call of the function with id 42: context deadline exceeded"
		if !errors.Is(err, context.DeadlineExceeded) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		release()
		release() // once is enough, twice does no harm
		call, err := l.Call(t.Context(), c, functions.ID(42), input{N: 3})
		if err != nil || call.Status != functions.CallCompleted {
			t.Errorf("got %v, %v", call, err)
		}
		if _, _, err := l.Start(t.Context(), c, functions.Identifier{}, nil); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("no identifier: %v", err)
		}
	})
}

// Who gives up waiting for room in the project leaves that in the function to others.
func TestLimiterCallsGiveUp(t *testing.T) {
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

// Where others use up the service's limits, a call is refused, repeated by the client, and keeps its place meanwhile.
func TestLimiterAndTooManyRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(func(_, attempt int) run {
			if attempt <= 2 {
				return run{refused: http.StatusTooManyRequests}
			}
			return run{takes: time.Second}
		})
		all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(6),
			batch.WithLimiter(limiter(t, batch.Limits{CallsPerFunction: 2})), batch.WithInputOrder()))
		if err != nil || len(all) != 6 {
			t.Fatalf("%d results, %v", len(all), err)
		}
		for _, r := range all {
			if r.Err != nil || r.Attempts != 1 || s.attempts[r.Index] != 3 {
				t.Errorf("input %d was sent %d times and became %+v", r.Index, s.attempts[r.Index], r)
			}
		}
		if s.most > 2 {
			t.Errorf("%d calls ran at once", s.most)
		}
	})
}
