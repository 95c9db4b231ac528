package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nineCalls is a service with the functions 1 and 2. Of each function, call 1 completes after one minute, call 2 completes
// after two, call 3 fails after three and call 4 times out after four. Calls 5 to 8 run for 1,000 hours. Call 9 is unknown.
func nineCalls(t *testing.T) *callService {
	t.Helper()
	start := time.Now()
	s := &callService{t: t, ends: map[CallID]time.Time{}}
	for fn := range int64(2) {
		for id := range int64(8) {
			s.ends[CallID{fn + 1, id + 1}] = start.Add(time.Duration(id+1) * time.Minute)
			if id >= 4 {
				s.ends[CallID{fn + 1, id + 1}] = start.Add(1_000 * time.Hour)
			}
		}
	}
	s.status = func(id CallID) string {
		switch id.ID {
		case 3:
			return "Failed"
		case 4:
			return "Timeout"
		}
		return "Completed"
	}
	return s
}

// resultOf returns what a result contains: the status of the call, and the type or kind of the error.
func resultOf(t *testing.T, r CallResult) string {
	t.Helper()
	var result []string
	if r.Call != nil {
		check(t, "id", r.Call.CallID(), r.ID)
		result = append(result, string(r.Call.Status))
	}
	if r.Err != nil {
		checkMessage(t, r.Err, r.ID.String())
	}
	if pending, ok := errors.AsType[*PendingError](r.Err); ok {
		check(t, "number of pending calls", len(pending.Pending) == 1 && pending.Pending[0] == r.ID, true)
		result = append(result, "pending")
	} else if failed, ok := errors.AsType[*CallError](r.Err); ok {
		check(t, "failed call", failed.Call, r.Call)
	}
	for _, kind := range []error{context.DeadlineExceeded, ErrCallFailed, ErrCallTimeout, ErrNotFound} {
		if errors.Is(r.Err, kind) {
			result = append(result, kind.Error())
		}
	}
	return strings.Join(result, "; ")
}

func TestWaitAll(t *testing.T) {
	t.Parallel()
	const (
		completed = "Completed"
		failed    = "Failed; call failed"
		timedOut  = "Timeout; call timed out"
		pending   = "pending; context deadline exceeded"
		stopped   = "pending; call failed"
	)
	tests := map[string]struct {
		ids     []CallID
		opts    []WaitOption
		results []string
		kind    error // what the error matches; nil for no error
		pending []CallID
		took    time.Duration
	}{
		"no calls":   {took: 0},
		"completed":  {ids: []CallID{{1, 2}, {2, 1}}, results: []string{completed, completed}, took: 2 * time.Minute},
		"same twice": {ids: []CallID{{1, 1}, {1, 1}}, results: []string{completed, completed}, took: time.Minute},
		"failures": {
			ids: []CallID{{1, 4}, {1, 9}, {1, 3}, {1, 1}}, results: []string{timedOut, "not found", failed, completed},
			took: 4 * time.Minute,
		},
		"context ends": {
			ids: []CallID{{1, 5}, {2, 1}, {1, 3}, {2, 6}}, results: []string{pending, completed, failed, pending},
			kind: context.DeadlineExceeded, pending: []CallID{{1, 5}, {2, 6}}, took: time.Hour,
		},
		"context ends for one call": {
			ids: []CallID{{1, 5}}, results: []string{pending}, kind: context.DeadlineExceeded, pending: []CallID{{1, 5}}, took: time.Hour,
		},
		"fail fast": {
			ids: []CallID{{1, 5}, {1, 1}, {1, 3}, {2, 4}}, opts: []WaitOption{WithFailFast()}, results: []string{stopped, completed, failed, stopped},
			kind: ErrCallFailed, pending: []CallID{{1, 5}, {2, 4}}, took: 3 * time.Minute,
		},
		"last call fails": {
			ids: []CallID{{1, 1}, {1, 3}}, opts: []WaitOption{WithFailFast()}, results: []string{completed, failed},
			kind: ErrCallFailed, took: 3 * time.Minute,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				c := newTestClient(t, nineCalls(t), Config{}, WithPoll(ConstantPoll(20*time.Second)))
				start := time.Now()
				results, err := c.Calls.WaitAll(ctx, test.ids, test.opts...)
				check(t, "took", time.Since(start), test.took)
				var got []string
				for _, r := range results {
					check(t, "id", r.ID, test.ids[len(got)])
					got = append(got, resultOf(t, r))
				}
				if diff := cmp.Diff(test.results, got); diff != "" {
					t.Errorf("results (-want +got):\n%s", diff)
				}
				if test.kind == nil {
					check(t, "error", err, nil)
					return
				}
				checkMessage(t, err)
				check(t, "matches "+test.kind.Error(), errors.Is(err, test.kind), true)
				if test.pending == nil {
					check(t, "error is that of the last call", err, results[len(results)-1].Err)
					return
				}
				if diff := cmp.Diff(test.pending, errorAs[*PendingError](t, err).Pending); diff != "" {
					t.Errorf("pending (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWithProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		c := newTestClient(t, nineCalls(t), Config{}, WithPoll(ConstantPoll(20*time.Second)))
		var progress []string
		start := time.Now()
		_, err := c.Calls.WaitAll(ctx, []CallID{{1, 5}, {1, 3}, {1, 2}, {1, 1}}, WithProgress(func(ended, total int, last CallResult) {
			progress = append(progress, fmt.Sprintf("%v: %d of %d: %d %s", time.Since(start), ended, total, last.ID.ID, last.Call.Status))
		}))
		check(t, "number of pending calls", len(errorAs[*PendingError](t, err).Pending), 1)
		want := []string{"1m0s: 1 of 4: 1 Completed", "2m0s: 2 of 4: 2 Completed", "3m0s: 3 of 4: 3 Failed"}
		if diff := cmp.Diff(want, progress); diff != "" {
			t.Errorf("progress (-want +got):\n%s", diff)
		}
	})
}

// A poll serves all waiters. It has the context values of the waiter that polls.
func TestWaiterJoinsLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		start := time.Now()
		var polls []string
		s := &callService{t: t, ends: map[CallID]time.Time{{1, 1}: start.Add(time.Minute), {1, 2}: start.Add(90 * time.Second)}}
		s.fail = func(req *http.Request, _ int64) (*http.Response, error) {
			polls = append(polls, fmt.Sprint(time.Since(start), " ", req.Context().Value(key{})))
			return nil, nil
		}
		c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(20*time.Second)))
		done := make(chan struct{})
		go func() {
			defer close(done)
			time.Sleep(35 * time.Second)
			_, err := c.Calls.Wait(context.WithValue(t.Context(), key{}, "second"), ID(1), 2)
			check(t, "error", err, nil)
		}()
		_, err := c.Calls.Wait(context.WithValue(t.Context(), key{}, "first"), ID(1), 1)
		check(t, "error", err, nil)
		<-done
		// The second waiter starts at 35 s and polls at 55 s. The first joins that poll, and both share each later poll.
		want := []string{"20s first", "40s first", "55s second", "1m15s", "1m35s second"}
		for i := range polls {
			if i == 3 { // both waiters are due, and either polls
				polls[i] = polls[i][:5]
			}
		}
		if !slices.Equal(polls, want) {
			t.Errorf("polls %q, want %q", polls, want)
		}
	})
}
