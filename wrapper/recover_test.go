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

// The outcome is unknown only if the service may have started the call.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	session := respond(200, oneSession)
	tests := map[string]struct {
		script  []responder
		opts    []SessionOption
		unknown bool
		session int64
	}{
		"connection reset":                    {[]responder{session, connectionReset()}, nil, true, 5},
		"truncated response":                  {[]responder{session, truncated(201, runningCall)}, nil, true, 5},
		"no response":                         {[]responder{session, hangs()}, nil, true, 5},
		"500":                                 {[]responder{session, errorResponse(500, "oops")}, nil, true, 5},
		"502 of a proxy":                      {[]responder{session, respond(502, "<html>")}, nil, true, 5},
		"503":                                 {[]responder{session, errorResponse(503, "busy")}, nil, true, 5},
		"504":                                 {[]responder{session, errorResponse(504, "busy")}, nil, true, 5},
		"invalid response":                    {[]responder{session, respond(201, "[]")}, nil, true, 5},
		"HTML of a proxy":                     {[]responder{session, respond(200, "<html>", "Content-Type", "text/html")}, nil, true, 5},
		"second attempt":                      {[]responder{session, errorResponse(429, "slow down"), session, connectionReset()}, nil, true, 5},
		"own nonce":                           {[]responder{connectionReset()}, []SessionOption{WithNonce("mine")}, true, 0},
		"400":                                 {[]responder{session, errorResponse(400, "no")}, nil, false, 0},
		"redirect":                            {[]responder{session, respond(302, "")}, nil, false, 0},
		"429":                                 {append([]responder{}, alternating(9, session, errorResponse(429, "slow down"))...), nil, false, 0},
		"connection refused":                  {append([]responder{}, alternating(9, session, connectionRefused())...), nil, false, 0},
		"unknown host":                        {[]responder{session, unknownHost()}, nil, false, 0},
		"unknown host without a dial":         {[]responder{session, fails(&net.DNSError{Err: "no such host", IsNotFound: true})}, nil, false, 0},
		"bad certificate":                     {[]responder{session, badCertificate()}, nil, false, 0},
		"own nonce, unknown host":             {[]responder{unknownHost()}, []SessionOption{WithNonce("mine")}, false, 0},
		"own nonce, bad certificate":          {[]responder{badCertificate()}, []SessionOption{WithNonce("mine")}, false, 0},
		"503, marked as retryable":            {append([]responder{}, alternating(9, session, errorResponse(503, "busy", "cdf-is-auto-retryable", "true"))...), nil, false, 0},
		"session fails":                       {[]responder{errorResponse(400, "no"), errorResponse(500, "oops")}, nil, false, 0},
		"response of the session is lost":     {times(9, connectionReset()), nil, false, 0},
		"own nonce, 400":                      {[]responder{errorResponse(400, "no")}, []SessionOption{WithNonce("mine")}, false, 0},
		"own nonce, 503, marked as retryable": {[]responder{errorResponse(503, "busy", "cdf-is-auto-retryable", "true")}, []SessionOption{WithNonce("mine")}, false, 0},
		"own nonce, 500":                      {[]responder{errorResponse(500, "oops")}, []SessionOption{WithNonce("mine")}, true, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFakeClient(t, test.script)
				call, err := c.Call(t.Context(), ID(42), nil, test.opts...)
				check(t, "call", call, nil)
				unknown, ok := errors.AsType[*UnknownOutcomeError](err)
				if err == nil || ok != test.unknown {
					t.Fatalf("error = %v (%T), want an *UnknownOutcomeError: %v", err, err, test.unknown)
				}
				if !ok {
					return
				}
				check(t, "function", unknown.FunctionID, 42)
				check(t, "session", unknown.SessionID, test.session)
				check(t, "sent", unknown.Sent, f.requests[len(f.requests)-1].At)
				check(t, "lost", unknown.Lost, time.Now())
				checkMessage(t, err, "function 42", "Recover")
				checkHidden(t, "the error", err)
			})
		})
	}
}

// alternating returns one and other, n times each, in turn.
func alternating(n int, one, other responder) (all []responder) {
	for range n {
		all = append(all, one, other)
	}
	return all
}

// If the request was not sent, the outcome is known.
func TestUnsentCall(t *testing.T) {
	t.Parallel()
	failure := errors.New("the middleware fails")
	failing := WithMiddleware(func(Doer) Doer {
		return doerFunc(func(*http.Request) (*http.Response, error) { return nil, failure })
	})
	blocking := WithLimiter(limiterFunc(func(ctx context.Context, _ bool) (func(), error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	for name, opt := range map[string]Option{"middleware": failing, "limiter": blocking} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				c, _ := newFakeClient(t, nil, opt)
				_, err := c.Start(ctx, ID(42), nil, WithNonce("mine"))
				checkKnownOutcome(t, err)
			})
		})
	}
	t.Run("canceled context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c, _ := newFakeClient(t, []responder{hangs()})
		_, err := c.Start(ctx, ID(42), nil, WithNonce("mine"))
		checkKnownOutcome(t, err)
	})
}

// checkKnownOutcome fails the test if err is nil or an *UnknownOutcomeError.
func checkKnownOutcome(t *testing.T, err error) {
	t.Helper()
	if _, unknown := errors.AsType[*UnknownOutcomeError](err); err == nil || unknown {
		t.Errorf("error = %v (%T), want an error other than *UnknownOutcomeError", err, err)
	}
}

// callListService lists the calls of function 42 that have started. If fails is set, it responds to every request instead.
type callListService struct {
	t     *testing.T
	calls []gen.FunctionCall
	fails responder
}

func (l *callListService) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.fails != nil {
		return l.fails(req)
	}
	var body gen.FunctionCallListRequest
	if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil || !strings.HasSuffix(req.URL.Path, "/functions/42/calls/list") {
		l.t.Errorf("unexpected request: %s, %v", req.URL.Path, err)
	}
	page := gen.FunctionCallPage{Items: []gen.FunctionCall{}}
	for _, call := range l.calls {
		window := body.Filter.StartTime
		if call.StartTime >= *window.Min && call.StartTime <= *window.Max && call.StartTime <= time.Now().UnixMilli() {
			page.Items = append(page.Items, call)
		}
	}
	encoded, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	return respond(200, string(encoded))(req)
}

// listedCall is a call of function 42 that starts so many seconds after the start of the test.
type listedCall struct {
	id         int64
	seconds    float64
	scheduleID int64 // 0 for a call that no schedule started
}

func (l listedCall) call() gen.FunctionCall {
	call := gen.FunctionCall{ID: l.id, FunctionID: 42, Status: CallRunning, StartTime: time.Now().UnixMilli() + int64(l.seconds*1_000)}
	if l.scheduleID != 0 {
		call.ScheduleID = &l.scheduleID
	}
	return call
}

// The call is sent 30 s after the start of the test. Its response is lost at 40 s, when the test calls Recover.
func TestRecover(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		calls      []listedCall
		others     []CallID
		want       int64         // the recovered call, 0 for a *RecoverError
		candidates []int64       // of the *RecoverError
		wait       time.Duration // the shortest time that Recover takes
	}{
		"one call":                    {[]listedCall{{1, 24, 0}, {2, 35, 0}, {3, 46, 0}}, nil, 2, nil, 0},
		"clock of the service behind": {[]listedCall{{2, 25.5, 0}}, nil, 2, nil, 0},
		"clock of the service ahead":  {[]listedCall{{2, 44, 0}}, nil, 2, nil, 4 * time.Second},
		"scheduled calls":             {[]listedCall{{1, 35, 7}, {2, 35, 0}, {3, 36, 7}}, nil, 2, nil, 0},
		"known calls":                 {[]listedCall{{1, 35, 0}, {2, 35, 0}, {3, 36, 0}}, []CallID{{42, 1}, {42, 3}, {41, 2}}, 2, nil, 0},
		"no call":                     {[]listedCall{{1, 35, 7}, {2, 24, 0}, {3, 46, 0}}, nil, 0, nil, 5 * time.Second},
		"several calls":               {[]listedCall{{1, 35, 0}, {2, 36, 0}}, nil, 0, []int64{1, 2}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newTestClient(t, &callListService{t: t, calls: each(test.calls, listedCall.call)}, Config{})
				start := time.Now()
				time.Sleep(40 * time.Second)
				lost := &UnknownOutcomeError{FunctionID: 42, Sent: start.Add(30 * time.Second), Lost: start.Add(40 * time.Second), Err: errors.New("connection reset")}
				call, err := c.Recover(t.Context(), fmt.Errorf("wrapped: %w", lost), test.others...)
				const longestInterval = 7 * time.Second // of the poll intervals that begin in the first five seconds, with jitter
				if took := time.Since(lost.Lost); took < test.wait || took > test.wait+longestInterval {
					t.Errorf("Recover took %v, want from %v to %v", took, test.wait, test.wait+longestInterval)
				}
				if test.want != 0 {
					check(t, "error", err, nil)
					check(t, "call", call.CallID(), CallID{42, test.want})
					return
				}
				check(t, "call", call, nil)
				check(t, "not found", errors.Is(err, ErrNotFound), test.candidates == nil)
				failed := errorAs[*RecoverError](t, err)
				check(t, "function", failed.FunctionID, 42)
				check(t, "from", failed.From, start.Add(25*time.Second))
				check(t, "to", failed.To, start.Add(45*time.Second))
				checkMessage(t, err, "function 42")
				if diff := cmp.Diff(test.candidates, idsOrNone(failed.Candidates)); diff != "" {
					t.Errorf("candidates (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// idsOrNone returns the ids of calls, or nil for no calls.
func idsOrNone(calls CallList) []int64 {
	if len(calls) == 0 {
		return nil
	}
	return calls.IDs()
}

func TestRecoverFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := &callListService{t: t}
		c := newTestClient(t, service, Config{})
		_, err := c.Recover(t.Context(), errors.New("something else"))
		check(t, "field", errorAs[*ArgumentError](t, err).Field, "err")
		checkKinds(t, err, ErrInvalid)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		lost := &UnknownOutcomeError{FunctionID: 42, Sent: time.Now(), Lost: time.Now(), Err: errors.New("connection reset")}
		_, err = c.Recover(ctx, lost)
		check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		checkMessage(t, err, "lost call of function 42")
		service.fails = errorResponse(403, "no")
		_, err = c.Recover(t.Context(), lost)
		checkKinds(t, err, ErrForbidden)
	})
}
