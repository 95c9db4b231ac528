package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/gen"
)

// printed is a line of the true log and when the service begins to show it.
type printed struct {
	At   int64 // milliseconds after the start, negative for a line without a time
	Text string
	From time.Duration // after the start
}

func (p printed) String() string { return fmt.Sprintf("%d %s", p.At, p.Text) }

// logging is a service with one call, whose log it shows as badly as it can. What it does at a request is drawn as the
// requests come.
type logging struct {
	start time.Time
	lines []printed
	end   time.Duration
	// behind is how far the service's clock is behind this machine's; below zero, ahead.
	behind time.Duration
	// honest is when it begins to show everything that it has; until then draw says what goes wrong with an answer.
	honest time.Duration
	draw   func(answers int) (trouble string, lines int)

	mu   sync.Mutex
	read []time.Duration
}

func (l *logging) RoundTrip(req *http.Request) (*http.Response, error) {
	now := time.Since(l.start)
	if strings.HasSuffix(req.URL.Path, "/byids") {
		if now < l.end {
			return respond(200, runningCalls)(req)
		}
		return callWith("Failed", fmt.Sprintf(`,"endTime":%d`, l.start.Add(l.end-l.behind).UnixMilli()))(req)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = append(l.read, now)
	visible := gen.FunctionCallLog{Items: []gen.FunctionCallLogEntry{}}
	for _, line := range l.lines {
		if line.From > now {
			continue
		}
		entry := gen.FunctionCallLogEntry{Message: new(line.Text)}
		if line.At >= 0 {
			entry.Timestamp = new(l.start.UnixMilli() + line.At)
		}
		visible.Items = append(visible.Items, entry)
	}
	if now < l.honest && l.draw != nil {
		switch trouble, n := l.draw(len(visible.Items)); trouble {
		case "503":
			return errorResponse(503, "busy")(req)
		case "broken off":
			return truncated(200, `{"items":[]}`)(req)
		case "empty":
			visible.Items = visible.Items[:0]
		case "shorter":
			visible.Items = visible.Items[:n]
		}
	}
	body, err := json.Marshal(visible)
	if err != nil {
		return nil, err
	}
	return respond(200, string(body))(req)
}

// followed is everything that is handed on, as texts.
func followed(t *testing.T, start time.Time, lines func(yield func(CallLogEntry, error) bool)) (got []string, err error) {
	t.Helper()
	for line, fault := range lines {
		if fault != nil {
			return got, fault
		}
		p := printed{At: -1, Text: line.Text()}
		if line.Timestamp != nil {
			p.At = *line.Timestamp - start.UnixMilli()
		}
		got = append(got, p.String())
	}
	return got, nil
}

const longestLateness = 4 * time.Second

// drawLog makes up a call that prints: often several lines in a millisecond, often the same text, some without a time.
// Where lines may be shown out of order, a late one comes before others that were shown already.
func drawLog(rt *rapid.T, start time.Time, outOfOrder bool) *logging {
	l := &logging{start: start, end: time.Duration(rapid.IntRange(0, 8_000).Draw(rt, "end")) * time.Millisecond}
	at := int64(0)
	for range rapid.IntRange(0, 12).Draw(rt, "lines") {
		at = min(at+rapid.SampledFrom([]int64{0, 0, 0, 1, 400, 2_500}).Draw(rt, "then"), l.end.Milliseconds())
		late := time.Duration(rapid.SampledFrom([]int64{0, 0, 1, 300, 1_700, longestLateness.Milliseconds()}).Draw(rt, "late")) * time.Millisecond
		line := printed{At: at, Text: rapid.SampledFrom([]string{"a", "b", ""}).Draw(rt, "text"), From: time.Duration(at)*time.Millisecond + late}
		if n := len(l.lines); n > 0 && !outOfOrder {
			line.From = max(line.From, l.lines[n-1].From)
		}
		if rapid.IntRange(0, 9).Draw(rt, "has no time") == 0 {
			line.At = -1
		}
		l.lines = append(l.lines, line)
	}
	l.honest = l.end + longestLateness
	l.draw = func(n int) (string, int) {
		trouble := rapid.SampledFrom([]string{"", "", "503", "broken off", "empty", "shorter"}).Draw(rt, "trouble")
		return trouble, rapid.IntRange(0, n).Draw(rt, "lines left")
	}
	return l
}

func truth(l *logging) []string { return each(l.lines, printed.String) }

// Whatever the service does, every line of the true log comes once. They come in its order if late lines come at its end,
// or if lines are held longer than others are late.
func TestFollowedLogIsTheTrueLog(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		outOfOrder bool
		hold       time.Duration
		inOrder    bool
	}{
		"in order":           {false, 0, true},
		"in order, held":     {false, time.Second, true},
		"out of order":       {true, 0, false},
		"out of order, held": {true, longestLateness, true},
		"held too short":     {true, time.Second, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rapid.Check(bubbled{t}, func(rt *rapid.T) {
					l := drawLog(rt, time.Now(), test.outOfOrder)
					c := newTestClient(t, l, Config{})
					pause := time.Duration(rapid.SampledFrom([]int{40, 300, 1_000, 3_000}).Draw(rt, "pause")) * time.Millisecond
					opts := []FollowOption{WithLogInterval(pause), WithLogDelay(test.hold), WithLogGrace(longestLateness)}
					got, err := followed(t, l.start, c.Calls.FollowLogs(t.Context(), ID(42), 9, opts...))
					if err != nil {
						rt.Fatal(err)
					}
					want := truth(l)
					if !test.inOrder {
						slices.Sort(got)
						slices.Sort(want)
					}
					if !slices.Equal(got, want) {
						rt.Fatalf("lines (-want +got):\n%s", cmp.Diff(want, got))
					}
				})
			})
		})
	}
}

// Lines come when they are read, not at the end; the log is read at once, every second, when the end is noticed, and up to
// the end of grace.
func TestFollowLogsAsTheyCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &logging{start: time.Now(), end: 2500 * time.Millisecond, lines: []printed{
			{0, "at once", 0}, {1_500, "on the way", 1500 * time.Millisecond}, {2_500, "late", 6 * time.Second}, {2_500, "too late", 9 * time.Second},
		}}
		c := newTestClient(t, l, Config{}, WithPoll(ConstantPoll(2700*time.Millisecond)))
		follow := (&Call{FunctionCall: gen.FunctionCall{ID: 9, FunctionID: 42}, client: c}).FollowLogs(t.Context(), WithLogGrace(4500*time.Millisecond))
		var came []string
		for line, err := range follow {
			if err != nil {
				t.Fatal(err)
			}
			came = append(came, fmt.Sprint(time.Since(l.start), " ", line.Text()))
		}
		if diff := cmp.Diff([]string{"0s at once", "2s on the way", "6.7s late"}, came); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
		var want []time.Duration
		for _, ms := range []int{0, 1000, 2000, 2700, 3700, 4700, 5700, 6700, 7200} {
			want = append(want, time.Duration(ms)*time.Millisecond)
		}
		if diff := cmp.Diff(want, l.read); diff != "" {
			t.Errorf("read at (-want +got):\n%s", diff)
		}
		time.Sleep(2 * time.Minute)
		again, err := followed(t, l.start, follow)
		check(t, "error", err, nil)
		check(t, "read again, before and after the end was noticed", len(l.read)-len(want), 4)
		check(t, "ranged over again", strings.Join(again, ", "), "0 at once, 1500 on the way, 2500 late, 2500 too late")
	})
}

// The time of grace is the full one for a call that was running, whatever the clocks say, and none for one that ended long
// before.
func TestGraceAndClocks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end    time.Duration // after following began
		behind time.Duration
		took   time.Duration
	}{
		"clocks agree":                  {2500 * time.Millisecond, 0, 8 * time.Second},
		"service's clock behind":        {2500 * time.Millisecond, 15 * time.Second, 8 * time.Second},
		"service's clock far behind":    {2500 * time.Millisecond, time.Hour, 8 * time.Second},
		"service's clock far ahead":     {2500 * time.Millisecond, -time.Hour, 8 * time.Second},
		"short call, clock behind":      {100 * time.Millisecond, 15 * time.Second, 6 * time.Second},
		"just ended":                    {-time.Second, 0, 6 * time.Second},
		"just ended, clock behind":      {-time.Second, 15 * time.Second, 6 * time.Second},
		"ended a while before":          {-62 * time.Second, 0, 3 * time.Second},
		"ended long before":             {-time.Hour, 0, time.Second},
		"ended long before, clock off":  {-time.Hour, 15 * time.Second, time.Second},
		"ended long before, clock fast": {-time.Hour, -15 * time.Second, time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				late := test.took - 500*time.Millisecond
				l := &logging{start: start, end: test.end, behind: test.behind, lines: []printed{{0, "a", 0}, {0, "late", late}, {0, "too late", test.took + 1}}}
				c := newTestClient(t, l, Config{}, WithPoll(ConstantPoll(time.Second)))
				lines, err := followed(t, start, c.Calls.FollowLogs(t.Context(), ID(42), 9))
				check(t, "error", err, nil)
				check(t, "lines", strings.Join(lines, ", "), "0 a, 0 late")
				check(t, "took", time.Since(start), test.took)
			})
		})
	}
}

// However following ends, it leaves nothing behind, or the bubble would not end.
func TestFollowLogsEnds(t *testing.T) {
	t.Parallel()
	follow := func(t *testing.T, transport http.RoundTripper, opts ...FollowOption) ([]string, error) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		c := newTestClient(t, transport, Config{})
		return followed(t, time.Now(), c.Calls.FollowLogs(ctx, ID(42), 9, opts...))
	}
	endless := func(log responder) http.RoundTripper {
		return transportFunc(func(req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/logs") {
				return log(req)
			}
			return respond(200, runningCalls)(req)
		})
	}
	const gaveUp = "functions: stopped following the log of call 9 of function 42"
	tests := map[string]struct {
		transport http.RoundTripper
		opts      []FollowOption
		text      string
		kind      error
	}{
		"context, in a pause":   {endless(respond(200, `{"items":[]}`)), []FollowOption{WithLogInterval(time.Hour)}, gaveUp + ": context deadline exceeded", context.DeadlineExceeded},
		"context, in a request": {endless(hangs()), nil, gaveUp + "; getFunctionCallLogs got no usable answer: context deadline exceeded (2 attempts)", context.DeadlineExceeded},
		"refused":               {endless(errorResponse(403, "no")), nil, "functions: getFunctionCallLogs was refused with status 403: no", ErrForbidden},
		"unknown call": {transportFunc(func(req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/logs") {
				return respond(200, `{"items":[]}`)(req)
			}
			return respond(200, `{"items":[]}`)(req)
		}), nil, "functions: byIdsFunctionCalls got no usable answer: not found", ErrNotFound},
		"no pause":       {nil, []FollowOption{WithLogInterval(0)}, "functions: pause is 0s; it must be a millisecond at least", ErrInvalid},
		"negative grace": {nil, []FollowOption{WithLogGrace(-1)}, "functions: grace or hold is below zero; use 0 for none", ErrInvalid},
		"negative hold":  {nil, []FollowOption{WithLogDelay(-1)}, "functions: grace or hold is below zero; use 0 for none", ErrInvalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lines, err := follow(t, test.transport, test.opts...)
				check(t, "lines", len(lines), 0)
				if err == nil || !strings.HasPrefix(err.Error(), test.text) {
					t.Errorf("got %v, want %s", err, test.text)
				}
				check(t, "kind", errors.Is(err, test.kind), true)
			})
		})
	}
	t.Run("enough", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := &logging{start: time.Now(), end: time.Hour, lines: []printed{{0, "a", 0}, {0, "b", 0}}}
			c := newTestClient(t, l, Config{})
			for line, err := range c.Calls.FollowLogs(t.Context(), ID(42), 9) {
				check(t, "line", line.Text(), "a")
				check(t, "error", err, nil)
				break
			}
			check(t, "took", time.Since(l.start), 0)
			check(t, "waits that are left", len(c.running.groups), 0)
		})
	})
	t.Run("held lines, context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := &logging{start: time.Now(), end: time.Hour, lines: []printed{{0, "a", 0}, {0, "b", 0}}}
			lines, err := follow(t, l, WithLogDelay(2*time.Minute))
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
			check(t, "lines", strings.Join(lines, ", "), "0 a, 0 b")
		})
	})
	t.Run("held lines, refused", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{logOf(2), errorResponse(403, "no")}, WithPoll(ConstantPoll(time.Hour)))
			var lines []string
			var fault error
			for line, err := range c.Calls.FollowLogs(t.Context(), ID(42), 9, WithLogDelay(time.Minute)) {
				if fault = err; err == nil {
					lines = append(lines, line.Text())
				}
			}
			checkKinds(t, fault, ErrForbidden)
			check(t, "lines", strings.Join(lines, ", "), "line 1, line 2")
		})
	})
	t.Run("held lines, enough", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{logOf(2), errorResponse(403, "no")}, WithPoll(ConstantPoll(time.Hour)))
			for line, err := range c.Calls.FollowLogs(t.Context(), ID(42), 9, WithLogDelay(time.Minute)) {
				check(t, "line", line.Text(), "line 1")
				check(t, "error", err, nil)
				break
			}
		})
	})
	t.Run("without grace", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := &logging{start: time.Now(), end: time.Second, lines: []printed{{0, "a", 0}, {0, "b", time.Minute}}}
			c := newTestClient(t, l, Config{}, WithPoll(ConstantPoll(time.Second)))
			lines, err := followed(t, l.start, c.Calls.FollowLogs(t.Context(), ID(42), 9, WithLogGrace(0)))
			check(t, "error", err, nil)
			check(t, "lines", strings.Join(lines, ", "), "0 a")
			check(t, "took", time.Since(l.start), time.Second)
		})
	})
}
