package batch_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestMapContextEnds(t *testing.T) {
	t.Parallel()
	errStopped := errors.New("stopped by the test")
	fails := func(n, _ int) run {
		r := run{duration: time.Second}
		if n == 1 {
			r.status = functions.CallFailed
		}
		return r
	}
	succeeds := func(int, int) run { return run{duration: time.Second} }
	retry := []batch.Option{batch.WithRetries(9), batch.WithRetryPause(functions.ConstantPoll(time.Hour))}
	for name, tc := range map[string]struct {
		behave func(n, attempt int) run
		inputs int
		opts   []batch.Option
		want   []int
	}{
		"default order":           {succeeds, 100, nil, []int{0, 1, 2, 3, 4, 5}},
		"input order":             {succeeds, 100, []batch.Option{batch.WithInputOrder()}, []int{0, 1, 2, 3, 4, 5}},
		"waiting for the limiter": {succeeds, 100, []batch.Option{batch.WithLimiter(limiter(t, batch.Limits{Calls: 1}))}, []int{0, 1, 2, 3}},
		"between retries":         {fails, 100, retry, []int{0, 1, 2, 3, 4}},
		"no more inputs":          {succeeds, 6, nil, []int{0, 1, 2, 3, 4, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(t.Context(), 1500*time.Millisecond, errStopped)
				defer cancel()
				opts := append([]batch.Option{batch.WithConcurrency(3)}, tc.opts...)
				all, err := collect(t, batch.Map[input, output](ctx, client(t, newService(tc.behave)), double, inputs(tc.inputs), opts...))
				if !errors.Is(err, errStopped) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got the error %v, want one that wraps the cause and context.DeadlineExceeded", err)
				}
				unfinished := 0
				for _, r := range all {
					if errors.Is(r.Err, context.DeadlineExceeded) {
						unfinished++
					} else if r.Err != nil {
						t.Errorf("input %d: %v", r.Index, r.Err)
					}
				}
				if unfinished != 3 {
					t.Errorf("%d results have the error of the context, want 3", unfinished)
				}
				if diff := cmp.Diff(tc.want, slices.Sorted(slices.Values(indices(all)))); diff != "" {
					t.Errorf("results (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// synctest.Test fails if a goroutine is left.
func TestMapLoopEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(results iter.Seq2[result, error]){
		"break": func(results iter.Seq2[result, error]) {
			for _, err := range results {
				if err != nil {
					panic(err)
				}
				break
			}
		},
		"panic": func(results iter.Seq2[result, error]) {
			defer func() {
				if reason := recover(); reason != "stop" {
					panic(reason)
				}
			}()
			for _, err := range results {
				if err == nil {
					panic("stop")
				}
			}
		},
	} {
		for order, opts := range map[string][]batch.Option{"": nil, ", input order": {batch.WithInputOrder()}} {
			t.Run(name+order, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newService(nil)
					opts := append([]batch.Option{batch.WithConcurrency(5)}, opts...)
					end(batch.Map[input, output](t.Context(), client(t, s), double, inputs(1_000_000), opts...))
					if n := s.started(); n > 10 {
						t.Errorf("%d calls were started, want at most 10", n)
					}
				})
			})
		}
	}
}

// A slow loop delays further calls, so that the number of waiting results is limited.
func TestMapWaitsForLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		for _, err := range batch.Map[input, output](t.Context(), client(t, s), double, inputs(1000), batch.WithConcurrency(2)) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if s.started() > 8 {
				t.Errorf("%d calls were started during the first iteration, want at most 8", s.started())
			}
			break
		}
	})
}
