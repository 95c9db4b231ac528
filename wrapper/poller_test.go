package functions

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// recordedIntervals is a Backoff that records the latest interval of each waiter, in the order in which the waiters joined.
type recordedIntervals struct {
	mu     sync.Mutex
	latest []time.Duration
}

func (r *recordedIntervals) backoff() func() time.Duration {
	next := defaultPoll()()
	r.mu.Lock()
	defer r.mu.Unlock()
	i := len(r.latest)
	r.latest = append(r.latest, 0)
	return func() time.Duration {
		interval := next()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.latest[i] = interval
		return interval
	}
}

// of returns the latest interval of the i-th waiter.
func (r *recordedIntervals) of(i int) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.latest[i]
}

// waitForEach waits for each call in its own goroutine. It checks that every waiter sees the end of its call within one poll
// interval, and returns the largest delay as a fraction of the interval.
func waitForEach(t *testing.T, s *callService, ids []CallID, newClient func(poll Option) *Client) (maxDelay float64) {
	t.Helper()
	var waits sync.WaitGroup
	var lock sync.Mutex
	intervals := &recordedIntervals{}
	for i, id := range ids {
		c := newClient(WithPoll(intervals.backoff))
		waits.Go(func() {
			call, err := c.Calls.Wait(t.Context(), ID(id.FunctionID), id.ID)
			if err != nil || call.CallID() != id {
				t.Errorf("%v: got %v, %v", id, call, err)
				return
			}
			delay := time.Since(s.ends[id])
			limit := intervals.of(i) + s.latency
			if delay < 0 || delay > limit {
				t.Errorf("%v: end seen after %v, want at most %v", id, delay, limit)
			}
			lock.Lock()
			defer lock.Unlock()
			maxDelay = max(maxDelay, float64(delay)/float64(limit))
		})
		synctest.Wait() // so that the waiter has joined before the next one
	}
	waits.Wait()
	return maxDelay
}

// A thousand waits on one client send at most a twentieth of the requests that the same waits send on separate clients.
func TestSharedWaitsSendFewRequests(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 80 * time.Millisecond} {
		t.Run(fmt.Sprint("latency ", latency), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const calls, functions, over = 1_000, 4, 30 * time.Second
				measure := func(name string, clients func(s *callService) (newClient func(Option) *Client)) *callService {
					s := &callService{t: t, latency: latency}
					ids := s.spread(calls, functions, over, rand.New(rand.NewPCG(1, 2)))
					maxDelay := waitForEach(t, s, ids, clients(s))
					t.Logf("BenchmarkWaits/%s/latency=%v\t%8d requests/op\t%8d ids/op\t%.2f max-delay/interval", name, latency, s.requests, s.keys, maxDelay)
					return s
				}
				alone := measure("separate-clients", func(s *callService) func(Option) *Client {
					return func(poll Option) *Client { return newTestClient(t, s, Config{}, poll) }
				})
				shared := measure("one-client", func(s *callService) func(Option) *Client {
					var c *Client
					return func(poll Option) *Client {
						if c == nil {
							c = newTestClient(t, s, Config{}, poll)
						}
						return c
					}
				})
				t.Logf("BenchmarkWaits/saved/latency=%v\t%8.1f times fewer requests", latency, float64(alone.requests)/float64(shared.requests))
				if 20*shared.requests > alone.requests {
					t.Errorf("%d requests, want at most a twentieth of %d", shared.requests, alone.requests)
				}
				if shared.keys > 2*alone.keys {
					t.Errorf("%d ids in the requests, want at most twice %d", shared.keys, alone.keys)
				}
			})
		})
	}
}

// bubbled hides the method Deadline from package rapid, because a synctest bubble does not allow it.
type bubbled struct{ testing.TB }

// Each waiter sees the end of its call in time, whenever waits begin and calls end.
func TestSharedWaitsSeeEveryEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubbled{t}, func(rt *rapid.T) {
			s := &callService{t: t, ends: map[CallID]time.Time{}, latency: time.Duration(rapid.IntRange(0, 500).Draw(rt, "latency")) * time.Millisecond}
			intervals := &recordedIntervals{}
			c := newTestClient(t, s, Config{}, WithPoll(intervals.backoff))
			var waits sync.WaitGroup
			failures := make(chan string, 30)
			for i := range rapid.IntRange(1, cap(failures)).Draw(rt, "waits") {
				time.Sleep(time.Duration(rapid.IntRange(0, 3_000).Draw(rt, "milliseconds before the wait")) * time.Millisecond)
				id := CallID{rapid.Int64Range(1, 3).Draw(rt, "function"), rapid.Int64Range(1, 20).Draw(rt, "call")}
				begin := time.Now()
				end := s.endOf(id, begin.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(rt, "milliseconds until the end"))*time.Millisecond))
				if begin.After(end) {
					end = begin // the call ended before the wait
				}
				waits.Go(func() {
					call, err := c.Calls.Wait(t.Context(), ID(id.FunctionID), id.ID)
					delay, limit := time.Since(end), intervals.of(i)+s.latency
					if err != nil || call.CallID() != id || delay < 0 || delay > limit {
						failures <- fmt.Sprintf("%v: got %v, %v after %v, want at most %v", id, call, err, delay, limit)
					}
				})
				synctest.Wait() // so that the waiter has joined before the next one
			}
			waits.Wait()
			if len(failures) > 0 {
				rt.Fatal(<-failures)
			}
			check(t, "groups of waiters", len(c.running.groups), 0)
		})
	})
}

// waitBoth waits for call 1 of function 1 and for another call at the same time, and returns both errors.
func waitBoth(t *testing.T, c *Client, other CallID) (errs [2]error) {
	t.Helper()
	var waits sync.WaitGroup
	waits.Go(func() { _, errs[0] = c.Calls.Wait(t.Context(), ID(1), 1) })
	waits.Go(func() { _, errs[1] = c.Calls.Wait(t.Context(), ID(other.FunctionID), other.ID) })
	waits.Wait()
	return errs
}

// The error of one waiter does not affect the others.
func TestSharedWaitsFailSeparately(t *testing.T) {
	t.Parallel()
	forbidden := func(req *http.Request, functionID int64) (*http.Response, error) {
		if functionID == 2 {
			return errorResponse(403, "no")(req)
		}
		return nil, nil
	}
	unknownStatus := func(req *http.Request, _ int64) (*http.Response, error) {
		return respond(200, `{"items":[{"id":1,"functionId":1,"status":"Completed","startTime":1},{"id":2,"functionId":1,"status":"Paused","startTime":1}]}`)(req)
	}
	tests := map[string]struct {
		second   CallID
		fail     func(*http.Request, int64) (*http.Response, error)
		requests int
		kinds    []error
		words    []string
	}{
		"unknown call":       {CallID{1, 2}, nil, 1, []error{ErrNotFound}, []string{"call 2 of function 1"}},
		"unknown status":     {CallID{1, 2}, unknownStatus, 1, nil, []string{"call 2 of function 1", "Paused"}},
		"forbidden function": {CallID{2, 2}, forbidden, 2, []error{ErrForbidden}, []string{"id 2 of function 2", "functionsAcl:READ"}},
		"invalid id":         {CallID{1, 0}, nil, 1, []error{ErrInvalid}, []string{"call 0 of function 1"}},
		"invalid function":   {CallID{0, 1}, nil, 1, []error{ErrInvalid}, []string{"identifier is empty"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &callService{t: t, ends: map[CallID]time.Time{{1, 1}: time.Now()}, fail: test.fail}
				c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
				errs := waitBoth(t, c, test.second)
				check(t, "error of the first wait", errs[0], nil)
				checkKinds(t, errs[1], test.kinds...)
				checkMessage(t, errs[1], test.words...)
				check(t, "requests", s.requests, test.requests)
			})
		})
	}
}

// Each waiter for an unknown call gets its own error.
func TestUnknownCallsHaveSeparateErrors(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]CallID{"two calls": {1, 2}, "the same call": {1, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &callService{t: t}
				c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
				errs := waitBoth(t, c, second)
				check(t, "requests", s.requests, 1)
				for i, id := range []CallID{{1, 1}, second} {
					checkKinds(t, errs[i], ErrNotFound)
					check(t, "resource", errorAs[*NotFoundError](t, errs[i]).Resource, id.String())
				}
				check(t, "shared error", errorAs[*NotFoundError](t, errs[0]) == errorAs[*NotFoundError](t, errs[1]), false)
			})
		})
	}
}

// A request that fails after all retries ends all waits that share it.
func TestSharedRequestFails(t *testing.T) {
	t.Parallel()
	t.Run("all attempts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &callService{t: t, fail: func(req *http.Request, _ int64) (*http.Response, error) { return errorResponse(503, "busy")(req) }}
			c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)), WithRetry(RetryOptions{MaxRetries: 2}))
			for _, err := range waitBoth(t, c, CallID{1, 2}) {
				check(t, "attempts", errorAs[*APIError](t, err).Attempts, 3)
			}
			check(t, "requests", s.requests, 3)
		})
	})
	t.Run("one attempt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			failures := 1
			s := &callService{t: t, ends: map[CallID]time.Time{{1, 1}: time.Now(), {1, 2}: time.Now()}}
			s.fail = func(req *http.Request, _ int64) (*http.Response, error) {
				if failures--; failures >= 0 {
					return errorResponse(503, "busy")(req)
				}
				return nil, nil
			}
			c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
			errs := waitBoth(t, c, CallID{1, 2})
			check(t, "errors", errors.Join(errs[:]...), nil)
			check(t, "requests", s.requests, 2)
		})
	})
}

// If the waiter that sends the shared request stops, another waiter sends the request again.
func TestPollingWaiterStops(t *testing.T) {
	t.Parallel()
	t.Run("context ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			s := &callService{t: t, latency: 10 * time.Second, ends: map[CallID]time.Time{{1, 1}: start, {1, 2}: start}}
			c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
			short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			var waits sync.WaitGroup
			waits.Go(func() {
				_, err := c.Calls.Wait(short, ID(1), 1)
				check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
				check(t, "stopped after", time.Since(start), 5*time.Second)
			})
			time.Sleep(time.Millisecond) // so that the first waiter is due first
			waits.Go(func() {
				_, err := c.Calls.Wait(t.Context(), ID(1), 2)
				check(t, "error", err, nil)
				check(t, "ended after", time.Since(start), 15*time.Second)
			})
			waits.Wait()
			check(t, "requests", s.requests, 2)
		})
	})
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &callService{t: t, ends: map[CallID]time.Time{{1, 1}: time.Now(), {1, 2}: time.Now()}}
			panics := 1
			c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)), WithMiddleware(func(next Doer) Doer {
				return doerFunc(func(req *http.Request) (*http.Response, error) {
					if panics--; panics >= 0 {
						panic("the middleware has a bug")
					}
					return next.Do(req)
				})
			}))
			var waits sync.WaitGroup
			outcome := make(chan bool, 2)
			for id := range int64(2) {
				waits.Go(func() {
					defer func() { outcome <- recover() == nil }()
					if _, err := c.Calls.Wait(t.Context(), ID(1), id+1); err != nil {
						t.Error(err)
					}
				})
			}
			waits.Wait()
			if one, other := <-outcome, <-outcome; one == other {
				t.Errorf("waits that ended without a panic: got %v and %v, want exactly one", one, other)
			}
		})
	})
}

// The interval of a waiter follows its age, however often other waiters polled for it.
func TestIntervalFollowsAge(t *testing.T) {
	t.Parallel()
	start := time.Now()
	interval := 500 * time.Millisecond
	// Alone, the waiter would poll at 1, 3, 7, 15, 31 s.
	w := &waiter[int, int]{alone: start, next: func() time.Duration { interval *= 2; return interval }}
	for _, poll := range []struct{ at, interval float64 }{{0, 1}, {0.5, 1}, {0.9, 1}, {1, 2}, {1.1, 2}, {2.9, 2}, {3.1, 4}, {100, 64}, {101, 64}} {
		at := start.Add(time.Duration(poll.at * float64(time.Second)))
		w.reschedule(at)
		check(t, "interval", w.interval.Seconds(), poll.interval)
		check(t, "due", w.due, at.Add(w.interval))
	}
}

// A wait whose context ends while another waiter polls for it returns at once.
func TestPolledWaiterStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &callService{t: t, latency: 10 * time.Second, ends: map[CallID]time.Time{{1, 1}: time.Now()}}
		c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
		var waits sync.WaitGroup
		waits.Go(func() {
			_, err := c.Calls.Wait(t.Context(), ID(1), 1)
			check(t, "error", err, nil)
		})
		time.Sleep(time.Millisecond) // so that the first waiter is due first
		start := time.Now()
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := c.Calls.Wait(short, ID(1), 2)
		check(t, "pending call", errorAs[*PendingError](t, err).Pending[0], CallID{1, 2})
		check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		check(t, "stopped after", time.Since(start), 5*time.Second)
		waits.Wait()
		check(t, "requests", s.requests, 1)
	})
}

// Waits for more calls than one request may contain are spread over several requests. Waits for the same call share one id.
func TestManyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &callService{t: t}
		ids := s.spread(2_500, 1, time.Nanosecond, rand.New(rand.NewPCG(1, 1)))
		c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
		results, err := c.Calls.WaitAll(t.Context(), append(ids, ids...))
		check(t, "error", err, nil)
		for i, r := range results {
			if r.Err != nil || r.ID != ids[i%2_500] || r.Call.CallID() != r.ID || i >= 2_500 && results[i-2_500].Call == r.Call {
				t.Fatalf("result %d = %v", i, r)
			}
		}
		check(t, "requests", s.requests, 3)
		check(t, "largest number of ids in a request", s.most, 1_000)
	})
}
