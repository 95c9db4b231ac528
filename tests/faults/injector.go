package faults

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Fault is what happens to a request.
type Fault int

// The values of Fault.
const (
	// None sends the request.
	None Fault = iota
	// Reject responds with 400. The request is not carried out.
	Reject
	// Lose carries out the request and responds with 500.
	Lose
	// Cut breaks the connection. The request is not carried out.
	Cut
)

// Injector causes faults in the requests of a client and records the requests.
type Injector struct {
	// Decide returns the fault of the n-th request, counted from 1; nil causes none.
	Decide func(n int, name string) Fault
	// Edit changes the body of a response; nil changes none.
	Edit func(name string, body []byte) []byte
	// Requests are the names of all requests.
	Requests []string
	// Files are the ids of all registered files, including those whose response was lost.
	Files []int64

	mu sync.Mutex
}

// Inject causes a fault in the n-th request with a name, counted from 1.
func (in *Injector) Inject(name string, n int, fault Fault) {
	seen := 0
	in.Decide = func(_ int, got string) Fault {
		if got == name {
			if seen++; seen == n {
				return fault
			}
		}
		return None
	}
}

func (in *Injector) middleware(next functions.Doer) functions.Doer {
	return DoerFunc(func(req *http.Request) (*http.Response, error) {
		name := RequestName(req)
		switch in.decide(name) {
		case Reject:
			return Response(http.StatusBadRequest, `{"error":{"code":400,"message":"rejected by the test"}}`), nil
		case Cut:
			return nil, io.ErrUnexpectedEOF
		case Lose:
			resp, err := in.do(next, name, req)
			if err != nil {
				return nil, err
			}
			_ = resp.Body.Close()
			return Response(http.StatusInternalServerError, `{"error":{"code":500,"message":"lost by the test"}}`), nil
		case None:
		}
		return in.do(next, name, req)
	})
}

func (in *Injector) decide(name string) Fault {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.Requests = append(in.Requests, name)
	if in.Decide == nil {
		return None
	}
	return in.Decide(len(in.Requests), name)
}

func (in *Injector) do(next functions.Doer, name string, req *http.Request) (*http.Response, error) {
	resp, err := next.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	in.mu.Lock()
	defer in.mu.Unlock()
	if name == "register file" {
		var file struct{ ID int64 }
		if json.Unmarshal(body, &file) == nil && file.ID != 0 {
			in.Files = append(in.Files, file.ID)
		}
	}
	if in.Edit != nil && err == nil {
		body = in.Edit(name, body)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

// DoerFunc is a function that implements functions.Doer.
type DoerFunc func(*http.Request) (*http.Response, error)

// Do calls the function.
func (f DoerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

// Response returns a JSON response.
func Response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

var number = regexp.MustCompile(`/\d+`)

// RequestName returns a short name of a request, such as "create function". The creation of a trial function is "create
// trial".
func RequestName(req *http.Request) string {
	if req.Method == http.MethodPut {
		return "send file"
	}
	_, path, _ := strings.Cut(req.URL.Path, "/projects/emulator")
	name := req.Method + " " + number.ReplaceAllString(path, "/N")
	if known, ok := requestNames[name]; ok {
		name = known
	}
	if req.GetBody != nil && name == "create function" {
		body, err := req.GetBody()
		if err == nil {
			text, _ := io.ReadAll(body)
			if strings.Contains(string(text), ".cogfn-trial") {
				name = "create trial"
			}
		}
	}
	return name
}

var requestNames = map[string]string{
	"POST /functions": "create function", "POST /functions/byids": "read function", "POST /functions/delete": "delete function",
	"POST /files": "register file", "POST /files/byids": "read file", "POST /files/delete": "delete file",
	"POST /functions/schedules": "create schedule", "POST /functions/schedules/list": "list schedules",
	"POST /functions/schedules/delete": "delete schedule", "GET /functions/schedules/N/input_data": "read input data",
	"POST /functions/schedules/byids": "read schedule", "POST /sessions": "create session", "POST /sessions/byids": "read session",
}
