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

// input is the input of the tests' function. Key is not sent.
type input struct {
	N   int    `json:"n"`
	Key string `json:"-"`
}

// output is the response of the function.
type output struct {
	Double int `json:"double"`
}

// run is the behavior of the fake service for one call.
type run struct {
	duration time.Duration
	status   functions.CallStatus // "" means Completed
	response string               // "" means the double; "none" means no response
	rejected int                  // the HTTP status that rejects the call; 0 accepts it
}

// fakeCall is a call that the fake service has accepted.
type fakeCall struct {
	run

	n   int
	end time.Time
}

// service is a fake of the API without sockets, for synctest. It counts calls and requests.
type service struct {
	behave func(n, attempt int) run // attempts count from 1

	mu       sync.Mutex
	calls    map[int64]*fakeCall
	attempts map[int]int // by input
	maxCalls int         // the maximum number of calls that ran at the same time
	sessions int
	// sessionRequests are the bodies of the requests for sessions.
	sessionRequests []string
	requests        int
}

func newService(behave func(n, attempt int) run) *service {
	if behave == nil {
		behave = func(int, int) run { return run{duration: 100 * time.Millisecond} }
	}
	return &service{behave: behave, calls: map[int64]*fakeCall{}, attempts: map[int]int{}}
}

// RoundTrip responds to the requests of Map.
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
		s.sessionRequests = append(s.sessionRequests, string(body))
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
	return nil, errors.New("the fake service has no path " + path)
}

func (s *service) start(body []byte) (*http.Response, error) {
	var request struct{ Data struct{ N int } }
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	n := request.Data.N
	s.attempts[n]++
	r := s.behave(n, s.attempts[n])
	if r.rejected != 0 {
		return reply(r.rejected, `{"error":{"code":400,"message":"no"}}`)
	}
	id := int64(len(s.calls) + 1)
	s.calls[id] = &fakeCall{run: r, n: n, end: time.Now().Add(r.duration)}
	s.maxCalls = max(s.maxCalls, s.running())
	return reply(http.StatusCreated, s.show(id))
}

func (s *service) running() (n int) {
	for _, c := range s.calls {
		if c.end.After(time.Now()) {
			n++
		}
	}
	return n
}

func (s *service) show(id int64) string {
	c := s.calls[id]
	call := map[string]any{"id": id, "functionId": 42, "status": functions.CallRunning, "startTime": 1, "unknownField": "value"}
	if !c.end.After(time.Now()) {
		call["status"], call["endTime"] = functions.CallCompleted, 2
		if c.status != "" {
			call["status"], call["error"] = c.status, map[string]any{"message": "division by zero", "trace": "line 1"}
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

// started returns the number of accepted and rejected calls.
func (s *service) started() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, count := range s.attempts {
		n += count
	}
	return n
}

func reply(status int, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// client returns a client that polls every 10 ms.
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

// double is the function of the fake service.
var double = functions.ExternalID("double")

type result = batch.Result[input, output]

// inputs returns inputs with the numbers 0 to n-1.
func inputs(n int) iter.Seq[input] {
	return func(yield func(input) bool) {
		for i := range n {
			if !yield(input{N: i, Key: fmt.Sprint("key ", i)}) {
				return
			}
		}
	}
}

// collect returns all results and the error, which must come last.
func collect(t *testing.T, results iter.Seq2[result, error]) (all []result, err error) {
	t.Helper()
	for r, failure := range results {
		if err != nil {
			t.Fatalf("got %+v, %v after the error %v", r, failure, err)
		}
		if err = failure; err == nil {
			all = append(all, r)
		}
	}
	return all, err
}

// indices returns the indices of the results.
func indices(results []result) []int {
	all := make([]int, len(results))
	for i, r := range results {
		all[i] = r.Index
	}
	return all
}
