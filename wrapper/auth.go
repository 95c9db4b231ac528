package functions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

// earlyRefresh is the time between the renewal and the expiry of a token, so that a token does not expire in transit.
const earlyRefresh = time.Minute

// ClientCredentialsConfig configures the OAuth 2.0 client credentials flow.
type ClientCredentialsConfig struct {
	// ClientID and ClientSecret are the credentials of the machine identity at the identity provider.
	ClientID     string
	ClientSecret Secret
	// TokenURL is the token endpoint, for example "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token" or
	// "https://auth.cognite.com/oauth2/token". It must use https, except for loopback addresses.
	TokenURL string
	// Scopes are the requested scopes. Entra ID needs "https://CLUSTER.cognitedata.com/.default". Cognite's own provider
	// needs none.
	Scopes []string
	// Audience is the requested audience for providers that need one. "" sends none.
	Audience string
}

// ClientCredentials returns a token source for a machine identity. The client requests one token for all goroutines, and
// renews it a minute before it expires or when the service rejects it. It creates sessions with the same credentials.
func ClientCredentials(cfg ClientCredentialsConfig) oauth2.TokenSource {
	return &clientCredentials{cfg}
}

type clientCredentials struct{ cfg ClientCredentialsConfig }

// String returns the client id, without the secret.
func (s *clientCredentials) String() string { return "client credentials of " + s.cfg.ClientID }

// Format writes the same string as String, for every verb of package fmt except %p.
func (s *clientCredentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// Token requests a token, for use without a client. It does not cache the token.
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
		if s.cfg.ClientSecret != "" { // providers may quote the request
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
		return join(append(errs, errors.New("the token URL is not a URL; set ClientCredentialsConfig.TokenURL"))...)
	}
	if u.User != nil {
		errs = append(errs, errors.New("the token URL must not contain credentials; set ClientID and ClientSecret instead"))
	}
	return join(append(errs, requireSecure(u, "token URL"))...)
}

// StaticToken returns a token source that always returns token. It is never renewed: after it has expired, requests fail
// with [ErrUnauthorized]. The client creates sessions by exchanging it.
func StaticToken(token Secret) oauth2.TokenSource {
	return staticToken{&oauth2.Token{AccessToken: string(token)}}
}

// staticToken is the static source of oauth2, except that package fmt does not show the token.
type staticToken struct{ token *oauth2.Token }

// Token returns the token.
func (s staticToken) Token() (*oauth2.Token, error) { return s.token, nil }

// String returns the kind of the source, without the token.
func (s staticToken) String() string { return "static token" }

// Format writes the same string as String, for every verb of package fmt except %p.
func (s staticToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// requireSecure rejects a URL that would send credentials unencrypted over a network.
func requireSecure(u *url.URL, what string) error {
	if u.Scheme == "https" {
		return nil
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); u.Scheme == "http" && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("the %s %s://%s would send credentials unencrypted; use https (http is for loopback addresses)",
		what, u.Scheme, u.Host)
}

// tokens returns the tokens of a source. It caches the token of client credentials, which it can request with a context.
// Other sources cache their tokens themselves.
type tokens struct {
	source     oauth2.TokenSource
	httpClient *http.Client

	lock    chan struct{} // a mutex that a context can interrupt
	cached  *oauth2.Token
	renewAt time.Time
}

func newTokens(source oauth2.TokenSource, h *http.Client) *tokens {
	return &tokens{source: source, httpClient: h, lock: make(chan struct{}, 1)}
}

// get returns a token. rejected is nil, or a token that the service did not accept. renewed reports whether the returned
// token is another one.
func (t *tokens) get(ctx context.Context, rejected *oauth2.Token) (token *oauth2.Token, renewed bool, err error) {
	credentials, ok := t.source.(*clientCredentials)
	if !ok {
		if token, err = t.source.Token(); err != nil {
			return nil, false, newTokenError("", err)
		}
		if token == nil || token.AccessToken == "" {
			return nil, false, newTokenError("", errors.New("the token source returned an empty token; check where it gets its token"))
		}
		return token, rejected == nil || token.AccessToken != rejected.AccessToken, nil
	}
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return nil, false, ctxwait.Error(ctx)
	}
	if t.cached != nil && t.cached != rejected && time.Now().Before(t.renewAt) {
		return t.cached, true, nil
	}
	token, err = credentials.fetch(context.WithValue(ctx, oauth2.HTTPClient, t.httpClient))
	if err != nil {
		return nil, false, err
	}
	t.cached, t.renewAt = token, renewalTime(token, time.Now())
	return token, true, nil
}

// renewalTime returns the time at which the client renews the token: one minute before its expiry, or in the middle of its
// remaining lifetime if that is below two minutes.
func renewalTime(token *oauth2.Token, now time.Time) time.Time {
	if token.Expiry.IsZero() {
		return now.Add(time.Hour) // the provider did not state it; an hour is usual
	}
	return token.Expiry.Add(-min(earlyRefresh, token.Expiry.Sub(now)/2))
}

// TokenError reports that there is no access token.
type TokenError struct {
	// TokenURL is the token endpoint, or "" for a token source of the caller.
	TokenURL string
	// StatusCode is the HTTP status of the provider, or 0 without a response.
	StatusCode int
	// Code and Description are the explanation of the provider, for example "invalid_client".
	Code, Description string
	// Err is the cause.
	Err error
}

// Error returns one sentence: what failed, why, and what to do.
func (e *TokenError) Error() string {
	var b strings.Builder
	b.WriteString("functions: cannot get an access token")
	if e.TokenURL != "" {
		b.WriteString(" from " + e.TokenURL)
	}
	switch {
	case e.Code != "":
		fmt.Fprintf(&b, ": %s", oneLine(e.Code))
		if e.Description != "" {
			fmt.Fprintf(&b, " (%s)", oneLine(e.Description))
		}
		b.WriteString("; check the client id, the client secret and the scopes")
	case e.StatusCode != 0:
		fmt.Fprintf(&b, ": the provider responded with status %d; check the token URL", e.StatusCode)
	default:
		b.WriteString(": " + oneLine(fmt.Sprint(e.Err)))
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// Is matches ErrUnauthorized if the provider rejected the credentials, ErrRateLimited by the status, and ErrUnavailable if
// the provider could not respond.
func (e *TokenError) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		rejected := e.StatusCode/100 == 4 || e.StatusCode/100 == 2 && e.Code != "" // some providers reject with status 200
		return rejected && e.StatusCode != http.StatusTooManyRequests
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrUnavailable:
		return transient(e.StatusCode) || e.StatusCode == 0 && (notConnected(e.Err) || interrupted(e.Err))
	}
	return false
}

// newTokenError keeps only the parts of the provider's response that cannot contain a secret. The body might quote the
// request.
func newTokenError(tokenURL string, err error) *TokenError {
	e := &TokenError{TokenURL: tokenURL, Err: withoutURL(err)}
	if rejection, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if rejection.Response != nil {
			e.StatusCode = rejection.Response.StatusCode
		}
		e.Code, e.Description = rejection.ErrorCode, rejection.ErrorDescription
		e.Err = fmt.Errorf("status %d", e.StatusCode)
	}
	return e
}
