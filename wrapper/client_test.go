package functions

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

// goodConfig lacks nothing; the functions below spoil a copy of it.
var goodConfig = Config{Cluster: "test", Project: "demo", TokenSource: StaticToken(plantedToken)}

var goodCredentials = ClientCredentialsConfig{ClientID: "id", ClientSecret: plantedSecret, TokenURL: "https://idp.example.com/token"}

func configWith(change func(*Config)) Config {
	c := goodConfig
	change(&c)
	return c
}

func configAt(address string) Config {
	return configWith(func(c *Config) { c.Cluster, c.BaseURL = "", address })
}

func configWithLogin(change func(*ClientCredentialsConfig)) Config {
	cc := goodCredentials
	change(&cc)
	return configWith(func(c *Config) { c.TokenSource = ClientCredentials(cc) })
}

var faultyConfigs = map[string]struct {
	cfg  Config
	opts []Option
	want []string
}{
	"nothing":              {Config{}, nil, []string{"cluster is missing", "project is missing", "token source is missing"}},
	"both addresses":       {configWith(func(c *Config) { c.BaseURL = "https://x.example.com" }), nil, []string{"give one of them"}},
	"cluster is address":   {configWith(func(c *Config) { c.Cluster = "https://x.example.com" }), nil, []string{"not a plain name"}},
	"http":                 {configAt("http://x.example.com"), nil, []string{"credentials in clear"}},
	"http, fake loopback":  {configAt("http://localhost.example.com"), nil, []string{"credentials in clear"}},
	"ftp":                  {configAt("ftp://127.0.0.1"), nil, []string{"credentials in clear"}},
	"userinfo":             {configAt("https://user:" + plantedSecret + "@x.example.com"), nil, []string{"must be a scheme and a host"}},
	"userinfo, unreadable": {configAt("https://user:" + plantedSecret + "@x.example.com:port"), nil, []string{"cannot be read"}},
	"query":                {configAt("https://x.example.com?a=b"), nil, []string{"must be a scheme and a host"}},
	"fragment":             {configAt("https://x.example.com#a"), nil, []string{"must be a scheme and a host"}},
	"no host":              {configAt("x.example.com"), nil, []string{"must be a scheme and a host"}},
	"project with slash":   {configWith(func(c *Config) { c.Project = "a/b" }), nil, []string{`"a/b" is not a URL name`}},
	"project of a dot":     {configWith(func(c *Config) { c.Project = "." }), nil, []string{`"." is not a URL name`}},
	"project of dots":      {configWith(func(c *Config) { c.Project = ".." }), nil, []string{`".." is not a URL name`}},
	"two-line application": {configWith(func(c *Config) { c.Application = "a\r\nX: b" }), nil, []string{"must be one line"}},
	"empty credentials": {
		configWithLogin(func(c *ClientCredentialsConfig) { *c = ClientCredentialsConfig{} }), nil,
		[]string{"client id is missing", "client secret is missing", "token URL is not an address"},
	},
	"empty static token":      {configWith(func(c *Config) { c.TokenSource = StaticToken("") }), nil, []string{"static token is empty"}},
	"token URL with http":     {configWithLogin(func(c *ClientCredentialsConfig) { c.TokenURL = "http://idp.example.com" }), nil, []string{"token URL http://idp.example.com would send credentials in clear"}},
	"token URL with userinfo": {configWithLogin(func(c *ClientCredentialsConfig) { c.TokenURL = "https://a:" + plantedSecret + "@idp.example.com" }), nil, []string{"must hold no credentials"}},
	"options": {
		goodConfig,
		[]Option{
			WithHTTPClient(nil), WithLogger(nil), WithMiddleware(nil), WithPoll(nil), WithAttemptTimeout(0),
			WithMaxResponseBytes(-1), WithRetry(RetryOptions{MaxDelay: -1}),
		},
		[]string{"WithHTTPClient", "WithLogger", "WithMiddleware", "WithPoll", "WithAttemptTimeout", "WithMaxResponseBytes", "WithRetry"},
	},
}

func TestNewClientNamesFaults(t *testing.T) {
	t.Parallel()
	for name, test := range faultyConfigs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewClient(test.cfg, test.opts...)
			if err == nil {
				t.Fatal("got no error")
			}
			text := err.Error()
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("the error does not say %q: %s", want, text)
				}
			}
			if !strings.HasPrefix(text, "functions: cannot make a client: ") || strings.Count(text, "functions: ") != 1 ||
				strings.Contains(text, "\n") || strings.Contains(text, plantedSecret) {
				t.Errorf("not one clean sentence: %s", text)
			}
		})
	}
}

func TestNewClientAddresses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cfg  Config
		want string
	}{
		"cluster":          {Config{Cluster: "westeurope-1"}, "https://westeurope-1.cognitedata.com/api/v1/projects/demo/functions/status"},
		"base URL":         {Config{BaseURL: "https://x.example.com"}, "https://x.example.com/api/v1/projects/demo/functions/status"},
		"trailing slash":   {Config{BaseURL: "https://x.example.com/"}, "https://x.example.com/api/v1/projects/demo/functions/status"},
		"prefix":           {Config{BaseURL: "https://x.example.com/cdf/eu"}, "https://x.example.com/cdf/eu/api/v1/projects/demo/functions/status"},
		"http to 127":      {Config{BaseURL: "http://127.0.0.1:8080"}, "http://127.0.0.1:8080/api/v1/projects/demo/functions/status"},
		"http to ::1":      {Config{BaseURL: "http://[::1]:8080"}, "http://[::1]:8080/api/v1/projects/demo/functions/status"},
		"http to itself":   {Config{BaseURL: "http://localhost:8080"}, "http://localhost:8080/api/v1/projects/demo/functions/status"},
		"odd project name": {Config{Cluster: "c", Project: "functions"}, "https://c.cognitedata.com/api/v1/projects/functions/functions/status"},
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
			check(t, "address", f.requests[0].URL, test.want)
		})
	}
}

func TestCallersHTTPClientStaysAsItIs(t *testing.T) {
	t.Parallel()
	f := newFakeService(t, respond(302, "", "Location", "https://elsewhere.example.com/login", "Content-Type", "text/html"))
	mine := &http.Client{Transport: f, Timeout: time.Hour}
	before := *mine
	c, err := NewClient(Config{Cluster: "c", Project: "demo", TokenSource: StaticToken("t")}, WithHTTPClient(mine))
	if err != nil {
		t.Fatal(err)
	}
	// A redirect is not followed, which would carry the request elsewhere, and is an error.
	_, err = c.Status(t.Context())
	check(t, "status", errorAs[*APIError](t, err).StatusCode, 302)
	if mine.CheckRedirect != nil || mine.Timeout != before.Timeout || mine.Jar != nil {
		t.Error("the caller's client was changed")
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
			t.Errorf("%s %s (-want +got):\n%s", s.Method, s.Path, diff)
		}
	}
	check(t, "content type of a POST", f.requests[0].Header.Get("Content-Type"), "application/json")
}

// The middleware stands around every attempt and never sees the token, neither in the request nor by way of the answer.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	var order []string
	watch := func(name string) Middleware {
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
	c, f := newFakeClient(t, []responder{withRequest}, WithMiddleware(watch("outer"), watch("inner")))
	if _, err := c.List(t.Context(), Filter{}); err != nil {
		t.Fatal(err)
	}
	check(t, "order", strings.Join(order, " "), "outer inner")
	check(t, "header", f.requests[0].Header.Get("X-Trace"), "inner")
}

// Middleware may answer by itself, as caches and stubs do.
func TestMiddlewareThatAnswers(t *testing.T) {
	t.Parallel()
	stub := func(body string) Middleware {
		return func(Doer) Doer { return doerFunc(respond(200, body)) }
	}
	c, _ := newFakeClient(t, nil, WithMiddleware(stub(`{"status":"activated"}`)))
	if got, err := c.Status(t.Context()); err != nil || got.Status != StatusActivated {
		t.Errorf("got %v, %v", got, err)
	}
	c, _ = newFakeClient(t, nil, WithMiddleware(stub(`{`)))
	_, err := c.Status(t.Context())
	check(t, "operation", errorAs[*RequestError](t, err).Operation, "getFunctionsStatus")
}

// What the generated client beneath does goes the same way: token, headers, errors, retries.
func TestGen(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, noFunctions), errorResponse(403, "no")})
	got, err := c.Gen().GetFunctions(t.Context(), nil)
	if err != nil || got == nil {
		t.Fatalf("got %v, %v", got, err)
	}
	check(t, "token", f.requests[0].Header.Get("Authorization"), "Bearer "+plantedToken)
	_, err = c.Gen().GetFunction(t.Context(), 42)
	if !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
}

func TestBodyThatCannotBeReadAgain(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://test.cognitedata.com/api/v1/projects/demo/functions/list", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("the file is gone") }
	resp, err := c.transfer.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "the file is gone") {
		t.Errorf("got %v", err)
	}
}

// badSource is a caller's own token source with a fault.
type badSource struct {
	token *oauth2.Token
	err   error
}

func (s badSource) Token() (*oauth2.Token, error) { return s.token, s.err }

func TestTokenSourcesWithFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source badSource
		want   string
	}{
		"nil token":              {badSource{}, "functions: cannot get an access token: the token source gave an empty token; check where it comes from"},
		"empty token":            {badSource{token: &oauth2.Token{}}, "functions: cannot get an access token: the token source gave an empty token; check where it comes from"},
		"error":                  {badSource{err: errors.New("no vault")}, "functions: cannot get an access token: no vault"},
		"refusal without answer": {badSource{err: &oauth2.RetrieveError{ErrorCode: "invalid_grant"}}, "functions: cannot get an access token: invalid_grant; check the client id, the client secret and the scopes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeService(t)
			_, err := f.client(t, Config{TokenSource: test.source}).Status(t.Context())
			check(t, "error", errorAs[*TokenError](t, err).Error(), test.want)
		})
	}
}
