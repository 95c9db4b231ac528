package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// endings answers for calls 1 to 9 of a function: 1 and 2 complete after so many minutes, 3 fails after 3 minutes, 4 times
// out after 4, and all others run for ever; 9 is unknown.
func endings(t *testing.T) *simulated {
	t.Helper()
	start := time.Now()
	s := &simulated{t: t, ends: map[CallID]time.Time{}}
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

// shown is a result in one line.
func shown(r CallResult) string {
	switch {
	case r.Err == nil:
		return fmt.Sprintf("%v: %s", r.ID, r.Call.Status)
	case r.Call != nil:
		return fmt.Sprintf("%v: %s: %v", r.ID, r.Call.Status, r.Err)
	}
	return fmt.Sprintf("%v: %v", r.ID, r.Err)
}

func TestWaitAll(t *testing.T) {
	t.Parallel()
	const (
		failed   = "functions: call 3 of function 1 failed: the service gave no reason; without any log line, it often ran out of memory"
		timedOut = "functions: call 4 of function 1 timed out: the service gave no reason"
		cut      = ", which goes on: context deadline exceeded"
	)
	gaveUp := func(id CallID) string {
		return fmt.Sprintf("%v: functions: stopped waiting for %v, which goes on; %s (context canceled)", id, id, failed[len("functions: "):])
	}
	tests := map[string]struct {
		ids     []CallID
		opts    []WaitOption
		results []string
		text    string
		kinds   []error
		pending []CallID
		took    time.Duration
	}{
		"none":      {took: 0},
		"completed": {ids: []CallID{{1, 2}, {2, 1}}, results: []string{"call 2 of function 1: Completed", "call 1 of function 2: Completed"}, took: 2 * time.Minute},
		"the same twice": {
			ids: []CallID{{1, 1}, {1, 1}}, results: []string{"call 1 of function 1: Completed", "call 1 of function 1: Completed"}, took: time.Minute,
		},
		"failures are data": {
			ids: []CallID{{1, 4}, {1, 9}, {1, 3}, {1, 1}},
			results: []string{
				"call 4 of function 1: Timeout: " + timedOut, "call 9 of function 1: functions: byIdsFunctionCalls got no usable answer: not found",
				"call 3 of function 1: Failed: " + failed, "call 1 of function 1: Completed",
			},
			took: 4 * time.Minute,
		},
		"context ends": {
			ids: []CallID{{1, 5}, {2, 1}, {1, 3}, {2, 6}},
			results: []string{
				"call 5 of function 1: functions: stopped waiting for call 5 of function 1" + cut, "call 1 of function 2: Completed",
				"call 3 of function 1: Failed: " + failed, "call 6 of function 2: functions: stopped waiting for call 6 of function 2" + cut,
			},
			text:  "functions: stopped waiting for 2 calls, which go on: context deadline exceeded",
			kinds: []error{context.DeadlineExceeded}, pending: []CallID{{1, 5}, {2, 6}}, took: time.Hour,
		},
		"context ends for one": {
			ids: []CallID{{1, 5}}, results: []string{"call 5 of function 1: functions: stopped waiting for call 5 of function 1" + cut},
			text:  "functions: stopped waiting for call 5 of function 1" + cut,
			kinds: []error{context.DeadlineExceeded}, pending: []CallID{{1, 5}}, took: time.Hour,
		},
		"fail fast": {
			ids: []CallID{{1, 5}, {1, 1}, {1, 3}, {2, 4}}, opts: []WaitOption{WithFailFast()},
			results: []string{gaveUp(CallID{1, 5}), "call 1 of function 1: Completed", "call 3 of function 1: Failed: " + failed, gaveUp(CallID{2, 4})},
			text:    "functions: stopped waiting for 2 calls, which go on; " + failed[len("functions: "):],
			kinds:   []error{ErrCallFailed}, pending: []CallID{{1, 5}, {2, 4}}, took: 3 * time.Minute,
		},
		"fail at last": {
			ids: []CallID{{1, 1}, {1, 3}}, opts: []WaitOption{WithFailFast()},
			results: []string{"call 1 of function 1: Completed", "call 3 of function 1: Failed: " + failed},
			text:    failed, kinds: []error{ErrCallFailed}, took: 3 * time.Minute,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				c := newTestClient(t, endings(t), Config{}, WithPoll(ConstantPoll(20*time.Second)))
				start := time.Now()
				results, err := c.Calls.WaitAll(ctx, test.ids, test.opts...)
				check(t, "took", time.Since(start), test.took)
				var got []string
				for _, r := range results {
					got = append(got, shown(r))
				}
				if diff := cmp.Diff(test.results, got); diff != "" {
					t.Errorf("results (-want +got):\n%s", diff)
				}
				if test.text == "" {
					check(t, "error", err, nil)
					return
				}
				check(t, "text", err.Error(), test.text)
				for _, kind := range test.kinds {
					check(t, "is "+kind.Error(), errors.Is(err, kind), true)
				}
				if test.pending != nil {
					if diff := cmp.Diff(test.pending, errorAs[*PendingError](t, err).Pending); diff != "" {
						t.Errorf("pending (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		c := newTestClient(t, endings(t), Config{}, WithPoll(ConstantPoll(20*time.Second)))
		var reports []string
		start := time.Now()
		_, err := c.Calls.WaitAll(ctx, []CallID{{1, 5}, {1, 3}, {1, 2}, {1, 1}}, WithProgress(func(ended, total int, last CallResult) {
			reports = append(reports, fmt.Sprintf("%v: %d of %d: %d %s", time.Since(start), ended, total, last.ID.ID, last.Call.Status))
		}))
		check(t, "pending", len(errorAs[*PendingError](t, err).Pending), 1)
		want := []string{"1m0s: 1 of 4: 1 Completed", "2m0s: 2 of 4: 2 Completed", "3m0s: 3 of 4: 3 Failed"}
		if diff := cmp.Diff(want, reports); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

// A wait that somebody joins later serves both, and the values of the context are those of the wait that asked.
func TestLateJoiner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		start := time.Now()
		var asked []string
		s := &simulated{t: t, ends: map[CallID]time.Time{{1, 1}: start.Add(time.Minute), {1, 2}: start.Add(90 * time.Second)}}
		s.fail = func(req *http.Request, _ int64) (*http.Response, error) {
			asked = append(asked, fmt.Sprint(time.Since(start), " ", req.Context().Value(key{})))
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
		// The second begins at 35 s and is due at 55 s, when the first one rides along; from then on they go together.
		want := []string{"20s first", "40s first", "55s second", "1m15s", "1m35s second"}
		for i := range asked {
			if i == 3 { // both are due
				asked[i] = asked[i][:5]
			}
		}
		if !slices.Equal(asked, want) {
			t.Errorf("asked at %q, want %q", asked, want)
		}
	})
}
