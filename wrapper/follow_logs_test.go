package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
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

// printedLine is a line that the function printed.
type printedLine struct {
	At   int64 // milliseconds after the start, negative for a line without a timestamp
	Text string
	From time.Duration // when the service begins to return the line, after the start
}

func (p printedLine) String() string { return fmt.Sprintf("%d %s", p.At, p.Text) }

// logService is a service with one call. It returns the lines of the log late, and its responses may be incomplete or fail.
type logService struct {
	start time.Time
	lines []printedLine
	end   time.Duration
	// behind is the time by which the service's clock is behind the clock of this machine, negative if it is ahead.
	behind time.Duration
	// reliable is the time from which on every response is complete. Before it, draw returns the fault of each response.
	reliable time.Duration
	draw     func(lines int) (fault string, remaining int)

	mu   sync.Mutex
	read []time.Duration
}

func (l *logService) RoundTrip(req *http.Request) (*http.Response, error) {
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
	if now < l.reliable && l.draw != nil {
		switch fault, n := l.draw(len(visible.Items)); fault {
		case "503":
			return errorResponse(503, "busy")(req)
		case "truncated":
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

// collectLines returns the lines of seq as strings, and the error at its end.
func collectLines(start time.Time, seq iter.Seq2[CallLogEntry, error]) (got []string, err error) {
	for line, err := range seq {
		if err != nil {
			return got, err
		}
		p := printedLine{At: -1, Text: line.Text()}
		if line.Timestamp != nil {
			p.At = *line.Timestamp - start.UnixMilli()
		}
		got = append(got, p.String())
	}
	return got, nil
}

// maxLateness is the longest time after which the service returns a line.
const maxLateness = 4 * time.Second

// drawLog draws a call and its log: often several lines in a millisecond, often equal lines, some without a timestamp. With
// outOfOrder, a late line may appear before lines that the service returned earlier.
func drawLog(rt *rapid.T, start time.Time, outOfOrder bool) *logService {
	l := &logService{start: start, end: time.Duration(rapid.IntRange(0, 8_000).Draw(rt, "end")) * time.Millisecond}
	at := int64(0)
	for range rapid.IntRange(0, 12).Draw(rt, "lines") {
		at = min(at+rapid.SampledFrom([]int64{0, 0, 0, 1, 400, 2_500}).Draw(rt, "after the last line"), l.end.Milliseconds())
		late := time.Duration(rapid.SampledFrom([]int64{0, 0, 1, 300, 1_700, maxLateness.Milliseconds()}).Draw(rt, "late")) * time.Millisecond
		line := printedLine{At: at, Text: rapid.SampledFrom([]string{"a", "b", ""}).Draw(rt, "text"), From: time.Duration(at)*time.Millisecond + late}
		if n := len(l.lines); n > 0 && !outOfOrder {
			line.From = max(line.From, l.lines[n-1].From)
		}
		if rapid.IntRange(0, 9).Draw(rt, "without a timestamp") == 0 {
			line.At = -1
		}
		l.lines = append(l.lines, line)
	}
	l.reliable = l.end + maxLateness
	l.draw = func(n int) (string, int) {
		fault := rapid.SampledFrom([]string{"", "", "503", "truncated", "empty", "shorter"}).Draw(rt, "fault")
		return fault, rapid.IntRange(0, n).Draw(rt, "remaining lines")
	}
	return l
}

// FollowLogs returns every printed line once, whatever the service does. It returns them in the printed order if late lines
// appear at the end of the log, or if the delay is at least as long as lines are late.
func TestFollowLogsReturnsEveryLineOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		outOfOrder  bool
		delay       time.Duration
		wantInOrder bool
	}{
		"in order":                      {false, 0, true},
		"in order, delayed":             {false, time.Second, true},
		"out of order":                  {true, 0, false},
		"out of order, delayed":         {true, maxLateness, true},
		"out of order, delay too short": {true, time.Second, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rapid.Check(bubbled{t}, func(rt *rapid.T) {
					l := drawLog(rt, time.Now(), test.outOfOrder)
					c := newTestClient(t, l, Config{})
					interval := time.Duration(rapid.SampledFrom([]int{40, 300, 1_000, 3_000}).Draw(rt, "interval")) * time.Millisecond
					opts := []FollowOption{WithLogInterval(interval), WithLogDelay(test.delay), WithLogGrace(maxLateness)}
					got, err := collectLines(l.start, c.Calls.FollowLogs(t.Context(), ID(42), 9, opts...))
					if err != nil {
						rt.Fatal(err)
					}
					want := each(l.lines, printedLine.String)
					if !test.wantInOrder {
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

// FollowLogs returns lines when it reads them, not at the end. It reads the log at once, every second, when it sees the end
// of the call, and until the grace period is over.
func TestFollowLogsReadTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &logService{start: time.Now(), end: 2500 * time.Millisecond, lines: []printedLine{
			{0, "first", 0}, {1_500, "second", 1500 * time.Millisecond}, {2_500, "late", 6 * time.Second}, {2_500, "too late", 9 * time.Second},
		}}
		c := newTestClient(t, l, Config{}, WithPoll(ConstantPoll(2700*time.Millisecond)))
		follow := (&Call{FunctionCall: gen.FunctionCall{ID: 9, FunctionID: 42}, client: c}).FollowLogs(t.Context(), WithLogGrace(4500*time.Millisecond))
		var got []string
		for line, err := range follow {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(time.Since(l.start), " ", line.Text()))
		}
		if diff := cmp.Diff([]string{"0s first", "2s second", "6.7s late"}, got); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
		var want []time.Duration
		for _, ms := range []int{0, 1000, 2000, 2700, 3700, 4700, 5700, 6700, 7200} {
			want = append(want, time.Duration(ms)*time.Millisecond)
		}
		if diff := cmp.Diff(want, l.read); diff != "" {
			t.Errorf("read times (-want +got):\n%s", diff)
		}
		time.Sleep(2 * time.Minute)
		again, err := collectLines(l.start, follow)
		check(t, "error", err, nil)
		check(t, "reads in the second range", len(l.read)-len(want), 4)
		check(t, "lines of the second range", strings.Join(again, ", "), "0 first, 1500 second, 2500 late, 2500 too late")
	})
}

// A call that was seen running gets the full grace period, even if the clocks are wrong. A call that ended long before gets
// none.
func TestGracePeriodAndClocks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end    time.Duration // after FollowLogs began
		behind time.Duration
		want   time.Duration // the time that FollowLogs takes
	}{
		"clocks agree":                    {2500 * time.Millisecond, 0, 8 * time.Second},
		"clock of the service behind":     {2500 * time.Millisecond, 15 * time.Second, 8 * time.Second},
		"clock of the service far behind": {2500 * time.Millisecond, time.Hour, 8 * time.Second},
		"clock of the service far ahead":  {2500 * time.Millisecond, -time.Hour, 8 * time.Second},
		"short call, clock behind":        {100 * time.Millisecond, 15 * time.Second, 6 * time.Second},
		"just ended":                      {-time.Second, 0, 6 * time.Second},
		"just ended, clock behind":        {-time.Second, 15 * time.Second, 6 * time.Second},
		"ended a minute before":           {-62 * time.Second, 0, 3 * time.Second},
		"ended long before":               {-time.Hour, 0, time.Second},
		"ended long before, clock behind": {-time.Hour, 15 * time.Second, time.Second},
		"ended long before, clock ahead":  {-time.Hour, -15 * time.Second, time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				late := test.want - 500*time.Millisecond
				l := &logService{start: start, end: test.end, behind: test.behind, lines: []printedLine{{0, "a", 0}, {0, "late", late}, {0, "too late", test.want + 1}}}
				c := newTestClient(t, l, Config{}, WithPoll(ConstantPoll(time.Second)))
				lines, err := collectLines(start, c.Calls.FollowLogs(t.Context(), ID(42), 9))
				check(t, "error", err, nil)
				check(t, "lines", strings.Join(lines, ", "), "0 a, 0 late")
				check(t, "duration", time.Since(start), test.want)
			})
		})
	}
}

// followFor90Seconds returns the lines of call 9 that FollowLogs returns within 90 seconds, and its error.
func followFor90Seconds(t *testing.T, transport http.RoundTripper, opts ...FollowOption) ([]string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	c := newTestClient(t, transport, Config{})
	return collectLines(time.Now(), c.Calls.FollowLogs(ctx, ID(42), 9, opts...))
}

// A goroutine that remains after FollowLogs would keep the synctest bubble from ending.
func TestFollowLogsFails(t *testing.T) {
	t.Parallel()
	endless := func(log responder) http.RoundTripper {
		return transportFunc(func(req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/logs") {
				return log(req)
			}
			return respond(200, runningCalls)(req)
		})
	}
	noLines := respond(200, `{"items":[]}`)
	tests := map[string]struct {
		transport http.RoundTripper
		opts      []FollowOption
		kind      error
		words     []string
	}{
		"context ends between requests": {endless(noLines), []FollowOption{WithLogInterval(time.Hour)}, context.DeadlineExceeded, []string{"following the log of call 9 of function 42"}},
		"context ends in a request":     {endless(hangs()), nil, context.DeadlineExceeded, []string{"following the log of call 9 of function 42", "2 attempts"}},
		"rejected":                      {endless(errorResponse(403, "no")), nil, ErrForbidden, []string{"log of call 9"}},
		"unknown call":                  {transportFunc(noLines), nil, ErrNotFound, []string{"call 9 of function 42"}},
		"interval of 0":                 {nil, []FollowOption{WithLogInterval(0)}, ErrInvalid, []string{"interval is 0s"}},
		"negative grace period":         {nil, []FollowOption{WithLogGrace(-1)}, ErrInvalid, []string{"grace"}},
		"negative delay":                {nil, []FollowOption{WithLogDelay(-1)}, ErrInvalid, []string{"delay"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lines, err := followFor90Seconds(t, test.transport, test.opts...)
				check(t, "lines", len(lines), 0)
				check(t, "matches "+test.kind.Error(), errors.Is(err, test.kind), true)
				checkMessage(t, err, test.words...)
			})
		})
	}
}

func TestFollowLogsStops(t *testing.T) {
	t.Parallel()
	t.Run("caller stops", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := &logService{start: time.Now(), end: time.Hour, lines: []printedLine{{0, "a", 0}, {0, "b", 0}}}
			c := newTestClient(t, l, Config{})
			for line, err := range c.Calls.FollowLogs(t.Context(), ID(42), 9) {
				check(t, "line", line.Text(), "a")
				check(t, "error", err, nil)
				break
			}
			check(t, "duration", time.Since(l.start), 0)
			check(t, "groups of waiters", len(c.running.groups), 0)
		})
	})
	t.Run("without a grace period", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := &logService{start: time.Now(), end: time.Second, lines: []printedLine{{0, "a", 0}, {0, "b", time.Minute}}}
			c := newTestClient(t, l, Config{}, WithPoll(ConstantPoll(time.Second)))
			lines, err := collectLines(l.start, c.Calls.FollowLogs(t.Context(), ID(42), 9, WithLogGrace(0)))
			check(t, "error", err, nil)
			check(t, "lines", strings.Join(lines, ", "), "0 a")
			check(t, "duration", time.Since(l.start), time.Second)
		})
	})
}

// Delayed lines are returned before the error.
func TestFollowLogsStopsWithDelayedLines(t *testing.T) {
	t.Parallel()
	t.Run("context ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := &logService{start: time.Now(), end: time.Hour, lines: []printedLine{{0, "a", 0}, {0, "b", 0}}}
			lines, err := followFor90Seconds(t, l, WithLogDelay(2*time.Minute))
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
			check(t, "lines", strings.Join(lines, ", "), "0 a, 0 b")
		})
	})
	t.Run("rejected", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{logOf(2), errorResponse(403, "no")}, WithPoll(ConstantPoll(time.Hour)))
			var lines []string
			var last error
			for line, err := range c.Calls.FollowLogs(t.Context(), ID(42), 9, WithLogDelay(time.Minute)) {
				if last = err; err == nil {
					lines = append(lines, line.Text())
				}
			}
			checkKinds(t, last, ErrForbidden)
			check(t, "lines", strings.Join(lines, ", "), "line 1, line 2")
		})
	})
	t.Run("caller stops", func(t *testing.T) {
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
}
