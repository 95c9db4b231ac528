package batch_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

// countingTransport counts requests. Each request takes some time.
type countingTransport struct {
	duration time.Duration
	respond  func(req *http.Request) (*http.Response, error) // nil responds with an empty list

	mu          sync.Mutex
	inFlight    int
	maxInFlight int
	starts      []time.Time
	names       []string // the last part of each path
}

func (c *countingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.inFlight++
	c.maxInFlight = max(c.maxInFlight, c.inFlight)
	c.starts = append(c.starts, time.Now())
	c.names = append(c.names, req.URL.Path[strings.LastIndex(req.URL.Path, "/"):])
	c.mu.Unlock()
	time.Sleep(c.duration)
	if c.respond != nil {
		defer c.done()
		return c.respond(req)
	}
	resp, err := reply(http.StatusOK, `{"items":[]}`)
	if err == nil {
		resp.Body = &body{resp.Body, c.duration, c.done}
	}
	return resp, err
}

func (c *countingTransport) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
}

// body is slow, since a request is in flight until its response is read.
type body struct {
	io.ReadCloser

	duration time.Duration
	done     func()
}

func (b *body) Read(p []byte) (int, error) {
	time.Sleep(b.duration)
	return b.ReadCloser.Read(p)
}

func (b *body) Close() error {
	b.done()
	return b.ReadCloser.Close()
}

func TestLimiterRequests(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		limits batch.Limits
		most   int           // the maximum number of requests in flight
		apart  time.Duration // the minimum time between requests after the burst
	}{
		"in flight":     {batch.Limits{Requests: 3}, 3, 0},
		"one at a time": {batch.Limits{Requests: 1}, 1, 2 * time.Second},
		"per second":    {batch.Limits{RequestsPerSecond: 10}, 30, 100 * time.Millisecond},
		"bursts":        {batch.Limits{RequestsPerSecond: 10, Burst: 5}, 34, 100 * time.Millisecond},
		"both":          {batch.Limits{Requests: 2, RequestsPerSecond: 10}, 2, 100 * time.Millisecond},
		"none":          {batch.Limits{}, 60, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &countingTransport{duration: 990 * time.Millisecond} // and twice that for the body of the response
				l := limiter(t, tc.limits)
				clients := []*functions.Client{client(t, transport, functions.WithLimiter(l)), client(t, transport, functions.WithLimiter(l))}
				var all sync.WaitGroup
				for i := range 60 {
					all.Go(func() {
						if _, err := clients[i%2].List(t.Context(), functions.Filter{}); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if transport.maxInFlight != tc.most {
					t.Errorf("%d requests were in flight at the same time, want %d", transport.maxInFlight, tc.most)
				}
				burst := max(tc.limits.Burst, 1)
				for i := burst; i < len(transport.starts); i++ {
					if apart := transport.starts[i].Sub(transport.starts[i-1]); apart < tc.apart {
						t.Errorf("requests %d and %d started %v apart, want %v", i, i+1, apart, tc.apart)
					}
				}
			})
		})
	}
}

// In every period, at most its share of requests and the burst start.
func TestLimiterRateProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		perSecond := rapid.Float64Range(0.5, 50).Draw(rt, "requests per second")
		burst := rapid.IntRange(1, 5).Draw(rt, "burst")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 400), 1, 40).Draw(rt, "milliseconds between requests")
		transport := &countingTransport{}
		synctest.Test(t, func(t *testing.T) {
			c := client(t, transport, functions.WithLimiter(limiter(t, batch.Limits{RequestsPerSecond: perSecond, Burst: burst})))
			var all sync.WaitGroup
			for _, pause := range pauses {
				time.Sleep(time.Duration(pause) * time.Millisecond)
				all.Go(func() {
					if _, err := c.List(t.Context(), functions.Filter{}); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		})
		for i, from := range transport.starts {
			for j := i + burst; j < len(transport.starts); j++ {
				least := time.Duration(float64(j-i+1-burst)/perSecond*float64(time.Second)) - time.Microsecond
				if span := transport.starts[j].Sub(from); span < least {
					rt.Fatalf("%d requests started within %v, want at least %v", j-i+1, span, least)
				}
			}
		}
	})
}

// Waiters are served in the order of their arrival. A waiter that gives up does not delay others.
func TestLimiterOrder(t *testing.T) {
	t.Parallel()
	request := func(ctx context.Context, _ *batch.Limiter, c *functions.Client, _ int) error {
		_, err := c.List(ctx, functions.Filter{})
		return err
	}
	call := func(ctx context.Context, l *batch.Limiter, c *functions.Client, i int) error {
		_, err := l.Call(ctx, c, double, input{N: i})
		return err
	}
	for name, tc := range map[string]struct {
		limits batch.Limits
		do     func(ctx context.Context, l *batch.Limiter, c *functions.Client, i int) error
	}{
		"requests":            {batch.Limits{Requests: 1}, request},
		"rate":                {batch.Limits{RequestsPerSecond: 1}, request},
		"calls":               {batch.Limits{Calls: 1}, call},
		"calls of a function": {batch.Limits{CallsPerFunction: 1}, call},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := limiter(t, tc.limits)
				c := client(t, newService(func(int, int) run { return run{duration: time.Second} }), functions.WithLimiter(l))
				var mu sync.Mutex
				var order []int
				var all sync.WaitGroup
				for i := range 10 {
					ctx, cancel := context.WithCancel(t.Context())
					all.Go(func() {
						defer cancel()
						err := tc.do(ctx, l, c, i)
						mu.Lock()
						defer mu.Unlock()
						if err == nil {
							order = append(order, i)
						} else if !errors.Is(err, context.Canceled) {
							t.Error(err)
						}
					})
					synctest.Wait()
					if i == 5 {
						cancel()
					}
				}
				all.Wait()
				if want := []int{0, 1, 2, 3, 4, 6, 7, 8, 9}; !slices.Equal(order, want) {
					t.Errorf("the order is %v, want %v", order, want)
				}
			})
		})
	}
}

// A nonce is valid for one minute, so requests with a nonce overtake others. They are subject to the same rate.
func TestLimiterPrefersNonces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		transport := &countingTransport{duration: 100 * time.Millisecond, respond: s.RoundTrip}
		c := client(t, transport, functions.WithLimiter(limiter(t, batch.Limits{RequestsPerSecond: 1})))
		var all sync.WaitGroup
		for range 200 {
			for range 2 {
				all.Go(func() {
					if _, err := c.Retrieve(t.Context(), double); err != nil {
						t.Error(err)
					}
				})
			}
			all.Go(func() {
				if _, err := c.Start(t.Context(), functions.ID(42), input{N: 1}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for i, name := range transport.names {
			if name == "/sessions" && !slices.Contains(transport.names[i:i+4], "/call") { // at most two earlier requests
				t.Errorf("the requests after the session are %v, want a call", transport.names[i+1:i+4])
			}
		}
		for i, at := range transport.starts[1:] {
			if apart := at.Sub(transport.starts[i]); apart < time.Second {
				t.Errorf("requests %d and %d started %v apart, want at least 1 s", i+1, i+2, apart)
			}
		}
	})
}

func TestLimiterContextEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		duration time.Duration
		limits   batch.Limits
	}{
		"requests": {time.Minute / 3, batch.Limits{Requests: 1}},
		"rate":     {0, batch.Limits{Requests: 1, RequestsPerSecond: 0.001}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &countingTransport{duration: tc.duration}
				c := client(t, transport, functions.WithLimiter(limiter(t, tc.limits)))
				var first sync.WaitGroup
				first.Go(func() { _, _ = c.List(t.Context(), functions.Filter{}) })
				synctest.Wait()
				for range 2 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					_, err := c.List(ctx, functions.Filter{})
					if _, ok := errors.AsType[*functions.RequestError](err); !ok || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("got %v, want a *functions.RequestError that wraps context.DeadlineExceeded", err)
					}
					cancel()
				}
				first.Wait()
				if len(transport.starts) != 1 {
					t.Errorf("%d requests were sent, want 1", len(transport.starts))
				}
				if _, err := c.List(t.Context(), functions.Filter{}); err != nil { // the waiters that gave up occupy no slot
					t.Error(err)
				}
			})
		})
	}
}

// Waiting does not count towards the timeout of an attempt. A call that gives up waiting was certainly not sent.
func TestLimiterAndCallOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		c := client(t, s, functions.WithLimiter(limiter(t, batch.Limits{RequestsPerSecond: 0.001})), functions.WithAttemptTimeout(time.Second))
		if _, err := c.Start(t.Context(), functions.ID(42), input{}); err != nil { // about 17 minutes between session and call
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
		defer cancel()
		_, err := c.Start(ctx, functions.ID(42), input{})
		if _, unknown := errors.AsType[*functions.UnknownOutcomeError](err); unknown || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded without an unknown outcome", err)
		}
		if s.started() != 1 {
			t.Errorf("%d calls were started, want 1", s.started())
		}
	})
}

func TestNewLimiterRejects(t *testing.T) {
	t.Parallel()
	for _, limits := range []batch.Limits{
		{Calls: -1},
		{CallsPerFunction: -2},
		{Requests: -3},
		{Burst: -4},
		{RequestsPerSecond: -0.5},
		{RequestsPerSecond: math.NaN()},
		{RequestsPerSecond: math.Inf(1)},
		{RequestsPerSecond: 0.0009},
	} {
		if l, err := batch.NewLimiter(limits); l != nil || !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("NewLimiter(%+v) = %v, %v, want ErrInvalid", limits, l, err)
		}
	}
	if _, err := batch.NewLimiter(batch.Limits{RequestsPerSecond: 0.001, Burst: math.MaxInt}); err != nil {
		t.Errorf("the minimum rate and the maximum burst: %v", err)
	}
}
