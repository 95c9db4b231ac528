package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInputData(t *testing.T) {
	t.Parallel()
	var nilMap map[string]any
	var nilPointer *struct{ A int }
	tests := map[string]struct {
		data any
		want string // the data of the request
		word string // a word of the error instead
	}{
		"nil":         {nil, `{}`, ""},
		"nil map":     {nilMap, `{}`, ""},
		"nil pointer": {nilPointer, `{}`, ""},
		"map":         {map[string]any{"a": 1}, `{"a":1}`, ""},
		"struct":      {struct{ A int }{1}, `{"A":1}`, ""},
		"raw JSON":    {json.RawMessage(" {\"a\": 1} "), `{"a":1}`, ""},
		"list":        {[]int{1}, "", "object"},
		"string":      {"a", "", "object"},
		"number":      {1, "", "object"},
		"channel":     {make(chan int), "", "chan int"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script []responder
			if test.word == "" {
				script = []responder{respond(200, oneSession), respond(201, runningCall)}
			}
			c, f := newFakeClient(t, script)
			_, err := c.Start(t.Context(), ID(42), test.data)
			if test.word != "" {
				check(t, "field", errorAs[*ArgumentError](t, err).Field, "data")
				checkMessage(t, err, test.word)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			check(t, "body", f.requests[1].Body, `{"data":`+test.want+`,"nonce":"`+plantedNonce+`"}`)
		})
	}
}

func TestEmptyNonce(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	_, err := c.Start(t.Context(), ID(42), nil, WithNonce(""))
	check(t, "field", errorAs[*ArgumentError](t, err).Field, "nonce")
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

// RetrieveMultiple sends several requests for more than 1,000 calls and keeps the order of the ids.
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
			t.Errorf("request with %d calls, want at most %d", len(body.Items), callsChunk)
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
		var want []int64
		for _, id := range ids {
			if id%2 == 1 || !ignore {
				want = append(want, id)
			}
		}
		if diff := cmp.Diff(want, got.IDs()); diff != "" {
			t.Errorf("ids (-want +got):\n%s", diff)
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
	check(t, "end of a running call", call.Ended(), time.Time{})
	if err := call.Update(t.Context()); err != nil || call.Status != CallCompleted {
		t.Errorf("status = %v, error = %v, want Completed", call.Status, err)
	}
	log, err := call.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "log", log.Text(false), "one\ntwo")
	check(t, "log with timestamps", log.Text(true), "[2023-11-14 22:13:20.123] one\ntwo")
	check(t, "time of a line without a timestamp", log[1].Time(), time.Time{})
	for _, want := range []string{`{"sum":3}`, "null", ""} {
		got, err := call.Response(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		check(t, "response", string(got), want)
	}
	check(t, "error of a completed call", call.Error, nil)
	check(t, "request of the response", f.paths()[4], "GET /functions/42/calls/9/response")
	message, trace := call.Failure()
	check(t, "failure of a completed call", message+trace, "")
}

// A method that fails does not change the call.
func TestCallMethodsFail(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, times(5, errorResponse(403, "no")), WithPoll(ConstantPoll(1)))
	call := &Call{client: c}
	call.ID, call.FunctionID, call.Status = 9, 42, CallRunning
	_, logs := call.Logs(t.Context())
	_, response := call.Response(t.Context())
	_, retrieve := c.Calls.Retrieve(t.Context(), ID(call.FunctionID), call.ID)
	for _, err := range []error{logs, response, retrieve, call.Update(t.Context()), call.Wait(t.Context())} {
		checkKinds(t, err, ErrForbidden)
	}
	check(t, "status", call.Status, CallRunning)
}

// A call that was stored as JSON has methods again after FromJSON, and keeps the fields that this version does not know.
func TestCallFromJSON(t *testing.T) {
	t.Parallel()
	later := `{"id":9,"functionId":42,"status":"Failed","startTime":1700000000000,"error":{"message":"m","trace":"t"},"later":{"a":1}}`
	c, f := newFakeClient(t, []responder{respond(200, `{"items":[`+later+`]}`), respond(200, completedCalls)})
	call, err := c.Calls.Retrieve(t.Context(), ID(42), 9)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := json.Marshal(call)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := c.Calls.FromJSON(stored)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(call.FunctionCall, decoded.FunctionCall, cmp.AllowUnexported(call.FunctionCall, *call.Error)); diff != "" {
		t.Errorf("call (-want +got):\n%s", diff)
	}
	if err := decoded.Update(t.Context()); err != nil || decoded.Status != CallCompleted {
		t.Errorf("status = %v, error = %v, want Completed; requests: %v", decoded.Status, err, f.paths())
	}
	if _, err = c.Calls.FromJSON([]byte("[]")); err == nil {
		t.Error("FromJSON decoded a list as a call")
	}
}

func TestCallList(t *testing.T) {
	t.Parallel()
	calls := CallList{{}, {}}
	calls[0].ID, calls[1].ID = 7, 8
	if diff := cmp.Diff([]int64{7, 8}, calls.IDs()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	check(t, "known call", calls.Get(8), calls[1])
	check(t, "unknown call", calls.Get(9), nil)
}
