package functions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/gen"
)

// SessionsService creates, reads and revokes sessions; it is Client.Sessions. Calling and scheduling functions create
// theirs by themselves.
type SessionsService struct {
	client      *Client
	credentials *SessionCredentials
}

// SessionCredentials say on whose behalf a function acts; made by SessionClientCredentials, SessionTokenExchange or
// SessionOneshotTokenExchange.
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

// String shows the kind of the credentials and whose they are, without the secret.
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

// GoString shows the same as String, for the %#v verb.
func (c SessionCredentials) GoString() string { return c.String() }

// SessionClientCredentials is a machine identity. Its sessions are renewed for as long as the credentials are valid.
func SessionClientCredentials(clientID string, clientSecret Secret) SessionCredentials {
	return SessionCredentials{kind: clientCredentialsSession, clientID: clientID, clientSecret: clientSecret}
}

// SessionTokenExchange exchanges the client's own token. Its sessions are renewed while the identity provider agrees.
func SessionTokenExchange() SessionCredentials { return SessionCredentials{} }

// SessionOneshotTokenExchange exchanges the client's own token for a session that cannot be renewed, which is short-lived
// and needs no support by the identity provider. It suits single calls, not schedules.
func SessionOneshotTokenExchange() SessionCredentials {
	return SessionCredentials{kind: oneshotTokenExchange}
}

// CreatedSession is a session that was just created. Its Nonce serves once and for about a minute; it is a secret, and
// neither printing the session nor encoding it as JSON shows it.
type CreatedSession struct{ gen.CreatedSession }

// String shows the session without its nonce.
func (s CreatedSession) String() string {
	return fmt.Sprintf("session %d (%s)", s.ID, s.Status)
}

// GoString shows the session without its nonce, for the %#v verb.
func (s CreatedSession) GoString() string { return s.String() }

// MarshalJSON shows the session with three stars for its nonce.
func (s CreatedSession) MarshalJSON() ([]byte, error) {
	s.Nonce = redacted
	return s.CreatedSession.MarshalJSON()
}

// LogValue shows the session without its nonce, for package slog.
func (s CreatedSession) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Create creates a session and returns it with its nonce. Use the nonce at once, with WithNonce.
func (s *SessionsService) Create(ctx context.Context, credentials SessionCredentials) (*CreatedSession, error) {
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
		return nil, &RequestError{Operation: gen.CreateSessionsOperation.ID, Attempts: 1, Err: errors.New("the answer holds no nonce")}
	}
	return &CreatedSession{got.Items[0]}, nil
}

// create makes a session with the given credentials, or else the client's own. Where the client has none but its token,
// the token is exchanged; tokens that CDF itself issued cannot be, and get a one-shot session, unless it must last: a
// schedule with one would be created and fail within the hour.
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

// sessionCredentials are those of the token source, if it has any that sessions can be created with.
func sessionCredentials(source oauth2.TokenSource) *SessionCredentials {
	if s, ok := source.(*clientCredentials); ok {
		return new(SessionClientCredentials(s.cfg.ClientID, s.cfg.ClientSecret))
	}
	return nil
}
