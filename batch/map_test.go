package batch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
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
		"as they finish": {nil, []int{3, 2, 1, 0}},
		"input order":    {[]batch.Option{batch.WithInputOrder()}, []int{0, 1, 2, 3}},
		"one at a time":  {[]batch.Option{batch.WithConcurrency(1)}, []int{0, 1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService(func(n, _ int) run { return run{takes: time.Duration(4-n) * time.Second} })
				all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(4), tc.opts...))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, indices(all)); diff != "" {
					t.Errorf("order (-want +got):\n%s", diff)
				}
				for _, r := range all {
					if r.Err != nil || r.Output.Double != 2*r.Index || r.Input.Key != fmt.Sprint("key ", r.Index) || r.Attempts != 1 || r.Recorded {
						t.Errorf("input %d became %+v", r.Index, r)
					}
				}
				if s.sessions != 4 {
					t.Errorf("%d sessions were made for 4 calls", s.sessions)
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
		"as asked for":              {opts: []batch.Option{batch.WithConcurrency(7)}, maps: 1, want: 7},
		"the service's limit":       {opts: []batch.Option{batch.WithConcurrency(300)}, maps: 1, want: 100},
		"told to go above":          {opts: []batch.Option{batch.WithConcurrency(300)}, limits: batch.Limits{CallsPerFunction: 150}, maps: 1, want: 150},
		"the project's limit":       {opts: []batch.Option{batch.WithConcurrency(300)}, limits: batch.Limits{CallsPerFunction: 300}, maps: 1, want: 250},
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
						t.Errorf("%d of 300 results came", n)
					}
				}
				if s.most != tc.want {
					t.Errorf("at most %d calls ran at once, want %d", s.most, tc.want)
				}
			})
		})
	}
}

// outcome is what the table of outcomes looks at.
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
		"failed again":          {failTwice, []batch.Option{batch.WithRetries(1)}, outcome{Attempts: 2, Called: true, Kinds: []error{functions.ErrCallFailed}}},
		"completed in the end":  {failTwice, []batch.Option{batch.WithRetries(5)}, outcome{Double: 42, Attempts: 3, Called: true}},
		"timed out":             {func(int, int) run { return run{status: functions.CallTimeout} }, []batch.Option{batch.WithRetries(1)}, outcome{Attempts: 2, Called: true, Kinds: []error{functions.ErrCallTimeout}}},
		"refused is not called": {func(int, int) run { return run{refused: http.StatusForbidden} }, []batch.Option{batch.WithRetries(5)}, outcome{Attempts: 1, Kinds: []error{functions.ErrForbidden}}},
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
				if diff := cmp.Diff(tc.want, got, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" { //nolint:errorlint // the very same
					t.Errorf("outcome (-want +got):\n%s\nerror: %v", diff, r.Err)
				}
				if r.Err == nil != (len(tc.want.Kinds) == 0) {
					t.Errorf("the error is %v", r.Err)
				}
				if s.started() != tc.want.Attempts {
					t.Errorf("%d calls were sent for %d attempts", s.started(), tc.want.Attempts)
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
				if want := "functions: the response of call 1 of function 42 is no []int: "; r.Err == nil || r.Err.Error()[:len(want)] != want {
					t.Errorf("got %v, want %s…", r.Err, want)
				}
			case 1, 2:
				if !errors.Is(r.Err, functions.ErrInvalid) || r.Call != nil {
					t.Errorf("input %d became %+v", r.Index, r)
				}
			case 3: // nil is an empty object
				if r.Call == nil {
					t.Errorf("nil became %+v", r)
				}
			}
		}
		for r, err := range batch.Map[json.RawMessage, json.RawMessage](t.Context(), c, double, slices.Values([]json.RawMessage{[]byte(`{"n": 4}`)})) {
			if err != nil || r.Err != nil || string(r.Output) != `{"double":8}` {
				t.Errorf("raw JSON became %s, %v, %v", r.Output, r.Err, err)
			}
		}
	})
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
			t.Errorf("three pauses of an hour took %v", took)
		}
	})
}

func TestMapRefusesOptions(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]batch.Option{
		"functions: concurrency is 0; use a number above zero":                             batch.WithConcurrency(0),
		"functions: retries is -1; use 0 for none":                                         batch.WithRetries(-1),
		"functions: retry pause is nil; leave the option out for the default":              batch.WithRetryPause(nil),
		"batch: the checkpoint no/such/folder cannot be opened: no such file or directory": batch.WithCheckpoint("no/such/folder"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), double, inputs(1), opt))
			if len(all) != 0 || err == nil || err.Error() != name {
				t.Errorf("got %v, %v; want the error %q", all, err, name)
			}
		})
	}
}

// A function that is not there is one error, not one for each input.
func TestMapUnknownFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), functions.ExternalID("none"), inputs(100)))
		if len(all) != 0 || !errors.Is(err, functions.ErrNotFound) {
			t.Errorf("%d results, %v", len(all), err)
		}
	})
}

// Inputs may depend on results: calls go on while the sequence waits for its next input.
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

// Every input has one result, in order where that is asked for, and never do more calls run than allowed.
func TestMapProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		takes := rapid.SliceOfN(rapid.IntRange(0, 500), 0, 30).Draw(rt, "milliseconds")
		fails := rapid.SliceOfN(rapid.IntRange(0, 3), len(takes), len(takes)).Draw(rt, "failures before success")
		concurrency := rapid.IntRange(1, 12).Draw(rt, "concurrency")
		running := rapid.IntRange(1, 12).Draw(rt, "limit")
		retries := rapid.IntRange(0, 2).Draw(rt, "retries")
		ordered := rapid.Bool().Draw(rt, "input order")
		var problem string // rapid must hear of it outside the bubble
		synctest.Test(t, func(t *testing.T) {
			s := newService(func(n, attempt int) run {
				r := run{takes: time.Duration(takes[n]) * time.Millisecond}
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
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(len(takes)), opts...))
			places := indices(all)
			if !ordered {
				slices.Sort(places)
			}
			switch {
			case err != nil:
				problem = err.Error()
			case !slices.Equal(places, slices.Collect(count(len(takes)))):
				problem = fmt.Sprintf("results came for %v", places)
			case s.most > min(concurrency, running):
				problem = fmt.Sprintf("%d calls ran at once", s.most)
			}
			for _, r := range all {
				n := r.Index
				if want := min(fails[n], retries) + 1; r.Attempts != want || s.attempts[n] != want {
					problem = fmt.Sprintf("input %d was called %d times, and says %d; want %d", n, s.attempts[n], r.Attempts, want)
				}
				if (r.Err == nil) != (fails[n] <= retries) || r.Err == nil && r.Output.Double != 2*n {
					problem = fmt.Sprintf("input %d became %+v", n, r)
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
