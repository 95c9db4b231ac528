package functions

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
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
			t.Errorf("the requests %v were urgent: %v, want %v", f.paths(), urgent, want)
		}
		check(t, "requests in flight at the end", under.Load(), 0)
	})
}

// The time in the limiter does not count towards the timeout of the attempt.
func TestLimiterMayWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		acquire := func(ctx context.Context, _ bool) (func(), error) { return func() {}, sleep(ctx, time.Hour) }
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
				return nil, sleep(ctx, time.Hour)
			}
			return func() {}, nil
		}
		c, _ := newFakeClient(t, []responder{respond(200, oneSession)}, WithLimiter(limiterFunc(acquire)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Start(ctx, ID(42), nil)
		if _, unknown := errors.AsType[*UnknownOutcomeError](err); unknown || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v (%T)", err, err)
		}
		check(t, "the error names the limiter", strings.Contains(err.Error(), "limiter"), true)
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
	_, err := NewClient(Config{Cluster: "test", Project: "demo", TokenSource: StaticToken(plantedToken)}, WithLimiter(nil))
	if err == nil || !strings.Contains(err.Error(), "WithLimiter(nil)") {
		t.Errorf("got %v", err)
	}
}

// closing records whether it was closed.
type closing struct {
	io.Reader

	closed atomic.Bool
}

func (c *closing) Close() error {
	c.closed.Store(true)
	return nil
}

// Transports of callers, such as those that trace, need every response to be closed.
func TestResponsesAreClosed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		body := &closing{Reader: strings.NewReader(noFunctions)}
		c := newTestClient(t, transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
		}), Config{})
		_, _ = c.List(t.Context(), Filter{})
		if !body.closed.Load() {
			t.Errorf("the body of a response with status %d was not closed", status)
		}
	}
}
