package batch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

// input is what the tests' function gets. Key is the caller's own and is not sent.
type input struct {
	N   int    `json:"n"`
	Key string `json:"-"`
}

// output is what it returns.
type output struct {
	Double int `json:"double"`
}

// run is what the fake service does with one call.
type run struct {
	takes    time.Duration
	status   functions.CallStatus // "" is Completed
	response string               // "" is the double; "none" is no response at all
	refused  int                  // the status that the call is refused with; 0 takes it
}

// fakeCall is a call that the fake service has taken.
type fakeCall struct {
	run

	n    int
	ends time.Time
}

// service is the API without sockets, for bubbles of synctest. It counts what runs.
type service struct {
	behave func(n, attempt int) run // attempts count from 1

	mu       sync.Mutex
	calls    map[int64]*fakeCall
	attempts map[int]int // by input
	most     int         // the most calls that ran at once
	sessions int
	requests int
}

func newService(behave func(n, attempt int) run) *service {
	if behave == nil {
		behave = func(int, int) run { return run{takes: 100 * time.Millisecond} }
	}
	return &service{behave: behave, calls: map[int64]*fakeCall{}, attempts: map[int]int{}}
}

// RoundTrip answers the requests that Map makes.
func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err // as net/http does
	}
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	_, path, _ := strings.Cut(req.URL.Path, "/api/v1/projects/")
	_, path, _ = strings.Cut(path, "/")
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	switch {
	case path == "sessions":
		s.sessions++
		return reply(http.StatusOK, fmt.Sprintf(`{"items":[{"id":%d,"status":"READY","nonce":"nonce-%d"}]}`, s.sessions, s.sessions))
	case path == "functions/list":
		time.Sleep(time.Second)
		return reply(http.StatusOK, `{"items":[]}`)
	case path == "functions/byids":
		return reply(http.StatusOK, `{"items":[{"id":42,"name":"double","externalId":"double","fileId":7,"status":"Ready","createdTime":1}]}`)
	case last == "call":
		return s.start(body)
	case last == "byids":
		return s.byIDs(body)
	case last == "response":
		return s.response(parts[len(parts)-2])
	}
	return nil, errors.New("the fake service does not know " + path)
}

func (s *service) start(body []byte) (*http.Response, error) {
	var request struct{ Data struct{ N int } }
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	n := request.Data.N
	s.attempts[n]++
	r := s.behave(n, s.attempts[n])
	if r.refused != 0 {
		return reply(r.refused, `{"error":{"code":400,"message":"no"}}`)
	}
	id := int64(len(s.calls) + 1)
	s.calls[id] = &fakeCall{run: r, n: n, ends: time.Now().Add(r.takes)}
	s.most = max(s.most, s.running())
	return reply(http.StatusCreated, s.show(id))
}

func (s *service) running() (n int) {
	for _, c := range s.calls {
		if c.ends.After(time.Now()) {
			n++
		}
	}
	return n
}

func (s *service) show(id int64) string {
	c := s.calls[id]
	call := map[string]any{"id": id, "functionId": 42, "status": functions.CallRunning, "startTime": 1, "later": "kept"}
	if !c.ends.After(time.Now()) {
		call["status"], call["endTime"] = functions.CallCompleted, 2
		if c.status != "" {
			call["status"], call["error"] = c.status, map[string]any{"message": "no luck", "trace": "line 1"}
		}
	}
	text, err := json.Marshal(call)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (s *service) byIDs(body []byte) (*http.Response, error) {
	var request struct{ Items []struct{ ID int64 } }
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	shown := make([]string, len(request.Items))
	for i, item := range request.Items {
		if s.calls[item.ID] == nil {
			return reply(http.StatusBadRequest, `{"error":{"code":400,"message":"unknown","missing":[{}]}}`)
		}
		shown[i] = s.show(item.ID)
	}
	return reply(http.StatusOK, `{"items":[`+strings.Join(shown, ",")+`]}`)
}

func (s *service) response(callID string) (*http.Response, error) {
	var id int64
	if _, err := fmt.Sscan(callID, &id); err != nil {
		return nil, err
	}
	c := s.calls[id]
	response := c.response
	switch response {
	case "none":
		return reply(http.StatusOK, `{"callId":`+callID+`,"functionId":42}`)
	case "":
		response = fmt.Sprintf(`{"double":%d}`, 2*c.n)
	}
	return reply(http.StatusOK, `{"callId":`+callID+`,"functionId":42,"response":`+response+`}`)
}

// started is how often each input was taken or refused, in sum.
func (s *service) started() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.attempts {
		n += times
	}
	return n
}

func reply(status int, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// client is a client of a fake service that polls every ten milliseconds.
func client(t *testing.T, transport http.RoundTripper, opts ...functions.Option) *functions.Client {
	t.Helper()
	return clientOf(t, "demo", transport, opts...)
}

func clientOf(t *testing.T, project string, transport http.RoundTripper, opts ...functions.Option) *functions.Client {
	t.Helper()
	c, err := functions.NewClient(
		functions.Config{Cluster: "test", Project: project, TokenSource: functions.StaticToken("token")},
		append([]functions.Option{
			functions.WithHTTPClient(&http.Client{Transport: transport}),
			functions.WithPoll(functions.ConstantPoll(10 * time.Millisecond)),
		}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func limiter(t *testing.T, limits batch.Limits) *batch.Limiter {
	t.Helper()
	l, err := batch.NewLimiter(limits)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// double names the fake service's function.
var double = functions.ExternalID("double")

type result = batch.Result[input, output]

// inputs counts from 0 to n-1.
func inputs(n int) iter.Seq[input] {
	return func(yield func(input) bool) {
		for i := range n {
			if !yield(input{N: i, Key: fmt.Sprint("key ", i)}) {
				return
			}
		}
	}
}

// collect gathers everything up to the error, which must be the last.
func collect(t *testing.T, results iter.Seq2[result, error]) (all []result, err error) {
	t.Helper()
	for r, failure := range results {
		if err != nil {
			t.Fatalf("after the error %v came %+v, %v", err, r, failure)
		}
		if err = failure; err == nil {
			all = append(all, r)
		}
	}
	return all, err
}

// indices are the places of the inputs in the order of the results.
func indices(all []result) []int {
	places := make([]int, len(all))
	for i, r := range all {
		places[i] = r.Index
	}
	return places
}
