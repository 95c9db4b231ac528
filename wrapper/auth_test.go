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

	"golang.org/x/oauth2"
)

const tokenURL = "https://idp.example.com/oauth2/token"

// provider is an identity provider and a service behind one transport. Tokens are numbered, so that each shows which one
// it is.
type tokenProvider struct {
	lifetime time.Duration
	fetch    func(n int, req *http.Request) (*http.Response, error) // nil gives a token at once
	accept   func(token string) bool                                // nil accepts every token

	fetches, requests atomic.Int64
}

func (p *tokenProvider) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != "idp.example.com" {
		p.requests.Add(1)
		token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		if p.accept != nil && !p.accept(token) {
			return errorResponse(401, "who?")(req)
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

func TestTokenIsFetchedOnceForAll(t *testing.T) {
	t.Parallel()
	t.Run("50 goroutines", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := &tokenProvider{lifetime: time.Hour, fetch: func(int, *http.Request) (*http.Response, error) {
				return nil, sleep(t.Context(), time.Second)
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
	})
}

func TestTokenIsRenewedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ lifetime, keeps time.Duration }{
		"an hour":         {time.Hour, 59 * time.Minute},
		"a minute":        {time.Minute, 30 * time.Second},
		"not said by it":  {0, time.Hour},
		"hardly anything": {time.Second, 500 * time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &tokenProvider{lifetime: test.lifetime}
				c := p.client(t)
				ask := func(fetches int64) {
					t.Helper()
					if _, err := c.Status(t.Context()); err != nil {
						t.Fatal(err)
					}
					check(t, "fetches", p.fetches.Load(), fetches)
				}
				ask(1)
				time.Sleep(test.keeps - time.Millisecond)
				ask(1)
				time.Sleep(2 * time.Millisecond)
				ask(2)
			})
		})
	}
}

func TestRefusedToken(t *testing.T) {
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
	t.Run("a second refusal is the error", func(t *testing.T) {
		t.Parallel()
		p := &tokenProvider{lifetime: time.Hour, accept: func(string) bool { return false }}
		_, err := p.client(t).Status(t.Context())
		check(t, "unauthorized", errors.Is(err, ErrUnauthorized), true)
		check(t, "fetches", p.fetches.Load(), 2)
		check(t, "requests", p.requests.Load(), 2)
		check(t, "text", err.Error(), "functions: getFunctionsStatus was refused with status 401: who?; check the credentials and the project")
	})
	t.Run("no new one to be had", func(t *testing.T) {
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
	t.Run("static", func(t *testing.T) {
		t.Parallel()
		c, _ := newFakeClient(t, []responder{errorResponse(401, "expired")})
		_, err := c.Status(t.Context())
		check(t, "unauthorized", errors.Is(err, ErrUnauthorized), true)
	})
	t.Run("the caller's own source has another", func(t *testing.T) {
		t.Parallel()
		f := newFakeService(t, errorResponse(401, "expired"), respond(200, `{"status":"activated"}`))
		if _, err := f.client(t, Config{TokenSource: &rotating{}}).Status(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, "second token", f.requests[1].Header.Get("Authorization"), "Bearer b")
	})
}

// rotating gives a new token each time.
type rotating struct{ n int }

func (s *rotating) Token() (*oauth2.Token, error) {
	s.n++
	return &oauth2.Token{AccessToken: string(rune('a' - 1 + s.n))}, nil
}

// Fifty goroutines whose token is refused ask for one new token, not for fifty.
func TestRefusedTokenIsRenewedOnceForAll(t *testing.T) {
	t.Parallel()
	t.Run("50 goroutines", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := &tokenProvider{lifetime: time.Hour, accept: func(token string) bool { return token == "token-2" }}
			p.fetch = func(int, *http.Request) (*http.Response, error) { return nil, sleep(t.Context(), time.Second) }
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
	})
}

var providerFailures = map[string]struct {
	answer responder
	kind   error
	want   string
}{
	"refused": {
		respond(401, `{"error":"invalid_client","error_description":"AADSTS7: bad secret '`+plantedSecret+`'.\r\nTrace ID: 1"}`), ErrUnauthorized,
		"functions: cannot get an access token from https://idp.example.com/oauth2/token: invalid_client (AADSTS7: bad secret '***'. Trace ID: 1); check the client id, the client secret and the scopes",
	},
	"refused with 200": {
		respond(200, `{"error":"invalid_scope"}`), ErrUnauthorized,
		"functions: cannot get an access token from https://idp.example.com/oauth2/token: invalid_scope; check the client id, the client secret and the scopes",
	},
	"wrong address": {
		respond(404, "client_secret="+plantedSecret, "Content-Type", "text/html"), ErrUnauthorized,
		"functions: cannot get an access token from https://idp.example.com/oauth2/token: the provider answered with status 404; check the token URL",
	},
	"unavailable": {
		respond(503, ""), ErrUnavailable,
		"functions: cannot get an access token from https://idp.example.com/oauth2/token: the provider answered with status 503; check the token URL",
	},
	"too many":    {respond(429, "{}"), ErrRateLimited, "functions: cannot get an access token from https://idp.example.com/oauth2/token: the provider answered with status 429; check the token URL"},
	"unreachable": {connectionRefused(), ErrUnavailable, "functions: cannot get an access token from https://idp.example.com/oauth2/token: dial tcp: connect: connection refused"},
	"no token":    {respond(200, "{}"), nil, "functions: cannot get an access token from https://idp.example.com/oauth2/token: oauth2: server response missing access_token"},
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
	for name, a := range map[string]responder{
		"503": respond(503, "<html>", "Content-Type", "text/html"), "429": respond(429, "{}"), "unreachable": connectionRefused(), "reset": connectionReset(),
	} {
		t.Run(name+", then a token", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := failing(2, a)
				// An operation that may not be repeated may be here: without a token it was never sent.
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
				p := failing(9, test.answer)
				_, err := p.client(t).Status(t.Context())
				check(t, "text", errorAs[*TokenError](t, err).Error(), test.want)
				for _, kind := range []error{ErrUnauthorized, ErrUnavailable, ErrRateLimited, ErrNotFound} {
					check(t, "matches "+kind.Error(), errors.Is(err, kind), test.kind != nil && errors.Is(test.kind, kind))
				}
				check(t, "requests", p.requests.Load(), 0)
				if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), plantedSecret) {
					t.Errorf("the secret shows: %#v", err)
				}
			})
		})
	}
}

func TestContextEndsWhileAnotherFetches(t *testing.T) {
	t.Parallel()
	t.Run("one waits, one fetches", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := &tokenProvider{fetch: func(int, *http.Request) (*http.Response, error) { return nil, sleep(t.Context(), time.Minute/2) }}
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
			check(t, "waited", time.Since(start), time.Second)
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
			group.Wait()
			check(t, "fetches", p.fetches.Load(), 1)
		})
	})
}

// Credentials give tokens outside a client too.
func TestClientCredentialsAsTokenSource(t *testing.T) {
	t.Parallel()
	source := ClientCredentials(ClientCredentialsConfig{ClientID: "id", ClientSecret: plantedSecret, TokenURL: "http://127.0.0.1:1/" + plantedKey})
	_, err := source.Token()
	check(t, "unavailable", errors.Is(err, ErrUnavailable), true)
	check(t, "kind of error", errorAs[*TokenError](t, err).StatusCode, 0)
}
