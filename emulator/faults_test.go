package emulator_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
)

// eachProtocol runs a test over HTTP/1.1 and over HTTP/2, with an emulator that has the function "f".
func eachProtocol(t *testing.T, test func(t *testing.T, c *faultClient)) {
	t.Helper()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/1.1 with TLS", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			e := emulator.RunT(t, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}, TLS: protocol != "HTTP/1.1"})
			web := e.HTTPClient()
			if transport, ok := web.Transport.(*http.Transport); ok && protocol == "HTTP/1.1 with TLS" {
				transport.Protocols = new(http.Protocols)
				transport.Protocols.SetHTTP1(true)
			}
			web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			c := &faultClient{Emulator: e, t: t, web: web, protocol: strings.TrimSuffix(protocol, " with TLS"), http2: protocol == "HTTP/2.0"}
			c.functionPath = "/functions/" + c.post("/functions/byids", `{"items":[{"externalId":"f"}]}`).field("id")
			test(t, c)
		})
	}
}

// faultClient sends requests with a plain http.Client.
type faultClient struct {
	*emulator.Emulator

	t            *testing.T
	web          *http.Client
	protocol     string
	http2        bool
	functionPath string
}

// answer is a response, or the error of a request.
type answer struct {
	status int
	header http.Header
	body   string
	length int64
	err    error
}

// field returns the member of a JSON body with a key, or "".
func (a answer) field(key string) string {
	_, rest, _ := strings.Cut(a.body, `"`+key+`":`)
	return strings.Trim(rest[:max(0, strings.IndexAny(rest, ",}"))], `"`)
}

func (c *faultClient) do(method, url, body string) answer {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer any")
	response, err := c.web.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	if response.Proto != c.protocol {
		c.t.Errorf("protocol %s, want %s", response.Proto, c.protocol)
	}
	content, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(content), response.ContentLength, err}
}

func (c *faultClient) post(path, body string) answer {
	c.t.Helper()
	return c.do(http.MethodPost, c.URL()+"/api/v1/projects/emulator"+path, body)
}

// nonce returns a new nonce.
func (c *faultClient) nonce() string {
	c.t.Helper()
	return c.post("/sessions", `{"items":[{"tokenExchange":true}]}`).field("nonce")
}

// call calls the function with a new nonce.
func (c *faultClient) call() answer {
	c.t.Helper()
	return c.callWith(c.nonce())
}

func (c *faultClient) callWith(nonce string) answer {
	c.t.Helper()
	return c.post(c.functionPath+"/call", fmt.Sprintf(`{"nonce":%q}`, nonce))
}

// wantCalls checks how many calls were made.
func (c *faultClient) wantCalls(what string, want int) {
	c.t.Helper()
	if calls := len(c.Calls("f")); calls != want {
		c.t.Errorf("%s: %d calls were made, want %d", what, calls, want)
	}
}

const callOperation = "postFunctionsCall"

// injectOnce injects a fault in the next call.
func (c *faultClient) injectOnce(f emulator.Fault) {
	c.t.Helper()
	f.Operation, f.Times = callOperation, 1
	c.Inject(f)
}

func TestStatusFault(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		calls := 0
		for name, tt := range map[string]struct {
			fault      emulator.Fault
			retryAfter string
		}{
			"plain":        {emulator.Fault{Status: 503}, ""},
			"seconds":      {emulator.Fault{Status: 429, RetryAfter: "7"}, "7"},
			"garbage":      {emulator.Fault{Status: 429, RetryAfter: "soon, please"}, "soon, please"},
			"huge":         {emulator.Fault{Status: 429, RetryAfter: "99999999999999999999"}, "99999999999999999999"},
			"date":         {emulator.Fault{Status: 503, RetryAfterDate: new(30 * time.Second)}, ""},
			"past":         {emulator.Fault{Status: 503, RetryAfterDate: new(-time.Hour)}, ""},
			"own message":  {emulator.Fault{Status: 400, Message: "not today", Headers: map[string]string{"Cdf-Is-Auto-Retryable": "true"}}, ""},
			"after work":   {emulator.Fault{Status: 500, AfterWork: true}, ""},
			"also timeout": {emulator.Fault{Status: 408, AfterWork: true}, ""},
		} {
			tt.fault.Kind = emulator.FaultStatus
			c.injectOnce(tt.fault)
			got := c.call()
			if tt.fault.AfterWork {
				calls++
			}
			c.wantCalls(name, calls)
			retryAfter := got.header.Get("Retry-After")
			if date := tt.fault.RetryAfterDate; date != nil {
				at, err := http.ParseTime(retryAfter)
				if err != nil || (time.Until(at)-*date).Abs() > time.Minute {
					t.Errorf("%s: Retry-After is %q, want about %v from now", name, retryAfter, *date)
				}
				retryAfter = ""
			}
			if got.status != tt.fault.Status || retryAfter != tt.retryAfter || got.field("code") != strconv.Itoa(tt.fault.Status) {
				t.Errorf("%s: %+v, want the status %d in an error with Retry-After %q", name, got, tt.fault.Status, tt.retryAfter)
			}
			for key, value := range tt.fault.Headers {
				if got.header.Get(key) != value {
					t.Errorf("%s: header %s is %q, want %q", name, key, got.header.Get(key), value)
				}
			}
			if tt.fault.Message != "" && got.field("message") != tt.fault.Message {
				t.Errorf("%s: message %q, want %q", name, got.field("message"), tt.fault.Message)
			}
		}
	})
}

// lostConnection returns what the client reports if a response is lost.
func lostConnection(kind emulator.FaultKind, http2 bool) func(error) bool {
	contains := func(text string) func(error) bool {
		return func(err error) bool { return err != nil && strings.Contains(err.Error(), text) }
	}
	switch {
	case kind == emulator.FaultReset:
		return func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }
	case !http2:
		return func(err error) bool { return errors.Is(err, io.EOF) }
	case kind == emulator.FaultStreamError:
		return contains("INTERNAL_ERROR")
	}
	return contains("GOAWAY")
}

func TestLostConnection(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		calls := 0
		for _, kind := range []emulator.FaultKind{emulator.FaultReset, emulator.FaultStreamError, emulator.FaultGoAway} {
			for _, afterWork := range []bool{false, true} {
				name := fmt.Sprintf("%s, after work %t", kind, afterWork)
				c.injectOnce(emulator.Fault{Kind: kind, AfterWork: afterWork})
				got := c.call()
				if kind == emulator.FaultGoAway && !afterWork && c.http2 {
					// The frame says that the request was not processed, so the client sends it again.
					calls++
					if got.status != http.StatusCreated {
						t.Errorf("%s: %+v, want that the second attempt succeeds", name, got)
					}
				} else {
					if afterWork {
						calls++
					}
					if !lostConnection(kind, c.http2)(got.err) {
						t.Errorf("%s: %+v, want a lost connection", name, got)
					}
				}
				c.wantCalls(name, calls)
				if next := c.call(); next.status != http.StatusCreated {
					t.Errorf("the call after %s: %+v", name, next)
				}
				calls++
			}
		}
	})
}

// The other requests on a connection end before a GOAWAY closes it.
func TestGoAwayWaitsForOtherRequests(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		c.Inject(emulator.Fault{Operation: "getFunctionsStatus", Kind: emulator.FaultDelay, Delay: time.Hour, Times: 1})
		c.Inject(emulator.Fault{Operation: callOperation, Kind: emulator.FaultGoAway, AfterWork: true, Times: 2})
		slow, lost := make(chan answer, 1), make(chan answer, 2)
		go func() { slow <- c.do(http.MethodGet, c.URL()+"/api/v1/projects/emulator/functions/status", "") }()
		waitFor(t, "the slow request", func() (bool, bool) { return true, len(c.Faults()) > 0 && c.Faults()[0].Hits() == 1 })
		for _, nonce := range []string{c.nonce(), c.nonce()} {
			go func() { lost <- c.callWith(nonce) }()
		}
		waitFor(t, "the calls", func() (bool, bool) { return true, len(c.Calls("f")) == 2 })
		c.Advance(time.Hour)
		if got := <-slow; got.status != http.StatusOK {
			t.Errorf("the slow request: %+v", got)
		}
		for range 2 {
			if got := <-lost; got.err == nil {
				t.Errorf("a call: %+v, want a lost connection", got)
			}
		}
	})
}

func TestChangedBodies(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		success := c.call()
		calls := 1
		for name, tt := range map[string]struct {
			fault emulator.Fault
			check func(answer) bool
		}{
			"truncated": {emulator.Fault{Kind: emulator.FaultTruncatedBody}, func(a answer) bool {
				return strings.HasPrefix(a.body, `{"`) && len(a.body) < len(success.body) && a.length == int64(len(a.body))
			}},
			"empty": {emulator.Fault{Kind: emulator.FaultEmptyBody}, func(a answer) bool { return a.body == "" && a.length == 0 }},
			"null":  {emulator.Fault{Kind: emulator.FaultNullBody}, func(a answer) bool { return a.body == "null" }},
			"error": {emulator.Fault{Kind: emulator.FaultErrorBody, Message: "m"}, func(a answer) bool {
				return a.body == `{"error":{"code":500,"message":"m"}}`
			}},
			"a field": {emulator.Fault{Kind: emulator.FaultMissingFields, Field: "status"}, func(a answer) bool {
				return !strings.Contains(a.body, "status") && strings.Contains(a.body, "startTime")
			}},
			"required fields": {emulator.Fault{Kind: emulator.FaultMissingFields}, func(a answer) bool { return a.body == "{}" }},
			"content type": {emulator.Fault{Kind: emulator.FaultContentType}, func(a answer) bool {
				return strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && strings.Contains(a.body, "startTime")
			}},
			"content length": {emulator.Fault{Kind: emulator.FaultContentLength}, func(a answer) bool {
				return a.err != nil && a.length == int64(len(a.body))+1
			}},
			"gzip": {emulator.Fault{Kind: emulator.FaultGzip}, func(a answer) bool { return a.err != nil && strings.Contains(a.err.Error(), "gzip") }},
		} {
			c.injectOnce(tt.fault)
			got := c.call()
			if !tt.check(got) || got.status != http.StatusCreated {
				t.Errorf("%s: %+v, want a changed success", name, got)
			}
			calls++
			c.wantCalls(name, calls)
			if tt.fault.Kind == emulator.FaultContentType || tt.fault.Kind == emulator.FaultTruncatedBody {
				continue // they also change errors
			}
			c.Inject(emulator.Fault{Operation: callOperation, Kind: tt.fault.Kind, Times: 1})
			failed := c.post(c.functionPath+"/call", `{"nonce":"unknown"}`)
			if isReplaced := failed.field("message") == ""; isReplaced && tt.fault.Kind != emulator.FaultGzip && tt.fault.Kind != emulator.FaultContentLength {
				t.Errorf("%s: an error is replaced by %+v", name, failed)
			}
		}
	})
}

func TestRedirectFault(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		path := "/api/v1/projects/emulator" + c.functionPath + "/call"
		for i, tt := range []struct {
			fault    emulator.Fault
			status   int
			location string
		}{
			{emulator.Fault{}, http.StatusTemporaryRedirect, "https://other.invalid" + path},
			{emulator.Fault{Status: 302, Location: "http://elsewhere.invalid/x", AfterWork: true}, http.StatusFound, "http://elsewhere.invalid/x"},
		} {
			tt.fault.Kind = emulator.FaultRedirect
			c.injectOnce(tt.fault)
			if got := c.call(); got.status != tt.status || got.header.Get("Location") != tt.location {
				t.Errorf("%+v, want %d to %s", got, tt.status, tt.location)
			}
			c.wantCalls("redirect", i)
		}
	})
}

func TestDelays(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		c.Inject(emulator.Fault{Operation: "functionsLimits", Kind: emulator.FaultSlowBody, Duration: time.Hour, Delay: time.Minute, Times: 1})
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL()+"/api/v1/projects/emulator/functions/limits", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer any")
		responses := make(chan *http.Response, 1)
		go func() {
			response, err := c.web.Do(request) //nolint:bodyclose // closed below
			if err != nil {
				t.Error(err)
			}
			responses <- response
		}()
		waitFor(t, "the request", func() (bool, bool) { return true, c.Faults()[0].Hits() == 1 })
		select {
		case <-responses:
			t.Fatal("the response arrived before its delay")
		case <-time.After(10 * time.Millisecond):
		}
		c.advanceUntil(time.Minute, func() bool { return len(responses) == 1 })
		response := <-responses
		defer func() { _ = response.Body.Close() }()
		body := make(chan []byte, 1)
		go func() {
			content, err := io.ReadAll(response.Body)
			if err != nil {
				t.Error(err)
			}
			body <- content
		}()
		began := c.Now()
		c.advanceUntil(time.Minute, func() bool { return len(body) == 1 })
		if content := <-body; !bytes.Contains(content, []byte("timeoutMinutes")) {
			t.Errorf("body %s", content)
		}
		if took := c.Now().Sub(began); took < 54*time.Minute {
			t.Errorf("the body took %v, want an hour", took)
		}
	})
}

// advanceUntil advances the clock in steps until a condition holds.
func (c *faultClient) advanceUntil(step time.Duration, done func() bool) {
	c.t.Helper()
	waitFor(c.t, "the end of a delay", func() (bool, bool) {
		if done() {
			return true, true
		}
		c.Advance(step)
		time.Sleep(time.Millisecond) // for the request, which has no task
		return false, done()
	})
}
