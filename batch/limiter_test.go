package batch_test

import (
	"context"
	"errors"
	"fmt"
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

// counted takes its time over every request, and counts them.
type counted struct {
	takes  time.Duration
	answer func(req *http.Request) (*http.Response, error) // nil answers with an empty list

	mu    sync.Mutex
	now   int
	most  int
	began []time.Time
	what  []string // the last part of each path
}

func (c *counted) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.now++
	c.most = max(c.most, c.now)
	c.began = append(c.began, time.Now())
	c.what = append(c.what, req.URL.Path[strings.LastIndex(req.URL.Path, "/"):])
	c.mu.Unlock()
	time.Sleep(c.takes)
	if c.answer != nil {
		defer c.done()
		return c.answer(req)
	}
	resp, err := reply(http.StatusOK, `{"items":[]}`)
	if err == nil {
		resp.Body = &body{resp.Body, c.takes, c.done}
	}
	return resp, err
}

func (c *counted) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
}

// body takes its time too: a request is under way until its answer is read.
type body struct {
	io.ReadCloser

	takes time.Duration
	done  func()
}

func (b *body) Read(p []byte) (int, error) {
	time.Sleep(b.takes)
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
		most   int
		apart  time.Duration // the least time between a request and the one that is burst later
	}{
		"at once":             {batch.Limits{Requests: 3}, 3, 0},
		"one at a time":       {batch.Limits{Requests: 1}, 1, 2 * time.Second},
		"a second":            {batch.Limits{RequestsPerSecond: 10}, 30, 100 * time.Millisecond},
		"a second and bursts": {batch.Limits{RequestsPerSecond: 10, Burst: 5}, 34, 100 * time.Millisecond},
		"both":                {batch.Limits{Requests: 2, RequestsPerSecond: 10}, 2, 100 * time.Millisecond},
		"none":                {batch.Limits{}, 60, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &counted{takes: 990 * time.Millisecond} // and twice as much for the answer's body
				l := limiter(t, tc.limits)
				clients := []*functions.Client{client(t, transport, l.ClientOption()), client(t, transport, l.ClientOption())}
				var all sync.WaitGroup
				for i := range 60 {
					all.Go(func() {
						if _, err := clients[i%2].List(t.Context(), functions.Filter{}); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if transport.most != tc.most {
					t.Errorf("%d requests were under way at once, want %d", transport.most, tc.most)
				}
				burst := max(tc.limits.Burst, 1)
				for i := burst; i < len(transport.began); i++ {
					if apart := transport.began[i].Sub(transport.began[i-1]); apart < tc.apart {
						t.Errorf("requests %d and %d began %v apart, want %v", i, i+1, apart, tc.apart)
					}
				}
			})
		})
	}
}

// However requests come, no span of time sees more of them begin than its share and the burst.
func TestLimiterPaceProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		perSecond := rapid.Float64Range(0.5, 50).Draw(rt, "requests per second")
		burst := rapid.IntRange(1, 5).Draw(rt, "burst")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 400), 1, 40).Draw(rt, "milliseconds between requests")
		transport := &counted{}
		synctest.Test(t, func(t *testing.T) {
			c := client(t, transport, limiter(t, batch.Limits{RequestsPerSecond: perSecond, Burst: burst}).ClientOption())
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
		for i, from := range transport.began {
			for j := i + burst; j < len(transport.began); j++ {
				least := time.Duration(float64(j-i+1-burst)/perSecond*float64(time.Second)) - time.Microsecond
				if span := transport.began[j].Sub(from); span < least {
					rt.Fatalf("%d requests began within %v, which takes %v", j-i+1, span, least)
				}
			}
		}
	})
}

// Those who wait longest go first, and whoever gives up is passed over.
func TestLimiterIsFair(t *testing.T) {
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
				c := client(t, newService(func(int, int) run { return run{takes: time.Second} }), l.ClientOption())
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
					t.Errorf("they ended in the order %v, want %v", order, want)
				}
			})
		})
	}
}

// A nonce serves for a minute, so what holds one must not wait behind a long queue; the pace is kept all the same.
func TestLimiterLetsNoncesGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		transport := &counted{takes: 100 * time.Millisecond, answer: s.RoundTrip}
		c := client(t, transport, limiter(t, batch.Limits{RequestsPerSecond: 1}).ClientOption())
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
		for i, what := range transport.what {
			if what == "/sessions" && !slices.Contains(transport.what[i:i+4], "/call") { // at most two that came earlier
				t.Errorf("after the session came %v", transport.what[i+1:i+4])
			}
		}
		for i, at := range transport.began[1:] {
			if apart := at.Sub(transport.began[i]); apart < time.Second {
				t.Errorf("requests %d and %d began %v apart", i+1, i+2, apart)
			}
		}
	})
}

func TestLimiterContextEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		takes  time.Duration
		limits batch.Limits
		want   string
	}{
		"requests": {time.Minute / 3, batch.Limits{Requests: 1}, "functions: listFunctions got no usable answer: it was not sent, as it was not its turn yet: context deadline exceeded"},
		"rate":     {0, batch.Limits{Requests: 1, RequestsPerSecond: 0.001}, "functions: listFunctions got no usable answer: it was not sent, as it was not its turn yet: context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &counted{takes: tc.takes}
				c := client(t, transport, limiter(t, tc.limits).ClientOption())
				var first sync.WaitGroup
				first.Go(func() { _, _ = c.List(t.Context(), functions.Filter{}) })
				synctest.Wait()
				for range 2 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					_, err := c.List(ctx, functions.Filter{})
					if !errors.Is(err, context.DeadlineExceeded) || err.Error() != tc.want {
						t.Errorf("got %v, want %s", err, tc.want)
					}
					cancel()
				}
				first.Wait()
				if len(transport.began) != 1 {
					t.Errorf("%d requests were sent", len(transport.began))
				}
				if _, err := c.List(t.Context(), functions.Filter{}); err != nil { // whoever gave up left his room
					t.Error(err)
				}
			})
		})
	}
}

// The wait for one's turn is not part of the attempt, and one who gives up before it knows that nothing was sent.
func TestLimiterAndCallsOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		c := client(t, s, limiter(t, batch.Limits{RequestsPerSecond: 0.001}).ClientOption(), functions.WithAttemptTimeout(time.Second))
		if _, err := c.Start(t.Context(), functions.ID(42), input{}); err != nil { // a quarter of an hour between session and call
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
		defer cancel()
		_, err := c.Start(ctx, functions.ID(42), input{})
		if _, unknown := errors.AsType[*functions.UnknownOutcomeError](err); unknown || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if s.started() != 1 {
			t.Errorf("%d calls were started", s.started())
		}
	})
}

func TestNewLimiterRefuses(t *testing.T) {
	t.Parallel()
	for want, limits := range map[string]batch.Limits{
		"functions: Limits.Calls is -1; use a number above zero, or 0 for the default":            {Calls: -1},
		"functions: Limits.CallsPerFunction is -2; use a number above zero, or 0 for the default": {CallsPerFunction: -2},
		"functions: Limits.Requests is -3; use a number above zero, or 0 for the default":         {Requests: -3},
		"functions: Limits.Burst is -4; use a number above zero, or 0 for the default":            {Burst: -4},
		"functions: Limits.RequestsPerSecond is -0.5; use 0.001 or more, or 0 for any number":     {RequestsPerSecond: -0.5},
		"functions: Limits.RequestsPerSecond is NaN; use 0.001 or more, or 0 for any number":      {RequestsPerSecond: math.NaN()},
		"functions: Limits.RequestsPerSecond is +Inf; use 0.001 or more, or 0 for any number":     {RequestsPerSecond: math.Inf(1)},
	} {
		t.Run(fmt.Sprint(limits), func(t *testing.T) {
			t.Parallel()
			if l, err := batch.NewLimiter(limits); l != nil || err == nil || err.Error() != want || !errors.Is(err, functions.ErrInvalid) {
				t.Errorf("got %v, %v; want %s", l, err, want)
			}
		})
	}
	if _, err := batch.NewLimiter(batch.Limits{RequestsPerSecond: 0.001, Burst: math.MaxInt}); err != nil {
		t.Error(err)
	}
}
