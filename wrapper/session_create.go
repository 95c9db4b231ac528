package functions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/gen"
)

// SessionCredentials determine on whose behalf a session acts. Make them with [SessionClientCredentials],
// [SessionTokenExchange] or [SessionOneshotTokenExchange].
type SessionCredentials struct {
	kind         sessionKind
	clientID     string
	clientSecret Secret
}

type sessionKind uint8

const (
	tokenExchange sessionKind = iota
	oneshotTokenExchange
	clientCredentialsSession
)

// String returns the kind of the credentials and the client id, without the secret.
func (c SessionCredentials) String() string {
	switch c.kind {
	case oneshotTokenExchange:
		return "one-shot token exchange"
	case clientCredentialsSession:
		return "client credentials of " + c.clientID
	default:
		return "token exchange"
	}
}

// Format writes the same string as String, for every verb of package fmt except %p.
func (c SessionCredentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// SessionClientCredentials returns the credentials of a machine identity. Their sessions are renewed as long as the
// credentials are valid.
func SessionClientCredentials(clientID string, clientSecret Secret) SessionCredentials {
	return SessionCredentials{kind: clientCredentialsSession, clientID: clientID, clientSecret: clientSecret}
}

// SessionTokenExchange returns credentials that exchange the client's own token. Their sessions are renewed as long as the
// identity provider accepts that.
func SessionTokenExchange() SessionCredentials { return SessionCredentials{} }

// SessionOneshotTokenExchange returns credentials that exchange the client's own token for a short-lived session, which
// cannot be renewed. This needs no support by the identity provider. It suits single calls, not schedules.
func SessionOneshotTokenExchange() SessionCredentials {
	return SessionCredentials{kind: oneshotTokenExchange}
}

// CreatedSession is a new session. Its Nonce is valid once and for about a minute. The nonce is a secret: neither package
// fmt nor JSON shows it.
type CreatedSession struct{ gen.CreatedSession }

// String returns one line without the nonce.
func (s CreatedSession) String() string {
	return fmt.Sprintf("session %d: %s", s.ID, oneLine(string(s.Status)))
}

// Format writes the same line as String, for every verb of package fmt except %p.
func (s CreatedSession) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalJSON encodes the session with three asterisks as its nonce.
func (s CreatedSession) MarshalJSON() ([]byte, error) {
	s.Nonce = redacted
	return s.CreatedSession.MarshalJSON()
}

// LogValue returns the same line as String, for package slog.
func (s CreatedSession) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Create creates a session and returns it with its nonce. Use the nonce at once, with [WithNonce].
//
// Capability: sessionsAcl:CREATE.
// Reference: https://api-docs.cognite.com/20230101/tag/Sessions/operation/createSessions
func (s *SessionsService) Create(ctx context.Context, credentials SessionCredentials) (_ *CreatedSession, err error) {
	defer explain(&err, "create a session by %v", credentials)
	write, err := credentials.wire()
	if err != nil {
		return nil, err
	}
	body := gen.SessionCreateRequest{Items: []gen.SessionWrite{write}}
	got, err := received(s.client.api.CreateSessions(ctx, body))
	if err != nil {
		return nil, err
	}
	if len(got.Items) != 1 || got.Items[0].Nonce == "" {
		return nil, &RequestError{Operation: gen.CreateSessionsOperation.ID, Attempts: 1, Err: errors.New("the response has no nonce")}
	}
	return &CreatedSession{got.Items[0]}, nil
}

// create makes a session with the credentials of o or of the client. A client without credentials exchanges its token. A
// token that CDF itself issued cannot be exchanged and gets a one-shot session. A schedule does not get one, because its
// calls would fail within the hour.
func (s *SessionsService) create(ctx context.Context, o sessionOptions) (*CreatedSession, error) {
	credentials := cmp.Or(o.credentials, s.credentials)
	if credentials != nil {
		return s.Create(ctx, *credentials)
	}
	session, err := s.Create(ctx, SessionTokenExchange())
	if api, ok := errors.AsType[*APIError](err); ok && api.StatusCode == http.StatusBadRequest && !o.lasting {
		return s.Create(ctx, SessionOneshotTokenExchange())
	}
	return session, err
}

func (c SessionCredentials) wire() (w gen.SessionWrite, err error) {
	switch {
	case c.kind == oneshotTokenExchange:
		err = w.FromSessionWithOneshotTokenExchange(gen.SessionWithOneshotTokenExchange{OneshotTokenExchange: true})
	case c.kind == tokenExchange:
		err = w.FromSessionWithTokenExchange(gen.SessionWithTokenExchange{TokenExchange: true})
	case c.clientID == "" || c.clientSecret == "":
		err = &ArgumentError{Field: "session credentials", Rule: "need both a client id and a client secret"}
	default:
		err = w.FromSessionWithClientCredentials(gen.SessionWithClientCredentials{
			ClientID: c.clientID, ClientSecret: string(c.clientSecret),
		})
	}
	return w, err
}

// sessionCredentials returns the credentials of the token source that can create sessions, or nil.
func sessionCredentials(source oauth2.TokenSource) *SessionCredentials {
	if s, ok := source.(*clientCredentials); ok {
		return new(SessionClientCredentials(s.cfg.ClientID, s.cfg.ClientSecret))
	}
	return nil
}

// SessionOption determines the session of a call or a schedule.
type SessionOption func(*sessionOptions)

type sessionOptions struct {
	nonce       *string
	credentials *SessionCredentials
	// lasting excludes a one-shot session, because the session must outlive the request.
	lasting bool
}

// WithNonce uses a session of the caller instead of a new one. A nonce is valid once. Therefore the request is retried only
// if it was never sent, because there was no token or no connection.
func WithNonce(nonce string) SessionOption {
	return func(o *sessionOptions) { o.nonce = &nonce }
}

// WithSession creates the session with other credentials than those of the client.
func WithSession(credentials SessionCredentials) SessionOption {
	return func(o *sessionOptions) { o.credentials = &credentials }
}

func sessionSettings(opts []SessionOption) (sessionOptions, error) {
	var o sessionOptions
	for _, opt := range opts {
		opt(&o)
	}
	if o.nonce != nil && *o.nonce == "" {
		return o, &ArgumentError{Field: "nonce", Rule: "is empty; pass the Nonce of a created session, or omit WithNonce"}
	}
	return o, nil
}

// withNonce sends a request that contains a nonce. Each attempt has a new session, unless the caller passed a nonce.
func (c *Client) withNonce(ctx context.Context, op gen.Operation, o sessionOptions, send func(nonce string, sessionID int64) error) error {
	return c.retry.do(ctx, op, func(int) error {
		if o.nonce != nil {
			err := send(*o.nonce, 0)
			if err != nil && !unsent(err) {
				return permanent{err}
			}
			return err
		}
		session, err := c.Sessions.create(ctx, o)
		if err != nil {
			return permanent{err} // it was retried already
		}
		return send(session.Nonce, session.ID)
	})
}
