package batch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestMapOrder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts []batch.Option
		want []int
	}{
		"default order": {nil, []int{3, 2, 1, 0}},
		"input order":   {[]batch.Option{batch.WithInputOrder()}, []int{0, 1, 2, 3}},
		"one at a time": {[]batch.Option{batch.WithConcurrency(1)}, []int{0, 1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(func(n, _ int) run { return run{duration: time.Duration(4-n) * time.Second} })
				all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(4), tc.opts...))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, indices(all)); diff != "" {
					t.Errorf("order (-want +got):\n%s", diff)
				}
				for _, r := range all {
					if r.Err != nil || r.Output.Double != 2*r.Index || r.Input.Key != fmt.Sprint("key ", r.Index) || r.Attempts != 1 || r.Recorded {
						t.Errorf("input %d has the result %+v", r.Index, r)
					}
				}
				if s.sessions != 4 {
					t.Errorf("%d sessions were created for 4 calls, want 4", s.sessions)
				}
			})
		})
	}
}

func TestMapConcurrency(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts   []batch.Option
		limits batch.Limits
		maps   int
		want   int
	}{
		"default":                   {maps: 1, want: 50},
		"below the default":         {opts: []batch.Option{batch.WithConcurrency(7)}, maps: 1, want: 7},
		"service's limit":           {opts: []batch.Option{batch.WithConcurrency(300)}, maps: 1, want: 100},
		"above the service's limit": {opts: []batch.Option{batch.WithConcurrency(300)}, limits: batch.Limits{CallsPerFunction: 150}, maps: 1, want: 150},
		"project's limit":           {opts: []batch.Option{batch.WithConcurrency(300)}, limits: batch.Limits{CallsPerFunction: 300}, maps: 1, want: 250},
		"two maps with one limiter": {opts: []batch.Option{batch.WithConcurrency(30)}, limits: batch.Limits{CallsPerFunction: 40}, maps: 2, want: 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(nil)
				c := client(t, s)
				opts := tc.opts
				if tc.limits != (batch.Limits{}) {
					limiter, err := batch.NewLimiter(tc.limits)
					if err != nil {
						t.Fatal(err)
					}
					opts = append(slices.Clone(opts), batch.WithLimiter(limiter))
				}
				done := make(chan int)
				for range tc.maps {
					go func() {
						all, err := collect(t, batch.Map[input, output](t.Context(), c, double, inputs(300), opts...))
						if err != nil {
							t.Error(err)
						}
						done <- len(all)
					}()
				}
				for range tc.maps {
					if n := <-done; n != 300 {
						t.Errorf("got %d results, want 300", n)
					}
				}
				if s.maxCalls != tc.want {
					t.Errorf("at most %d calls ran at the same time, want %d", s.maxCalls, tc.want)
				}
			})
		})
	}
}

// outcome is the part of a result that TestMapOutcomes compares.
type outcome struct {
	Double   int
	Attempts int
	Called   bool
	Kinds    []error
}

func TestMapOutcomes(t *testing.T) {
	t.Parallel()
	failTwice := func(_, attempt int) run {
		if attempt < 3 {
			return run{status: functions.CallFailed}
		}
		return run{}
	}
	for name, tc := range map[string]struct {
		behave func(n, attempt int) run
		opts   []batch.Option
		want   outcome
	}{
		"completed":             {nil, nil, outcome{Double: 42, Attempts: 1, Called: true}},
		"no response":           {func(int, int) run { return run{response: "none"} }, nil, outcome{Attempts: 1, Called: true}},
		"null":                  {func(int, int) run { return run{response: "null"} }, nil, outcome{Attempts: 1, Called: true}},
		"failed":                {failTwice, nil, outcome{Attempts: 1, Called: true, Kinds: []error{functions.ErrCallFailed}}},
		"failed twice":          {failTwice, []batch.Option{batch.WithRetries(1)}, outcome{Attempts: 2, Called: true, Kinds: []error{functions.ErrCallFailed}}},
		"completed after retry": {failTwice, []batch.Option{batch.WithRetries(5)}, outcome{Double: 42, Attempts: 3, Called: true}},
		"timed out":             {func(int, int) run { return run{status: functions.CallTimeout} }, []batch.Option{batch.WithRetries(1)}, outcome{Attempts: 2, Called: true, Kinds: []error{functions.ErrCallTimeout}}},
		"rejected":              {func(int, int) run { return run{rejected: http.StatusForbidden} }, []batch.Option{batch.WithRetries(5)}, outcome{Attempts: 1, Kinds: []error{functions.ErrForbidden}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(tc.behave)
				all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, slices.Values([]input{{N: 21}}), tc.opts...))
				if err != nil || len(all) != 1 {
					t.Fatalf("got %v, %v", all, err)
				}
				r := all[0]
				got := outcome{Double: r.Output.Double, Attempts: r.Attempts, Called: r.Call != nil}
				for _, kind := range []error{functions.ErrCallFailed, functions.ErrCallTimeout, functions.ErrForbidden, functions.ErrInvalid} {
					if errors.Is(r.Err, kind) {
						got.Kinds = append(got.Kinds, kind)
					}
				}
				identical := cmp.Comparer(func(a, b error) bool { return a == b }) //nolint:errorlint // kinds are variables
				if diff := cmp.Diff(tc.want, got, identical); diff != "" {
					t.Errorf("outcome (-want +got):\n%s\nerror: %v", diff, r.Err)
				}
				if r.Err == nil != (len(tc.want.Kinds) == 0) {
					t.Errorf("got the error %v, want the kinds %v", r.Err, tc.want.Kinds)
				}
				if s.started() != tc.want.Attempts {
					t.Errorf("%d calls were sent, want %d", s.started(), tc.want.Attempts)
				}
			})
		})
	}
}

func TestMapOtherTypes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, newService(nil))
		for r, err := range batch.Map[any, []int](t.Context(), c, double, slices.Values([]any{input{N: 1}, "text", func() {}, nil}), batch.WithConcurrency(1)) {
			if err != nil {
				t.Fatal(err)
			}
			switch r.Index {
			case 0: // the response is an object
				if _, ok := errors.AsType[*functions.ResponseError](r.Err); !ok || !strings.Contains(r.Err.Error(), "[]int") {
					t.Errorf("got %v, want a *functions.ResponseError with the type", r.Err)
				}
			case 1, 2:
				if !errors.Is(r.Err, functions.ErrInvalid) || r.Call != nil {
					t.Errorf("input %d has the result %+v, want ErrInvalid", r.Index, r)
				}
			case 3: // nil is sent as an empty object
				if r.Call == nil {
					t.Errorf("nil has the result %+v, want a call", r)
				}
			}
		}
		for r, err := range batch.Map[json.RawMessage, json.RawMessage](t.Context(), c, double, slices.Values([]json.RawMessage{[]byte(`{"n": 4}`)})) {
			if err != nil || r.Err != nil || string(r.Output) != `{"double":8}` {
				t.Errorf("raw JSON: got %s, %v, %v", r.Output, r.Err, err)
			}
		}
	})
}

func TestMapWithSession(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts []batch.Option
		want string // the credentials in the request
	}{
		"default":  {nil, `{"tokenExchange":true}`},
		"one-shot": {[]batch.Option{batch.WithSession(functions.SessionOneshotTokenExchange())}, `{"oneshotTokenExchange":true}`},
		"client credentials": {
			[]batch.Option{batch.WithSession(functions.SessionClientCredentials("the-id", "the-secret"))},
			`"clientId":"the-id","clientSecret":"the-secret"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(nil)
				all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(3), tc.opts...))
				if err != nil || len(all) != 3 || len(s.sessionRequests) != 3 {
					t.Fatalf("got %d results and %d sessions, want 3; error: %v", len(all), len(s.sessionRequests), err)
				}
				for _, body := range s.sessionRequests {
					if !strings.Contains(body, tc.want) {
						t.Errorf("the request for a session is %s, want %s", body, tc.want)
					}
				}
			})
		})
	}
}

func TestMapRetryPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService(func(int, int) run { return run{status: functions.CallFailed} })
		start := time.Now()
		_, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(1),
			batch.WithRetries(3), batch.WithRetryPause(functions.ConstantPoll(time.Hour))))
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 3*time.Hour || took > 3*time.Hour+time.Second {
			t.Errorf("three pauses of 1 h took %v", took)
		}
	})
}

func TestMapRejectsOptions(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]batch.Option{
		"concurrency": batch.WithConcurrency(0),
		"retries":     batch.WithRetries(-1),
		"retry pause": batch.WithRetryPause(nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), double, inputs(1), opt))
			if argument, ok := errors.AsType[*functions.ArgumentError](err); len(all) != 0 || !ok || argument.Field != name {
				t.Errorf("got %v, %v, want a *functions.ArgumentError for %s", all, err, name)
			}
		})
	}
}

// A missing function is one error, not one for each input.
func TestMapUnknownFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), functions.ExternalID("none"), inputs(100)))
		if len(all) != 0 || !errors.Is(err, functions.ErrNotFound) {
			t.Errorf("got %d results and the error %v, want only ErrNotFound", len(all), err)
		}
	})
}

// Inputs can depend on results: Map returns results while the sequence waits for its next input.
func TestMapInputsFromResults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := make(chan input, 1)
		next <- input{N: 1}
		chain := func(yield func(input) bool) {
			for in := range next {
				if !yield(in) {
					return
				}
			}
		}
		var got []int
		for r, err := range batch.Map[input, output](t.Context(), client(t, newService(nil)), double, chain) {
			if err != nil || r.Err != nil {
				t.Fatal(err, r.Err)
			}
			if got = append(got, r.Output.Double); r.Output.Double >= 32 {
				close(next)
				continue
			}
			next <- input{N: r.Output.Double}
		}
		if want := []int{2, 4, 8, 16, 32}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// For random options, every input has one result, in the requested order, and the limits are not exceeded.
func TestMapProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		durations := rapid.SliceOfN(rapid.IntRange(0, 500), 0, 30).Draw(rt, "milliseconds")
		fails := rapid.SliceOfN(rapid.IntRange(0, 3), len(durations), len(durations)).Draw(rt, "failures before success")
		concurrency := rapid.IntRange(1, 12).Draw(rt, "concurrency")
		running := rapid.IntRange(1, 12).Draw(rt, "limit")
		retries := rapid.IntRange(0, 2).Draw(rt, "retries")
		ordered := rapid.Bool().Draw(rt, "input order")
		var problem string // reported outside of synctest.Test, which rapid does not support
		synctest.Test(t, func(t *testing.T) {
			s := newService(func(n, attempt int) run {
				r := run{duration: time.Duration(durations[n]) * time.Millisecond}
				if attempt <= fails[n] {
					r.status = functions.CallFailed
				}
				return r
			})
			opts := []batch.Option{
				batch.WithConcurrency(concurrency), batch.WithRetries(retries),
				batch.WithLimiter(limiter(t, batch.Limits{CallsPerFunction: running})),
			}
			if ordered {
				opts = append(opts, batch.WithInputOrder())
			}
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(len(durations)), opts...))
			places := indices(all)
			if !ordered {
				slices.Sort(places)
			}
			switch {
			case err != nil:
				problem = err.Error()
			case !slices.Equal(places, slices.Collect(count(len(durations)))):
				problem = fmt.Sprintf("got results for %v", places)
			case s.maxCalls > min(concurrency, running):
				problem = fmt.Sprintf("%d calls ran at the same time", s.maxCalls)
			}
			for _, r := range all {
				n := r.Index
				if want := min(fails[n], retries) + 1; r.Attempts != want || s.attempts[n] != want {
					problem = fmt.Sprintf("input %d was called %d times with %d attempts, want %d", n, s.attempts[n], r.Attempts, want)
				}
				if (r.Err == nil) != (fails[n] <= retries) || r.Err == nil && r.Output.Double != 2*n {
					problem = fmt.Sprintf("input %d has the result %+v", n, r)
				}
			}
		})
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}
