package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// numbered gives each session another nonce, and answers calls by a script.
type nonceService struct {
	t        *testing.T
	calls    []responder
	sessions int
	nonces   []string // those that came with calls
}

func (s *nonceService) RoundTrip(req *http.Request) (*http.Response, error) {
	body := recordRequest(req).Body
	switch {
	case strings.HasSuffix(req.URL.Path, "/sessions"):
		s.sessions++
		return respond(200, fmt.Sprintf(`{"items":[{"id":%d,"status":"READY","nonce":"nonce-%d"}]}`, s.sessions, s.sessions))(req)
	case len(s.nonces) == len(s.calls):
		s.t.Errorf("a call too many: %s", body)
	}
	var call struct{ Nonce string }
	if err := json.Unmarshal([]byte(body), &call); err != nil {
		return nil, err
	}
	s.nonces = append(s.nonces, call.Nonce)
	return s.calls[len(s.nonces)-1](req)
}

func TestEveryAttemptOfACallHasItsOwnNonce(t *testing.T) {
	t.Parallel()
	started := respond(201, runningCall)
	tests := map[string]struct {
		calls  []responder
		opts   []SessionOption
		nonces string
		status int // of the *APIError; 0 for success, 1 for a *RequestError
	}{
		"at once":                    {[]responder{started}, nil, "nonce-1", 0},
		"200 instead of 201":         {[]responder{respond(200, runningCall)}, nil, "nonce-1", 0},
		"too many":                   {append(times(2, errorResponse(429, "slow down")), started), nil, "nonce-1 nonce-2 nonce-3", 0},
		"no connection":              {[]responder{connectionRefused(), started}, nil, "nonce-1 nonce-2", 0},
		"marked repeatable":          {[]responder{errorResponse(503, "busy", "cdf-is-auto-retryable", "true"), started}, nil, "nonce-1 nonce-2", 0},
		"still too many":             {times(9, errorResponse(429, "slow down")), nil, "nonce-1 nonce-2 nonce-3 nonce-4 nonce-5 nonce-6 nonce-7 nonce-8 nonce-9", 429},
		"lost behind a proxy":        {[]responder{errorResponse(502, "bad gateway")}, nil, "nonce-1", 502},
		"unavailable":                {[]responder{errorResponse(503, "busy")}, nil, "nonce-1", 503},
		"refused":                    {[]responder{errorResponse(400, "no")}, nil, "nonce-1", 400},
		"connection lost":            {[]responder{connectionReset()}, nil, "nonce-1", 1},
		"answer breaks off":          {[]responder{truncated(201, runningCall)}, nil, "nonce-1", 1},
		"no answer":                  {[]responder{hangs()}, nil, "nonce-1", 1},
		"own nonce":                  {[]responder{started}, []SessionOption{WithNonce("mine")}, "mine", 0},
		"own nonce, too many":        {[]responder{errorResponse(429, "slow down")}, []SessionOption{WithNonce("mine")}, "mine", 429},
		"own nonce, marked":          {[]responder{errorResponse(503, "busy", "cdf-is-auto-retryable", "true")}, []SessionOption{WithNonce("mine")}, "mine", 503},
		"own nonce, no connection":   {[]responder{connectionRefused(), started}, []SessionOption{WithNonce("mine")}, "mine mine", 0},
		"own nonce, connection lost": {[]responder{connectionReset()}, []SessionOption{WithNonce("mine")}, "mine", 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &nonceService{t: t, calls: test.calls}
				c := newTestClient(t, s, Config{})
				call, err := c.Start(t.Context(), ID(42), nil, test.opts...)
				switch test.status {
				case 0:
					if err != nil {
						t.Fatal(err)
					}
					check(t, "call", call.CallID(), CallID{42, 9})
				case 1:
					check(t, "attempts", errorAs[*RequestError](t, err).Attempts, len(test.calls))
				default:
					api := errorAs[*APIError](t, err)
					check(t, "status", api.StatusCode, test.status)
					check(t, "attempts", api.Attempts, len(test.calls))
				}
				check(t, "nonces", strings.Join(s.nonces, " "), test.nonces)
			})
		})
	}
}

// Without a token nothing was sent, so the nonce is still good.
func TestOwnNonceSurvivesALateToken(t *testing.T) {
	t.Parallel()
	t.Run("503 first", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := &tokenProvider{fetch: func(n int, req *http.Request) (*http.Response, error) {
				if n == 1 {
					return respond(503, "")(req)
				}
				return nil, nil
			}}
			if _, err := p.client(t).Start(t.Context(), ID(42), nil, WithNonce("mine")); err != nil {
				t.Error(err)
			}
			check(t, "requests", p.requests.Load(), 1)
		})
	})
}

func TestSessionFailureEndsTheCall(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{errorResponse(403, "no")})
			_, err := c.Start(t.Context(), ID(42), nil)
			api := errorAs[*APIError](t, err)
			check(t, "operation", api.Operation, "createSessions")
			check(t, "text", err.Error(), "functions: createSessions was refused with status 403: no; ask for the capability sessionsAcl:CREATE")
		})
	})
	t.Run("busy, nine times, not nine times nine", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, times(9, errorResponse(503, "busy")))
			_, err := c.Start(t.Context(), ID(42), nil)
			check(t, "attempts", errorAs[*APIError](t, err).Attempts, 9)
		})
	})
}

func TestInputData(t *testing.T) {
	t.Parallel()
	var nilMap map[string]any
	var nilPointer *struct{ A int }
	tests := map[string]struct {
		data any
		want string
		rule string
	}{
		"nil":         {nil, `{}`, ""},
		"nil map":     {nilMap, `{}`, ""},
		"nil pointer": {nilPointer, `{}`, ""},
		"map":         {map[string]any{"a": 1}, `{"a":1}`, ""},
		"struct":      {struct{ A int }{1}, `{"A":1}`, ""},
		"raw":         {json.RawMessage(" {\"a\": 1} "), `{"a":1}`, ""},
		"list":        {[]int{1}, "", `must be a JSON object; wrap the value, as in {"value": …}`},
		"text":        {"a", "", `must be a JSON object; wrap the value, as in {"value": …}`},
		"number":      {1, "", `must be a JSON object; wrap the value, as in {"value": …}`},
		"channel":     {make(chan int), "", "cannot be encoded as JSON: json: unsupported type: chan int"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script []responder
			if test.rule == "" {
				script = []responder{respond(200, oneSession), respond(201, runningCall)}
			}
			c, f := newFakeClient(t, script)
			_, err := c.Start(t.Context(), ID(42), test.data)
			if test.rule != "" {
				check(t, "error", errorAs[*ArgumentError](t, err).Error(), "functions: data "+test.rule)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			check(t, "body", f.requests[1].Body, `{"data":`+test.want+`,"nonce":"`+plantedNonce+`"}`)
		})
	}
	c, _ := newFakeClient(t, nil)
	_, err := c.Start(t.Context(), ID(42), nil, WithNonce(""))
	check(t, "empty nonce", errorAs[*ArgumentError](t, err).Error(), "functions: nonce is empty; take the Nonce of a created session, or leave WithNonce out")
}

func TestListCalls(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1700000000000)
	c, f := newFakeClient(t, []responder{
		respond(200, oneFunction),
		respond(200, `{"items":[`+runningCall+`],"nextCursor":"next"}`), respond(200, `{"items":[`+runningCall+`,`+runningCall+`]}`),
	})
	filter := CallsFilter{ScheduleID: 3, Status: CallFailed, StartTime: TimeRange{From: at}, EndTime: TimeRange{From: at, To: at.Add(time.Second)}}
	got, err := c.Calls.List(t.Context(), ExternalID("hello"), filter, WithLimit(3), WithPageSize(2))
	if err != nil {
		t.Fatal(err)
	}
	check(t, "calls", len(got), 3)
	wire := `"filter":{"endTime":{"max":1700000001000,"min":1700000000000},"scheduleId":3,"startTime":{"min":1700000000000},"status":"Failed"}`
	check(t, "first page", f.requests[1].Body, `{`+wire+`,"limit":2}`)
	check(t, "second page", f.requests[2].Body, `{"cursor":"next",`+wire+`,"limit":2}`)

	c, _ = newFakeClient(t, []responder{errorResponse(403, "no")})
	_, err = c.Calls.List(t.Context(), ID(42), CallsFilter{})
	checkKinds(t, err, ErrForbidden)
}

func TestRetrieveManyCalls(t *testing.T) {
	t.Parallel()
	echo := transportFunc(func(req *http.Request) (*http.Response, error) {
		var body struct {
			Items            []struct{ ID int64 }
			IgnoreUnknownIDs bool
		}
		if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil {
			return nil, err
		}
		if len(body.Items) > callsChunk {
			t.Errorf("%d calls in one request", len(body.Items))
		}
		var items []string
		for _, item := range body.Items {
			if item.ID%2 == 1 || !body.IgnoreUnknownIDs {
				items = append(items, fmt.Sprintf(`{"id":%d,"functionId":42,"status":"Running","startTime":1}`, item.ID))
			}
		}
		return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)(req)
	})
	var ids []int64
	for id := range int64(2_500) {
		ids = append(ids, id+1)
	}
	for ignore, opts := range map[bool][]IDsOption{false: nil, true: {IgnoreUnknown()}} {
		c := newTestClient(t, echo, Config{})
		got, err := c.Calls.RetrieveMultiple(t.Context(), ID(42), ids, opts...)
		if err != nil {
			t.Fatal(err)
		}
		var want, have []int64
		for _, id := range ids {
			if id%2 == 1 || !ignore {
				want = append(want, id)
			}
		}
		for _, call := range got {
			have = append(have, call.ID)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestCallMethods(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{
		respond(200, oneSession), respond(201, runningCall), respond(200, completedCalls),
		respond(200, `{"items":[{"timestamp":1700000000123,"message":"one"},{"message":"two"}]}`),
		respond(200, `{"callId":9,"functionId":42,"response":{"sum":3}}`),
		respond(200, `{"response":null}`), respond(200, `{"callId":9}`),
	})
	call, err := (&Function{client: c, Function: someFunction()}).Start(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "end while it runs", call.Ended(), time.Time{})
	if err := call.Update(t.Context()); err != nil || call.Status != CallCompleted {
		t.Errorf("got %v, %v", call.Status, err)
	}
	log, err := call.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "log", log.Text(false), "one\ntwo")
	check(t, "log with times", log.Text(true), "[2023-11-14 22:13:20.123] one\ntwo")
	check(t, "time of no time", log[1].Time(), time.Time{})
	for _, want := range []string{`{"sum":3}`, "null", ""} {
		got, err := call.Response(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		check(t, "response", string(got), want)
	}
	check(t, "nothing is nil", call.Error, nil)
	check(t, "address of the response", f.paths()[4], "GET /functions/42/calls/9/response")
	message, trace := call.Failure()
	check(t, "failure of a good call", message+trace, "")
}

// What cannot be read leaves the call as it was.
func TestCallMethodsThatFail(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, times(5, errorResponse(403, "no")), WithPoll(ConstantPoll(1)))
	call := &Call{client: c}
	call.ID, call.FunctionID, call.Status = 9, 42, CallRunning
	_, logs := call.Logs(t.Context())
	_, response := call.Response(t.Context())
	_, missing := c.Calls.Retrieve(t.Context(), ID(call.FunctionID), call.ID)
	for _, err := range []error{logs, response, missing, call.Update(t.Context()), call.Wait(t.Context())} {
		checkKinds(t, err, ErrForbidden)
	}
	check(t, "status", call.Status, CallRunning)
}
