package functions

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// earlyRefresh is how long before its end a token is renewed, so that it does not expire on its way to the service.
const earlyRefresh = time.Minute

// ClientCredentialsConfig holds what the OAuth 2.0 client credentials flow needs.
type ClientCredentialsConfig struct {
	// ClientID and ClientSecret are the machine identity at the project's identity provider.
	ClientID     string
	ClientSecret Secret
	// TokenURL is where tokens are to be had, for example
	// "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token" or "https://auth.cognite.com/oauth2/token". Plain http
	// is taken for loopback addresses alone.
	TokenURL string
	// Scopes to ask for. Entra ID wants "https://CLUSTER.cognitedata.com/.default", Cognite's own provider none.
	Scopes []string
	// Audience to ask for, with providers that want one; "" sends none.
	Audience string
}

// ClientCredentials returns a token source for a machine identity. The client that uses it fetches a token when one is
// needed, once for all goroutines, renews it a minute before it expires and when the service refuses it, and creates
// sessions with the same credentials.
func ClientCredentials(cfg ClientCredentialsConfig) oauth2.TokenSource {
	return &clientCredentials{cfg}
}

type clientCredentials struct{ cfg ClientCredentialsConfig }

// String shows whose credentials they are, without the secret.
func (s *clientCredentials) String() string { return "client credentials of " + s.cfg.ClientID }

// GoString shows whose credentials they are, without the secret, for the %#v verb.
func (s *clientCredentials) GoString() string { return s.String() }

// Token makes the credentials usable outside a client too; each use fetches a token.
func (s *clientCredentials) Token() (*oauth2.Token, error) {
	return s.fetch(context.Background())
}

func (s *clientCredentials) fetch(ctx context.Context) (*oauth2.Token, error) {
	cc := clientcredentials.Config{
		ClientID:     s.cfg.ClientID,
		ClientSecret: string(s.cfg.ClientSecret),
		TokenURL:     s.cfg.TokenURL,
		Scopes:       s.cfg.Scopes,
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	if s.cfg.Audience != "" {
		cc.EndpointParams = url.Values{"audience": {s.cfg.Audience}}
	}
	token, err := cc.Token(ctx)
	if err != nil {
		failed := newTokenError(s.cfg.TokenURL, err)
		if s.cfg.ClientSecret != "" { // providers may quote what they were sent
			failed.Description = strings.ReplaceAll(failed.Description, string(s.cfg.ClientSecret), redacted)
		}
		return nil, failed
	}
	return token, nil
}

func (s *clientCredentials) check() error {
	var errs []error
	if s.cfg.ClientID == "" {
		errs = append(errs, errors.New("the client id is missing; set ClientCredentialsConfig.ClientID"))
	}
	if s.cfg.ClientSecret == "" {
		errs = append(errs, errors.New("the client secret is missing; set ClientCredentialsConfig.ClientSecret"))
	}
	u, err := url.Parse(s.cfg.TokenURL)
	if err != nil || u.Host == "" {
		return join(append(errs, errors.New("the token URL is not an address; set ClientCredentialsConfig.TokenURL"))...)
	}
	if u.User != nil {
		errs = append(errs, errors.New("the token URL must hold no credentials; set ClientID and ClientSecret instead"))
	}
	return join(append(errs, requireSecure(u, "token URL"))...)
}

// StaticToken returns a token source that always gives token. Nobody renews it: when it has expired, requests fail with
// ErrUnauthorized. Sessions are created by exchanging it.
func StaticToken(token Secret) oauth2.TokenSource {
	return staticToken{&oauth2.Token{AccessToken: string(token)}}
}

// staticToken is oauth2's own static source, but shows no token whichever way it is printed.
type staticToken struct{ token *oauth2.Token }

// Token returns the token.
func (s staticToken) Token() (*oauth2.Token, error) { return s.token, nil }

// String shows what the source is, without the token.
func (s staticToken) String() string { return "static token" }

// GoString shows what the source is, without the token, for the %#v verb.
func (s staticToken) GoString() string { return s.String() }

// requireSecure refuses to send credentials in clear over a network.
func requireSecure(u *url.URL, what string) error {
	if u.Scheme == "https" {
		return nil
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); u.Scheme == "http" && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("the %s %s://%s would send credentials in clear; use https (http is for loopback addresses)",
		what, u.Scheme, u.Host)
}

// tokens hands out the token of a source. Client credentials know contexts and can be asked again, so for them it
// remembers the token; every other source remembers its own.
type tokens struct {
	source     oauth2.TokenSource
	httpClient *http.Client

	lock    chan struct{} // a mutex that can be awaited together with a context
	cached  *oauth2.Token
	renewAt time.Time
}

func newTokens(source oauth2.TokenSource, h *http.Client) *tokens {
	return &tokens{source: source, httpClient: h, lock: make(chan struct{}, 1)}
}

// get returns a token other than refused, which is nil or one that the service did not take. The second value tells
// whether asking was any use: false when the source has no other token to give.
func (t *tokens) get(ctx context.Context, refused *oauth2.Token) (token *oauth2.Token, renewed bool, err error) {
	credentials, ok := t.source.(*clientCredentials)
	if !ok {
		if token, err = t.source.Token(); err != nil {
			return nil, false, newTokenError("", err)
		}
		if token == nil || token.AccessToken == "" {
			return nil, false, newTokenError("", errors.New("the token source gave an empty token; check where it comes from"))
		}
		return token, refused == nil || token.AccessToken != refused.AccessToken, nil
	}
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return nil, false, contextError(ctx)
	}
	if t.cached != nil && t.cached != refused && time.Now().Before(t.renewAt) {
		return t.cached, true, nil
	}
	token, err = credentials.fetch(context.WithValue(ctx, oauth2.HTTPClient, t.httpClient))
	if err != nil {
		return nil, false, err
	}
	t.cached, t.renewAt = token, renewalTime(token, time.Now())
	return token, true, nil
}

// renewalTime is a minute before the token's end, or half-way to it for one that lives less than two minutes.
func renewalTime(token *oauth2.Token, now time.Time) time.Time {
	if token.Expiry.IsZero() {
		return now.Add(time.Hour) // the provider did not say, and an hour is what most give
	}
	return token.Expiry.Add(-min(earlyRefresh, token.Expiry.Sub(now)/2))
}
