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

// Each attempt is admitted by itself, in the order of sending, and is done once its answer has been read.
func TestAdmission(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var urgent []bool
		var under atomic.Int32
		admit := func(_ context.Context, first bool) (func(), error) {
			urgent = append(urgent, first)
			if under.Add(1) > 1 {
				t.Error("admitted before the one before was done")
			}
			return func() { under.Add(-1) }, nil
		}
		c, f := newScripted(t, []answer{
			refusal(503, "not now"), reply(200, oneSession), refusal(429, "too many"), reply(200, oneSession), reply(201, runningCall),
			reply(200, noFunctions), truncated(200, noFunctions), reply(200, noFunctions),
		}, WithAdmission(admit))
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
		check(t, "requests under way at the end", under.Load(), 0)
	})
}

// The wait for admission is not part of an attempt's time.
func TestAdmissionTakesItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		admit := func(ctx context.Context, _ bool) (func(), error) { return func() {}, sleep(ctx, time.Hour) }
		c, _ := newScripted(t, []answer{reply(200, noFunctions)}, WithAdmission(admit), WithAttemptTimeout(time.Second))
		if _, err := c.List(t.Context(), Filter{}); err != nil {
			t.Error(err)
		}
	})
}

// What is not admitted was not sent: nothing goes out, and a call's outcome is known.
func TestAdmissionRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		admit := func(ctx context.Context, urgent bool) (func(), error) {
			if urgent {
				return nil, sleep(ctx, time.Hour)
			}
			return func() {}, nil
		}
		c, _ := newScripted(t, []answer{reply(200, oneSession)}, WithAdmission(admit))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Start(ctx, ID(42), nil)
		if _, unknown := errors.AsType[*UnknownOutcomeError](err); unknown || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v (%T)", err, err)
		}
		check(t, "the error", err.Error(), "functions: postFunctionsCall got no usable answer: it was not sent, as it was not its turn yet: context deadline exceeded")
	})
}

// Signed addresses are not the API.
func TestAdmissionLeavesFilesAlone(t *testing.T) {
	t.Parallel()
	var admitted int
	admit := func(context.Context, bool) (func(), error) {
		admitted++
		return func() {}, nil
	}
	link := `{"items":[{"downloadUrl":"https://files.test/` + plantedKey + `"}]}`
	c, f := newScripted(t, []answer{reply(200, link), reply(200, `"content"`)}, WithAdmission(admit))
	if _, err := c.Files.Download(t.Context(), ID(7)); err != nil {
		t.Fatal(err)
	}
	check(t, "requests", len(f.paths()), 2)
	check(t, "admitted requests", admitted, 1)
}

func TestWithAdmissionRefusesNil(t *testing.T) {
	t.Parallel()
	_, err := NewClient(Config{Cluster: "test", Project: "demo", TokenSource: StaticToken(plantedToken)}, WithAdmission(nil))
	if err == nil || !strings.Contains(err.Error(), "WithAdmission was given nil") {
		t.Errorf("got %v", err)
	}
}

// closing tells whether it was closed.
type closing struct {
	io.Reader

	closed atomic.Bool
}

func (c *closing) Close() error {
	c.closed.Store(true)
	return nil
}

// Transports of callers, such as those that trace, rely on every answer being closed.
func TestAnswersAreClosed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		body := &closing{Reader: strings.NewReader(noFunctions)}
		c := newTestClient(t, transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
		}), Config{})
		_, _ = c.List(t.Context(), Filter{})
		if !body.closed.Load() {
			t.Errorf("the body of an answer with status %d was left open", status)
		}
	}
}
