package functions

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

// validConfig is a valid configuration. The functions below change a copy of it.
var validConfig = Config{Cluster: "test", Project: "demo", TokenSource: StaticToken(plantedToken)}

var validCredentials = ClientCredentialsConfig{ClientID: "id", ClientSecret: plantedSecret, TokenURL: "https://idp.example.com/token"}

func configWith(change func(*Config)) Config {
	c := validConfig
	change(&c)
	return c
}

func configAt(address string) Config {
	return configWith(func(c *Config) { c.Cluster, c.BaseURL = "", address })
}

func configWithCredentials(change func(*ClientCredentialsConfig)) Config {
	cc := validCredentials
	change(&cc)
	return configWith(func(c *Config) { c.TokenSource = ClientCredentials(cc) })
}

var invalidConfigs = map[string]struct {
	cfg  Config
	opts []Option
	want []string // words of the error
}{
	"empty":                {Config{}, nil, []string{"Config.Cluster", "Config.Project", "Config.TokenSource"}},
	"cluster and base URL": {configWith(func(c *Config) { c.BaseURL = "https://x.example.com" }), nil, []string{"Config.BaseURL and Config.Cluster"}},
	"URL as cluster":       {configWith(func(c *Config) { c.Cluster = "https://x.example.com" }), nil, []string{"cluster", "Config.BaseURL"}},
	"http":                 {configAt("http://x.example.com"), nil, []string{"base URL", "https"}},
	"http, not loopback":   {configAt("http://localhost.example.com"), nil, []string{"base URL", "https"}},
	"ftp":                  {configAt("ftp://127.0.0.1"), nil, []string{"base URL", "https"}},
	"userinfo":             {configAt("https://user:" + plantedSecret + "@x.example.com"), nil, []string{"scheme and a host"}},
	"userinfo and port":    {configAt("https://user:" + plantedSecret + "@x.example.com:port"), nil, []string{"base URL", "invalid"}},
	"query":                {configAt("https://x.example.com?a=b"), nil, []string{"scheme and a host"}},
	"fragment":             {configAt("https://x.example.com#a"), nil, []string{"scheme and a host"}},
	"no host":              {configAt("x.example.com"), nil, []string{"scheme and a host"}},
	"project with slash":   {configWith(func(c *Config) { c.Project = "a/b" }), nil, []string{`"a/b"`}},
	"project of one dot":   {configWith(func(c *Config) { c.Project = "." }), nil, []string{`"."`}},
	"project of two dots":  {configWith(func(c *Config) { c.Project = ".." }), nil, []string{`".."`}},
	"two-line application": {configWith(func(c *Config) { c.Application = "a\r\nX: b" }), nil, []string{"Config.Application"}},
	"empty credentials": {
		configWithCredentials(func(c *ClientCredentialsConfig) { *c = ClientCredentialsConfig{} }), nil,
		[]string{"ClientID", "ClientSecret", "TokenURL"},
	},
	"empty static token": {configWith(func(c *Config) { c.TokenSource = StaticToken("") }), nil, []string{"static token"}},
	"token URL with http": {
		configWithCredentials(func(c *ClientCredentialsConfig) { c.TokenURL = "http://idp.example.com" }), nil, []string{"token URL http://idp.example.com", "https"},
	},
	"token URL with userinfo": {
		configWithCredentials(func(c *ClientCredentialsConfig) { c.TokenURL = "https://a:" + plantedSecret + "@idp.example.com" }), nil,
		[]string{"token URL", "credentials"},
	},
	"options": {
		validConfig,
		[]Option{
			WithHTTPClient(nil), WithLogger(nil), WithMiddleware(nil), WithPoll(nil), WithAttemptTimeout(0),
			WithMaxResponseBytes(-1), WithRetry(RetryOptions{MaxDelay: -1}),
		},
		[]string{"WithHTTPClient", "WithLogger", "WithMiddleware", "WithPoll", "WithAttemptTimeout", "WithMaxResponseBytes", "WithRetry"},
	},
}

// The error of NewClient names every invalid setting.
func TestNewClientRejectsConfig(t *testing.T) {
	t.Parallel()
	for name, test := range invalidConfigs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewClient(test.cfg, test.opts...)
			checkMessage(t, err, append([]string{"client"}, test.want...)...)
		})
	}
}

func TestNewClientURL(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cfg  Config
		want string
	}{
		"cluster":           {Config{Cluster: "westeurope-1"}, "https://westeurope-1.cognitedata.com/api/v1/projects/demo/functions/status"},
		"base URL":          {Config{BaseURL: "https://x.example.com"}, "https://x.example.com/api/v1/projects/demo/functions/status"},
		"trailing slash":    {Config{BaseURL: "https://x.example.com/"}, "https://x.example.com/api/v1/projects/demo/functions/status"},
		"prefix":            {Config{BaseURL: "https://x.example.com/cdf/eu"}, "https://x.example.com/cdf/eu/api/v1/projects/demo/functions/status"},
		"http to 127":       {Config{BaseURL: "http://127.0.0.1:8080"}, "http://127.0.0.1:8080/api/v1/projects/demo/functions/status"},
		"http to ::1":       {Config{BaseURL: "http://[::1]:8080"}, "http://[::1]:8080/api/v1/projects/demo/functions/status"},
		"http to localhost": {Config{BaseURL: "http://localhost:8080"}, "http://localhost:8080/api/v1/projects/demo/functions/status"},
		"project functions": {Config{Cluster: "c", Project: "functions"}, "https://c.cognitedata.com/api/v1/projects/functions/functions/status"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeService(t, respond(200, `{"status":"activated"}`))
			c := f.client(t, test.cfg)
			if len(f.requests) != 0 {
				t.Error("NewClient sent a request")
			}
			if _, err := c.Status(t.Context()); err != nil {
				t.Fatal(err)
			}
			check(t, "URL", f.requests[0].URL, test.want)
			check(t, "project in the URL", strings.Contains(test.want, "/projects/"+c.Project()+"/functions/"), true)
		})
	}
}

// A client does not change the HTTP client of the caller. It does not follow redirects, which could send the token to
// another host.
func TestHTTPClientIsNotChanged(t *testing.T) {
	t.Parallel()
	f := newFakeService(t, respond(302, "", "Location", "https://elsewhere.example.com/login", "Content-Type", "text/html"))
	own := &http.Client{Transport: f, Timeout: time.Hour}
	before := *own
	c, err := NewClient(Config{Cluster: "c", Project: "demo", TokenSource: StaticToken("t")}, WithHTTPClient(own))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Status(t.Context())
	check(t, "status", errorAs[*APIError](t, err).StatusCode, 302)
	if own.CheckRedirect != nil || own.Timeout != before.Timeout || own.Jar != nil {
		t.Error("NewClient changed the HTTP client of the caller")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := newFakeService(t, respond(200, noFunctions), respond(200, `{"status":"activated"}`))
	c := f.client(t, Config{Application: "my-tool/1.2"})
	if _, err := c.List(t.Context(), Filter{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Authorization": "Bearer " + plantedToken, "Accept": "application/json", "User-Agent": "cogfn/" + Version,
		"Cdf-Version": "20230101", "X-Cdp-Sdk": "CogfnGoSDK:" + Version, "X-Cdp-App": "my-tool/1.2",
	}
	for _, s := range f.requests {
		got := map[string]string{}
		for name := range want {
			got[name] = s.Header.Get(name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("headers of %s %s (-want +got):\n%s", s.Method, s.Path, diff)
		}
	}
	check(t, "content type of a POST", f.requests[0].Header.Get("Content-Type"), "application/json")
}

// Middleware wraps every attempt and does not see the token, neither in the request nor in the response.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	var order []string
	record := func(name string) Middleware {
		return func(next Doer) Doer {
			return doerFunc(func(req *http.Request) (*http.Response, error) {
				order = append(order, name)
				req.Header.Set("X-Trace", name)
				resp, err := next.Do(req)
				if req.Header.Get("Authorization") != "" || resp.Request.Header.Get("Authorization") != "" {
					t.Error("the middleware saw the token")
				}
				return resp, err
			})
		}
	}
	withRequest := func(req *http.Request) (*http.Response, error) { // as net/http does
		resp, err := respond(200, noFunctions)(req)
		resp.Request = req
		return resp, err
	}
	c, f := newFakeClient(t, []responder{withRequest}, WithMiddleware(record("outer"), record("inner")))
	if _, err := c.List(t.Context(), Filter{}); err != nil {
		t.Fatal(err)
	}
	check(t, "order", strings.Join(order, " "), "outer inner")
	check(t, "header", f.requests[0].Header.Get("X-Trace"), "inner")
}

// Middleware may respond without sending the request, as caches do.
func TestMiddlewareResponds(t *testing.T) {
	t.Parallel()
	cache := func(body string) Middleware {
		return func(Doer) Doer { return doerFunc(respond(200, body)) }
	}
	c, _ := newFakeClient(t, nil, WithMiddleware(cache(`{"status":"activated"}`)))
	if got, err := c.Status(t.Context()); err != nil || got.Status != StatusActivated {
		t.Errorf("status = %v, error = %v, want activated", got, err)
	}
	c, _ = newFakeClient(t, nil, WithMiddleware(cache(`{`)))
	_, err := c.Status(t.Context())
	check(t, "operation", errorAs[*RequestError](t, err).Operation, "getFunctionsStatus")
}

// The generated client has the token, the headers and the errors of the client.
func TestGen(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, noFunctions), errorResponse(403, "no")})
	got, err := c.Gen().GetFunctions(t.Context(), nil)
	if err != nil || got == nil {
		t.Fatalf("functions = %v, error = %v", got, err)
	}
	check(t, "token", f.requests[0].Header.Get("Authorization"), "Bearer "+plantedToken)
	_, err = c.Gen().GetFunction(t.Context(), 42)
	if !errors.Is(err, ErrForbidden) {
		t.Errorf("error = %v, want ErrForbidden", err)
	}
}

// A request body that cannot be read again for an attempt is an error.
func TestRequestBodyFails(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://test.cognitedata.com/api/v1/projects/demo/functions/list", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("file removed") }
	resp, err := c.transfer.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	checkMessage(t, err, "file removed")
}

// tokenSource is a token source of the caller.
type tokenSource struct {
	token *oauth2.Token
	err   error
}

func (s tokenSource) Token() (*oauth2.Token, error) { return s.token, s.err }

func TestTokenSourceFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source tokenSource
		word   string
	}{
		"nil token":              {tokenSource{}, "empty"},
		"empty token":            {tokenSource{token: &oauth2.Token{}}, "empty"},
		"error":                  {tokenSource{err: errors.New("no vault")}, "no vault"},
		"error without response": {tokenSource{err: &oauth2.RetrieveError{ErrorCode: "invalid_grant"}}, "invalid_grant"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeService(t)
			_, err := f.client(t, Config{TokenSource: test.source}).Status(t.Context())
			check(t, "token URL", errorAs[*TokenError](t, err).TokenURL, "")
			checkMessage(t, err, test.word)
		})
	}
}

// closeRecorder is a response body that records whether it was closed.
type closeRecorder struct {
	io.Reader

	closed atomic.Bool
}

func (c *closeRecorder) Close() error {
	c.closed.Store(true)
	return nil
}

// The client closes every response body, because some transports for tracing need it.
func TestResponseBodiesAreClosed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		body := &closeRecorder{Reader: strings.NewReader(noFunctions)}
		c := newTestClient(t, transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
		}), Config{})
		_, _ = c.List(t.Context(), Filter{})
		if !body.closed.Load() {
			t.Errorf("the body of a response with status %d was not closed", status)
		}
	}
}
