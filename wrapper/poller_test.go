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

// paused is a Backoff that remembers the last pause of every wait, which must be started one after another.
type paused struct {
	mu   sync.Mutex
	last []time.Duration
}

func (p *paused) backoff() func() time.Duration {
	next := defaultPoll()()
	p.mu.Lock()
	defer p.mu.Unlock()
	i := len(p.last)
	p.last = append(p.last, 0)
	return func() time.Duration {
		pause := next()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.last[i] = pause
		return pause
	}
}

// await waits for every call in a goroutine of its own, and returns the longest time from an end to its notice, as a part
// of the pause that the wait was in.
func await(t *testing.T, s *simulated, ids []CallID, clientOf func(i int, p Option) *Client) (latest float64) {
	t.Helper()
	var waits sync.WaitGroup
	var lock sync.Mutex
	p := &paused{}
	for i, id := range ids {
		c := clientOf(i, WithPoll(p.backoff))
		waits.Go(func() {
			call, err := c.Calls.Wait(t.Context(), ID(id.FunctionID), id.ID)
			if err != nil || call.CallID() != id {
				t.Errorf("%v: got %v, %v", id, call, err)
				return
			}
			late := time.Since(s.ends[id])
			p.mu.Lock()
			pause := p.last[i]
			p.mu.Unlock()
			if late < 0 || late > pause+s.latency {
				t.Errorf("the end of %v was noticed after %v, with pauses of %v", id, late, pause)
			}
			lock.Lock()
			defer lock.Unlock()
			latest = max(latest, float64(late)/float64(pause+s.latency))
		})
		synctest.Wait() // so that the wait has asked for its Backoff
	}
	waits.Wait()
	return latest
}

// A thousand waits on one client cost a twentieth at most of what they cost on a client each, with the same Backoff.
func TestSharedWaitsCostLittle(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 80 * time.Millisecond} {
		t.Run(fmt.Sprint("latency ", latency), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const calls, functions, over = 1_000, 4, 30 * time.Second
				measure := func(name string, clientOf func(s *simulated) func(int, Option) *Client) *simulated {
					s := &simulated{t: t, latency: latency}
					ids := s.spread(calls, functions, over, rand.New(rand.NewPCG(1, 2)))
					latest := await(t, s, ids, clientOf(s))
					t.Logf("BenchmarkWaits/%s/latency=%v\t%8d requests/op\t%8d calls-asked-for/op\t%.2f latest-notice/pause", name, latency, s.requests, s.keys, latest)
					return s
				}
				alone := measure("a-client-each", func(s *simulated) func(int, Option) *Client {
					return func(_ int, p Option) *Client { return newTestClient(t, s, Config{}, p) }
				})
				shared := measure("one-client", func(s *simulated) func(int, Option) *Client {
					var c *Client
					return func(_ int, p Option) *Client {
						if c == nil {
							c = newTestClient(t, s, Config{}, p)
						}
						return c
					}
				})
				t.Logf("BenchmarkWaits/saved/latency=%v\t%8.1f times fewer requests", latency, float64(alone.requests)/float64(shared.requests))
				if 20*shared.requests > alone.requests {
					t.Errorf("%d requests instead of %d", shared.requests, alone.requests)
				}
				if shared.keys > 2*alone.keys {
					t.Errorf("calls were asked for %d times instead of %d", shared.keys, alone.keys)
				}
			})
		})
	}
}

// bubbled keeps package rapid from asking a test for its deadline, which a bubble of synctest forbids.
type bubbled struct{ testing.TB }

// Whenever waits begin and calls end, each wait notices its own end, and in time.
func TestSharedWaitsNoticeEveryEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubbled{t}, func(rt *rapid.T) {
			s := &simulated{t: t, ends: map[CallID]time.Time{}, latency: time.Duration(rapid.IntRange(0, 500).Draw(rt, "latency")) * time.Millisecond}
			p := &paused{}
			c := newTestClient(t, s, Config{}, WithPoll(p.backoff))
			var waits sync.WaitGroup
			faults := make(chan string, 30)
			for i := range rapid.IntRange(1, cap(faults)).Draw(rt, "waits") {
				time.Sleep(time.Duration(rapid.IntRange(0, 3_000).Draw(rt, "pause before, in ms")) * time.Millisecond)
				id := CallID{rapid.Int64Range(1, 3).Draw(rt, "function"), rapid.Int64Range(1, 20).Draw(rt, "call")}
				begin := time.Now()
				end := s.endOf(id, begin.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(rt, "runs for ms"))*time.Millisecond))
				if begin.After(end) {
					end = begin // of the time in which it can be noticed
				}
				waits.Go(func() {
					call, err := c.Calls.Wait(t.Context(), ID(id.FunctionID), id.ID)
					late := time.Since(end)
					p.mu.Lock()
					defer p.mu.Unlock()
					if err != nil || call.CallID() != id || late < 0 || late > p.last[i]+s.latency {
						faults <- fmt.Sprintf("%v: got %v, %v, %v after the end, with pauses of %v", id, call, err, late, p.last[i])
					}
				})
				synctest.Wait() // so that the wait has asked for its Backoff
			}
			waits.Wait()
			if len(faults) > 0 {
				rt.Fatal(<-faults)
			}
			check(t, "groups of waits that are left", len(c.running.groups), 0)
		})
	})
}

// waitBoth waits for call 1 of function 1 and for another one at once, and returns the errors.
func waitBoth(t *testing.T, c *Client, other CallID) (errs [2]error) {
	t.Helper()
	var waits sync.WaitGroup
	waits.Go(func() { _, errs[0] = c.Calls.Wait(t.Context(), ID(1), 1) })
	waits.Go(func() { _, errs[1] = c.Calls.Wait(t.Context(), ID(other.FunctionID), other.ID) })
	waits.Wait()
	return errs
}

// What is wrong with one wait is no business of the others.
func TestSharedWaitsFailAlone(t *testing.T) {
	t.Parallel()
	forbidden := func(req *http.Request, functionID int64) (*http.Response, error) {
		if functionID == 2 {
			return errorResponse(403, "no")(req)
		}
		return nil, nil
	}
	paused := func(req *http.Request, _ int64) (*http.Response, error) {
		return respond(200, `{"items":[{"id":1,"functionId":1,"status":"Completed","startTime":1},{"id":2,"functionId":1,"status":"Paused","startTime":1}]}`)(req)
	}
	tests := map[string]struct {
		second   CallID
		fail     func(*http.Request, int64) (*http.Response, error)
		requests int
		text     string
	}{
		"unknown call":   {CallID{1, 2}, nil, 1, "functions: byIdsFunctionCalls got no usable answer: not found"},
		"unknown status": {CallID{1, 2}, paused, 1, "functions: call 2 of function 1 ended with the status Paused: the service gave no reason"},
		"another request": {
			CallID{2, 2},
			forbidden, 2,
			"functions: byIdsFunctionCalls was refused with status 403: no; ask for the capability functionsAcl:READ",
		},
		"invalid id":       {CallID{1, 0}, nil, 1, "functions: call id is that of call 0 of function 1; ids are between 1 and 9007199254740991"},
		"invalid function": {CallID{0, 1}, nil, 1, "functions: call id is that of call 1 of function 0; ids are between 1 and 9007199254740991"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &simulated{t: t, ends: map[CallID]time.Time{{1, 1}: time.Now()}, fail: test.fail}
				c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
				errs := waitBoth(t, c, test.second)
				if errs[0] != nil {
					t.Errorf("the good wait ended with %v", errs[0])
				}
				if errs[1] == nil || errs[1].Error() != test.text {
					t.Errorf("got %v, want %s", errs[1], test.text)
				}
				check(t, "requests", s.requests, test.requests)
			})
		})
	}
}

// A request that fails, after the client's attempts, ends all waits that it asked for.
func TestSharedRequestThatFails(t *testing.T) {
	t.Parallel()
	t.Run("all attempts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &simulated{t: t, fail: func(req *http.Request, _ int64) (*http.Response, error) { return errorResponse(503, "busy")(req) }}
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
			s := &simulated{t: t, ends: map[CallID]time.Time{{1, 1}: time.Now(), {1, 2}: time.Now()}}
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

// The wait that asks for the others may be given up, or its goroutine may panic; then another one asks.
func TestWaitThatAskedIsGivenUp(t *testing.T) {
	t.Parallel()
	t.Run("its context ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			s := &simulated{t: t, latency: 10 * time.Second, ends: map[CallID]time.Time{{1, 1}: start, {1, 2}: start}}
			c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
			short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			var waits sync.WaitGroup
			waits.Go(func() {
				_, err := c.Calls.Wait(short, ID(1), 1)
				check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
				check(t, "gave up after", time.Since(start), 5*time.Second)
			})
			time.Sleep(time.Millisecond) // so that the first is due first
			waits.Go(func() {
				_, err := c.Calls.Wait(t.Context(), ID(1), 2)
				check(t, "error", err, nil)
				check(t, "asked again at once", time.Since(start), 15*time.Second)
			})
			waits.Wait()
			check(t, "requests", s.requests, 2)
		})
	})
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &simulated{t: t, ends: map[CallID]time.Time{{1, 1}: time.Now(), {1, 2}: time.Now()}}
			panics := 1
			c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)), WithMiddleware(func(next Doer) Doer {
				return doerFunc(func(req *http.Request) (*http.Response, error) {
					if panics--; panics >= 0 {
						panic("the middleware is faulty")
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
				t.Errorf("one wait panics, the other ends: got %v, %v", one, other)
			}
		})
	})
}

// The interval of a waiter follows its age, however often other waiters polled for it.
func TestIntervalFollowsAge(t *testing.T) {
	t.Parallel()
	start := time.Now()
	interval := 500 * time.Millisecond
	w := &waiter[int, int]{alone: start, next: func() time.Duration { interval *= 2; return interval }} // polls at 1, 3, 7, 15, 31 s …
	for _, poll := range []struct{ at, interval float64 }{{0, 1}, {0.5, 1}, {0.9, 1}, {1, 2}, {1.1, 2}, {2.9, 2}, {3.1, 4}, {100, 64}, {101, 64}} {
		at := start.Add(time.Duration(poll.at * float64(time.Second)))
		w.reschedule(at)
		check(t, "interval", w.interval.Seconds(), poll.interval)
		check(t, "due", w.due, at.Add(w.interval))
	}
}

// A wait whose context ends while somebody else asks for it is gone at once.
func TestWaitThatIsAskedForIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &simulated{t: t, latency: 10 * time.Second, ends: map[CallID]time.Time{{1, 1}: time.Now()}}
		c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
		var waits sync.WaitGroup
		waits.Go(func() {
			_, err := c.Calls.Wait(t.Context(), ID(1), 1)
			check(t, "error", err, nil)
		})
		time.Sleep(time.Millisecond) // so that the first is due first
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := c.Calls.Wait(short, ID(1), 2)
		check(t, "text", err.Error(), "functions: stopped waiting for call 2 of function 1, which goes on: context deadline exceeded")
		waits.Wait()
		check(t, "requests", s.requests, 1)
	})
}

// More waits than a request may ask for are served by several, and those for the same call by one.
func TestManyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &simulated{t: t}
		ids := s.spread(2_500, 1, time.Nanosecond, rand.New(rand.NewPCG(1, 1)))
		c := newTestClient(t, s, Config{}, WithPoll(ConstantPoll(time.Second)))
		results, err := c.Calls.WaitAll(t.Context(), append(ids, ids...))
		check(t, "error", err, nil)
		for i, r := range results {
			if r.Err != nil || r.ID != ids[i%2_500] || r.Call.CallID() != r.ID || i >= 2_500 && results[i-2_500].Call == r.Call {
				t.Fatalf("result %d is %v", i, r)
			}
		}
		check(t, "requests", s.requests, 3)
		check(t, "most", s.most, 1_000)
	})
}
