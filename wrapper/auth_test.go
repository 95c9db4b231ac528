package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

const tokenURL = "https://idp.example.com/oauth2/token"

// tokenProvider is the transport of an identity provider and of the service. It numbers its tokens: "token-1", "token-2".
type tokenProvider struct {
	lifetime time.Duration
	fetch    func(n int, req *http.Request) (*http.Response, error) // nil returns a token at once
	accept   func(token string) bool                                // nil accepts every token

	fetches, requests atomic.Int64
}

func (p *tokenProvider) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != "idp.example.com" {
		p.requests.Add(1)
		token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		if p.accept != nil && !p.accept(token) {
			return errorResponse(401, "unknown token")(req)
		}
		if strings.HasSuffix(req.URL.Path, "/call") {
			return respond(201, runningCall)(req)
		}
		return respond(200, `{"status":"activated"}`)(req)
	}
	n := int(p.fetches.Add(1))
	if p.fetch != nil {
		if resp, err := p.fetch(n, req); resp != nil || err != nil {
			return resp, err
		}
	}
	body := fmt.Sprintf(`{"access_token":"token-%d","token_type":"bearer"`, n)
	if p.lifetime > 0 {
		body += fmt.Sprintf(`,"expires_in":%d`, int(p.lifetime.Seconds()))
	}
	return respond(200, body+"}")(req)
}

func (p *tokenProvider) client(t *testing.T) *Client {
	t.Helper()
	return newTestClient(t, p, Config{TokenSource: ClientCredentials(ClientCredentialsConfig{
		ClientID: "my-client", ClientSecret: plantedSecret, TokenURL: tokenURL, Scopes: []string{"a", "b"}, Audience: "aud",
	})})
}

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	var form url.Values
	p := &tokenProvider{fetch: func(_ int, req *http.Request) (*http.Response, error) {
		var err error
		form, err = url.ParseQuery(recordRequest(req).Body)
		check(t, "basic auth", req.Header.Get("Authorization"), "")
		return nil, err
	}}
	if _, err := p.client(t).Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"my-client"}, "client_secret": {plantedSecret},
		"scope": {"a b"}, "audience": {"aud"},
	}
	check(t, "form", form.Encode(), want.Encode())
}

// Goroutines that need a token at the same time share one token request.
func TestTokenIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &tokenProvider{lifetime: time.Hour, fetch: func(int, *http.Request) (*http.Response, error) {
			return nil, ctxwait.Sleep(t.Context(), time.Second)
		}}
		c := p.client(t)
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if _, err := c.Status(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		check(t, "fetches", p.fetches.Load(), 1)
		check(t, "requests", p.requests.Load(), 50)
	})
}

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ lifetime, renewedAfter time.Duration }{
		"an hour":     {time.Hour, 59 * time.Minute},
		"a minute":    {time.Minute, 30 * time.Second},
		"no lifetime": {0, time.Hour},
		"a second":    {time.Second, 500 * time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &tokenProvider{lifetime: test.lifetime}
				c := p.client(t)
				request := func(fetches int64) {
					t.Helper()
					if _, err := c.Status(t.Context()); err != nil {
						t.Fatal(err)
					}
					check(t, "fetches", p.fetches.Load(), fetches)
				}
				request(1)
				time.Sleep(test.renewedAfter - time.Millisecond)
				request(1)
				time.Sleep(2 * time.Millisecond)
				request(2)
			})
		})
	}
}

func TestRejectedToken(t *testing.T) {
	t.Parallel()
	t.Run("renewed once", func(t *testing.T) {
		t.Parallel()
		p := &tokenProvider{lifetime: time.Hour, accept: func(token string) bool { return token == "token-2" }}
		if _, err := p.client(t).Status(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, "fetches", p.fetches.Load(), 2)
		check(t, "requests", p.requests.Load(), 2)
	})
	t.Run("rejected twice", func(t *testing.T) {
		t.Parallel()
		p := &tokenProvider{lifetime: time.Hour, accept: func(string) bool { return false }}
		_, err := p.client(t).Status(t.Context())
		check(t, "unauthorized", errors.Is(err, ErrUnauthorized), true)
		check(t, "fetches", p.fetches.Load(), 2)
		check(t, "requests", p.requests.Load(), 2)
		checkMessage(t, err, "401", "credentials")
	})
	t.Run("no new token", func(t *testing.T) {
		t.Parallel()
		p := &tokenProvider{accept: func(string) bool { return false }, fetch: func(n int, req *http.Request) (*http.Response, error) {
			if n == 1 {
				return nil, nil
			}
			return respond(400, `{"error":"invalid_client"}`)(req)
		}}
		_, err := p.client(t).Status(t.Context())
		check(t, "status", errorAs[*APIError](t, err).StatusCode, 401)
	})
	t.Run("static token", func(t *testing.T) {
		t.Parallel()
		c, _ := newFakeClient(t, []responder{errorResponse(401, "expired")})
		_, err := c.Status(t.Context())
		check(t, "unauthorized", errors.Is(err, ErrUnauthorized), true)
	})
	t.Run("new token from the source of the caller", func(t *testing.T) {
		t.Parallel()
		f := newFakeService(t, errorResponse(401, "expired"), respond(200, `{"status":"activated"}`))
		if _, err := f.client(t, Config{TokenSource: &rotatingSource{}}).Status(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, "second token", f.requests[1].Header.Get("Authorization"), "Bearer b")
	})
}

// rotatingSource returns a new token each time: "a", "b".
type rotatingSource struct{ n int }

func (s *rotatingSource) Token() (*oauth2.Token, error) {
	s.n++
	return &oauth2.Token{AccessToken: string(rune('a' - 1 + s.n))}, nil
}

// Goroutines whose token is rejected share one request for a new token.
func TestRejectedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &tokenProvider{lifetime: time.Hour, accept: func(token string) bool { return token == "token-2" }}
		p.fetch = func(int, *http.Request) (*http.Response, error) { return nil, ctxwait.Sleep(t.Context(), time.Second) }
		c := p.client(t)
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if _, err := c.Status(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		check(t, "fetches", p.fetches.Load(), 2)
	})
}

var providerFailures = map[string]struct {
	response responder
	kinds    []error
	want     TokenError // without Err
	word     string
}{
	"rejected": {
		respond(401, `{"error":"invalid_client","error_description":"AADSTS7: bad secret '`+plantedSecret+`'.\r\nTrace ID: 1"}`),
		[]error{ErrUnauthorized},
		TokenError{StatusCode: 401, Code: "invalid_client", Description: "AADSTS7: bad secret '***'.\r\nTrace ID: 1"},
		"client secret",
	},
	"rejected with 200": {
		respond(200, `{"error":"invalid_scope"}`), []error{ErrUnauthorized}, TokenError{StatusCode: 200, Code: "invalid_scope"}, "scopes",
	},
	"wrong URL": {
		respond(404, "client_secret="+plantedSecret, "Content-Type", "text/html"), []error{ErrUnauthorized}, TokenError{StatusCode: 404}, "token URL",
	},
	"unavailable":       {respond(503, ""), []error{ErrUnavailable}, TokenError{StatusCode: 503}, "503"},
	"too many requests": {respond(429, "{}"), []error{ErrRateLimited}, TokenError{StatusCode: 429}, "429"},
	"not connected":     {connectionRefused(), []error{ErrUnavailable}, TokenError{}, "connection refused"},
	"no token":          {respond(200, "{}"), nil, TokenError{}, "access_token"},
}

func TestProviderFailures(t *testing.T) {
	t.Parallel()
	failing := func(n int, r responder) *tokenProvider {
		return &tokenProvider{fetch: func(i int, req *http.Request) (*http.Response, error) {
			if i <= n {
				return r(req)
			}
			return nil, nil
		}}
	}
	for name, r := range map[string]responder{
		"503": respond(503, "<html>", "Content-Type", "text/html"), "429": respond(429, "{}"),
		"connection refused": connectionRefused(), "connection reset": connectionReset(),
	} {
		t.Run(name+" before a token", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := failing(2, r)
				c := p.client(t)
				if _, err := c.Status(t.Context()); err != nil {
					t.Fatal(err)
				}
				check(t, "fetches", p.fetches.Load(), 3)
				check(t, "requests", p.requests.Load(), 1)
			})
		})
	}
	for name, test := range providerFailures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := failing(9, test.response)
				_, err := p.client(t).Status(t.Context())
				got, want := *errorAs[*TokenError](t, err), test.want
				got.Err, want.TokenURL = nil, tokenURL
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				checkMessage(t, err, tokenURL, test.word)
				checkKinds(t, err, test.kinds...)
				check(t, "requests", p.requests.Load(), 0)
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, plantedSecret) {
					t.Errorf("error = %s, want no secret", text)
				}
			})
		})
	}
}

// A goroutine that waits for the token request of another one stops at the end of its own context.
func TestContextEndsWaitForToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &tokenProvider{fetch: func(int, *http.Request) (*http.Response, error) {
			return nil, ctxwait.Sleep(t.Context(), time.Minute/2)
		}}
		c := p.client(t)
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := c.Status(t.Context()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Status(ctx)
		check(t, "duration", time.Since(start), time.Second)
		check(t, "deadline exceeded", errors.Is(err, context.DeadlineExceeded), true)
		group.Wait()
		check(t, "fetches", p.fetches.Load(), 1)
	})
}

// Client credentials are a token source also without a client.
func TestClientCredentialsAsTokenSource(t *testing.T) {
	t.Parallel()
	source := ClientCredentials(ClientCredentialsConfig{ClientID: "id", ClientSecret: plantedSecret, TokenURL: "http://127.0.0.1:1/" + plantedKey})
	_, err := source.Token()
	check(t, "unavailable", errors.Is(err, ErrUnavailable), true)
	check(t, "status", errorAs[*TokenError](t, err).StatusCode, 0)
}
