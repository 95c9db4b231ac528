package functions

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

type limiterFunc func(ctx context.Context, urgent bool) (func(), error)

func (f limiterFunc) Acquire(ctx context.Context, urgent bool) (func(), error) { return f(ctx, urgent) }

// Each attempt acquires the limiter and releases it after the response was read.
func TestLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var urgent []bool
		var under atomic.Int32
		acquire := func(_ context.Context, first bool) (func(), error) {
			urgent = append(urgent, first)
			if under.Add(1) > 1 {
				t.Error("acquired before the previous attempt released it")
			}
			return func() { under.Add(-1) }, nil
		}
		c, f := newFakeClient(t, []responder{
			errorResponse(503, "not now"), respond(200, oneSession), errorResponse(429, "too many"), respond(200, oneSession), respond(201, runningCall),
			respond(200, noFunctions), truncated(200, noFunctions), respond(200, noFunctions),
		}, WithLimiter(limiterFunc(acquire)))
		if _, err := c.Start(t.Context(), ID(42), nil); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := c.List(t.Context(), Filter{}); err != nil {
				t.Fatal(err)
			}
		}
		if want := []bool{false, false, true, false, true, false, false, false}; !slices.Equal(urgent, want) {
			t.Errorf("urgent = %v, want %v for the requests %v", urgent, want, f.paths())
		}
		check(t, "requests in flight at the end", under.Load(), 0)
	})
}

// The time in the limiter does not count towards the timeout of the attempt.
func TestLimiterWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		acquire := func(ctx context.Context, _ bool) (func(), error) { return func() {}, ctxwait.Sleep(ctx, time.Hour) }
		c, _ := newFakeClient(t, []responder{respond(200, noFunctions)}, WithLimiter(limiterFunc(acquire)), WithAttemptTimeout(time.Second))
		if _, err := c.List(t.Context(), Filter{}); err != nil {
			t.Error(err)
		}
	})
}

// A call that the limiter rejects was not sent, so its outcome is known.
func TestLimiterRejects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		acquire := func(ctx context.Context, urgent bool) (func(), error) {
			if urgent {
				return nil, ctxwait.Sleep(ctx, time.Hour)
			}
			return func() {}, nil
		}
		c, _ := newFakeClient(t, []responder{respond(200, oneSession)}, WithLimiter(limiterFunc(acquire)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Start(ctx, ID(42), nil)
		if _, unknown := errors.AsType[*UnknownOutcomeError](err); unknown || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v (%T), want one that matches DeadlineExceeded, with a known outcome", err, err)
		}
		checkMessage(t, err, "limiter")
	})
}

// Transfers to signed URLs are not limited.
func TestLimiterIgnoresTransfers(t *testing.T) {
	t.Parallel()
	var acquired int
	acquire := func(context.Context, bool) (func(), error) {
		acquired++
		return func() {}, nil
	}
	link := `{"items":[{"downloadUrl":"https://files.test/` + plantedKey + `"}]}`
	c, f := newFakeClient(t, []responder{respond(200, link), respond(200, `"content"`)}, WithLimiter(limiterFunc(acquire)))
	if _, err := c.Files.Download(t.Context(), ID(7)); err != nil {
		t.Fatal(err)
	}
	check(t, "requests", len(f.paths()), 2)
	check(t, "limited requests", acquired, 1)
}

func TestWithLimiterRejectsNil(t *testing.T) {
	t.Parallel()
	_, err := NewClient(validConfig, WithLimiter(nil))
	checkMessage(t, err, "WithLimiter")
}
