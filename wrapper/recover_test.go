package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

// Only a call that may have been made has an unknown outcome.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	session := respond(200, oneSession)
	tests := map[string]struct {
		script  []responder
		opts    []SessionOption
		unknown bool
		session int64
	}{
		"connection lost":            {[]responder{session, connectionReset()}, nil, true, 5},
		"answer breaks off":          {[]responder{session, truncated(201, runningCall)}, nil, true, 5},
		"no answer":                  {[]responder{session, hangs()}, nil, true, 5},
		"failure of the service":     {[]responder{session, errorResponse(500, "oops")}, nil, true, 5},
		"failure on the way":         {[]responder{session, respond(502, "<html>")}, nil, true, 5},
		"unavailable":                {[]responder{session, errorResponse(503, "busy")}, nil, true, 5},
		"too late":                   {[]responder{session, errorResponse(504, "busy")}, nil, true, 5},
		"answer cannot be read":      {[]responder{session, respond(201, "[]")}, nil, true, 5},
		"answer of a proxy":          {[]responder{session, respond(200, "<html>", "Content-Type", "text/html")}, nil, true, 5},
		"after another attempt":      {[]responder{session, errorResponse(429, "slow down"), session, connectionReset()}, nil, true, 5},
		"own nonce":                  {[]responder{connectionReset()}, []SessionOption{WithNonce("mine")}, true, 0},
		"refused":                    {[]responder{session, errorResponse(400, "no")}, nil, false, 0},
		"redirected":                 {[]responder{session, respond(302, "")}, nil, false, 0},
		"too many":                   {append([]responder{}, alternating(9, session, errorResponse(429, "slow down"))...), nil, false, 0},
		"no connection":              {append([]responder{}, alternating(9, session, connectionRefused())...), nil, false, 0},
		"unknown host":               {[]responder{session, unknownHost()}, nil, false, 0},
		"name without a dial":        {[]responder{session, fails(&net.DNSError{Err: "no such host", IsNotFound: true})}, nil, false, 0},
		"bad certificate":            {[]responder{session, badCertificate()}, nil, false, 0},
		"own nonce, unknown host":    {[]responder{unknownHost()}, []SessionOption{WithNonce("mine")}, false, 0},
		"own nonce, bad certificate": {[]responder{badCertificate()}, []SessionOption{WithNonce("mine")}, false, 0},
		"said to be repeatable":      {append([]responder{}, alternating(9, session, errorResponse(503, "busy", "cdf-is-auto-retryable", "true"))...), nil, false, 0},
		"no session":                 {[]responder{errorResponse(400, "no"), errorResponse(500, "oops")}, nil, false, 0},
		"session's answer is lost":   {times(9, connectionReset()), nil, false, 0},
		"own nonce, refused":         {[]responder{errorResponse(400, "no")}, []SessionOption{WithNonce("mine")}, false, 0},
		"own nonce, marked":          {[]responder{errorResponse(503, "busy", "cdf-is-auto-retryable", "true")}, []SessionOption{WithNonce("mine")}, false, 0},
		"own nonce, failure halfway": {[]responder{errorResponse(500, "oops")}, []SessionOption{WithNonce("mine")}, true, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFakeClient(t, test.script)
				call, err := c.Call(t.Context(), ID(42), nil, test.opts...)
				check(t, "call", call, nil)
				unknown, is := errors.AsType[*UnknownOutcomeError](err)
				if is != test.unknown {
					t.Fatalf("got %v", err)
				}
				if !is {
					return
				}
				check(t, "function", unknown.FunctionID, 42)
				check(t, "session", unknown.SessionID, test.session)
				check(t, "sent", unknown.Sent, f.requests[len(f.requests)-1].At)
				check(t, "lost", unknown.Lost, time.Now())
				check(t, "one line", strings.Contains(err.Error(), "\n"), false)
				const text = "functions: a call of function 42 was sent and its answer lost, so it may be running; look for it with Recover before repeating it; postFunctionsCall "
				check(t, "text", strings.HasPrefix(err.Error(), text), true)
				checkHidden(t, "the error", err)
			})
		})
	}
}

func alternating(n int, one, other responder) (all []responder) {
	for range n {
		all = append(all, one, other)
	}
	return all
}

// What fails before the request goes out leaves nothing unknown.
func TestUnsentCallIsKnown(t *testing.T) {
	t.Parallel()
	fails := errors.New("the middleware will not")
	stops := WithMiddleware(func(Doer) Doer {
		return doerFunc(func(*http.Request) (*http.Response, error) { return nil, fails })
	})
	held := WithLimiter(limiterFunc(func(ctx context.Context, _ bool) (func(), error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	for name, opt := range map[string]Option{"middleware": stops, "limiter": held} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				c, _ := newFakeClient(t, nil, opt)
				_, err := c.Start(ctx, ID(42), nil, WithNonce("mine"))
				if _, is := errors.AsType[*UnknownOutcomeError](err); err == nil || is {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	t.Run("context ended", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c, _ := newFakeClient(t, []responder{hangs()})
		_, err := c.Start(ctx, ID(42), nil, WithNonce("mine"))
		if _, is := errors.AsType[*UnknownOutcomeError](err); err == nil || is {
			t.Errorf("got %v", err)
		}
	})
}

// listing is a service that lists the calls of function 42 that have started by now.
type listing struct {
	t     *testing.T
	calls []gen.FunctionCall
	fails responder
}

func (l *listing) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.fails != nil {
		return l.fails(req)
	}
	var body gen.FunctionCallListRequest
	if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil || !strings.HasSuffix(req.URL.Path, "/functions/42/calls/list") {
		l.t.Errorf("got %s, %v", req.URL.Path, err)
	}
	page := gen.FunctionCallPage{Items: []gen.FunctionCall{}}
	for _, call := range l.calls {
		window := body.Filter.StartTime
		if call.StartTime >= *window.Min && call.StartTime <= *window.Max && call.StartTime <= time.Now().UnixMilli() {
			page.Items = append(page.Items, call)
		}
	}
	text, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	return respond(200, string(text))(req)
}

func TestRecover(t *testing.T) {
	t.Parallel()
	// The call was sent 30 s after the start of the test and lost at 40 s, when Recover is called.
	at := func(id int64, seconds float64, schedule ...int64) gen.FunctionCall {
		call := gen.FunctionCall{ID: id, FunctionID: 42, Status: CallRunning, StartTime: time.Now().UnixMilli() + int64(seconds*1_000)}
		if len(schedule) > 0 {
			call.ScheduleID = &schedule[0]
		}
		return call
	}
	tests := map[string]struct {
		calls  func() []gen.FunctionCall
		others []CallID
		want   int64
		among  []int64
		took   time.Duration // at least
		text   string
	}{
		"made": {func() []gen.FunctionCall { return []gen.FunctionCall{at(1, 24), at(2, 35), at(3, 46)} }, nil, 2, nil, 0, ""},
		"clocks differ, behind": {
			func() []gen.FunctionCall { return []gen.FunctionCall{at(2, 25.5)} }, nil, 2, nil, 0, "",
		},
		"clocks differ, ahead": {func() []gen.FunctionCall { return []gen.FunctionCall{at(2, 44)} }, nil, 2, nil, 4 * time.Second, ""},
		"scheduled calls are others": {
			func() []gen.FunctionCall { return []gen.FunctionCall{at(1, 35, 7), at(2, 35), at(3, 36, 7)} }, nil, 2, nil, 0, "",
		},
		"known calls are others": {
			func() []gen.FunctionCall { return []gen.FunctionCall{at(1, 35), at(2, 35), at(3, 36)} }, []CallID{{42, 1}, {42, 3}, {41, 2}}, 2, nil, 0, "",
		},
		"not made": {
			func() []gen.FunctionCall { return []gen.FunctionCall{at(1, 35, 7), at(2, 24), at(3, 46)} }, nil, 0, nil, 5 * time.Second,
			"functions: no call of function 42 started between 2000-01-01T00:00:25Z and 2000-01-01T00:00:45Z, so the lost one was probably not made and can be repeated",
		},
		"several": {
			func() []gen.FunctionCall { return []gen.FunctionCall{at(1, 35), at(2, 36)} }, nil, 0,
			[]int64{1, 2},
			0,
			"functions: 2 calls of function 42 started between 2000-01-01T00:00:25Z and 2000-01-01T00:00:45Z, and any may be the lost one; compare their responses and logs",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newTestClient(t, &listing{t: t, calls: test.calls()}, Config{})
				start := time.Now()
				time.Sleep(40 * time.Second)
				lost := &UnknownOutcomeError{FunctionID: 42, Sent: start.Add(30 * time.Second), Lost: start.Add(40 * time.Second), Err: errors.New("cut")}
				call, err := c.Recover(t.Context(), fmt.Errorf("while testing: %w", lost), test.others...)
				const longestPause = 7 * time.Second // of those that begin within the first five seconds, spread included
				if took := time.Since(lost.Lost); took < test.took || took > test.took+longestPause {
					t.Errorf("it took %v, not %v or a little more", took, test.took)
				}
				if test.text == "" {
					check(t, "error", err, nil)
					check(t, "call", call.CallID(), CallID{42, test.want})
					return
				}
				check(t, "call", call, nil)
				check(t, "text", err.Error(), test.text)
				check(t, "not found", errors.Is(err, ErrNotFound), test.among == nil)
				if diff := cmp.Diff(test.among, idsOrNone(errorAs[*RecoverError](t, err).Candidates)); diff != "" {
					t.Errorf("candidates (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func idsOrNone(calls CallList) []int64 {
	if len(calls) == 0 {
		return nil
	}
	return calls.IDs()
}

func TestRecoverFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := &listing{t: t}
		c := newTestClient(t, service, Config{})
		_, err := c.Recover(t.Context(), errors.New("something else"))
		check(t, "text", err.Error(), "functions: err is no *UnknownOutcomeError; there is nothing to recover")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		lost := &UnknownOutcomeError{FunctionID: 42, Sent: time.Now(), Lost: time.Now(), Err: errors.New("cut")}
		_, err = c.Recover(ctx, lost)
		check(t, "text", err.Error(), "functions: stopped waiting for the lost call of function 42 to show: context deadline exceeded")
		service.fails = errorResponse(403, "no")
		_, err = c.Recover(t.Context(), lost)
		checkKinds(t, err, ErrForbidden)
	})
}
