package functions

import (
	"context"

	"github.com/cogfn/cogfn/gen"
)

// SessionOption says on whose behalf a call or a schedule acts.
type SessionOption func(*sessionOptions)

type sessionOptions struct {
	nonce       *string
	credentials *SessionCredentials
	// lasting tells that the session must live on after the request, so that a one-shot session will not do.
	lasting bool
}

// WithNonce acts with a session of the caller's own instead of a new one. A nonce serves once, so such a request is
// repeated only when it was never sent: when no token was to be had, or no connection came about.
func WithNonce(nonce string) SessionOption {
	return func(o *sessionOptions) { o.nonce = &nonce }
}

// WithSession creates the session from other credentials than the client's.
func WithSession(credentials SessionCredentials) SessionOption {
	return func(o *sessionOptions) { o.credentials = &credentials }
}

func sessionSettings(opts []SessionOption) (sessionOptions, error) {
	var o sessionOptions
	for _, opt := range opts {
		opt(&o)
	}
	if o.nonce != nil && *o.nonce == "" {
		return o, &ArgumentError{Field: "nonce", Rule: "is empty; take the Nonce of a created session, or leave WithNonce out"}
	}
	return o, nil
}

// withNonce sends a request that holds a nonce, each attempt with one of a new session, unless the caller gave his own.
func (c *Client) withNonce(ctx context.Context, op gen.Operation, o sessionOptions, send func(nonce string, sessionID int64) error) error {
	return c.retry.do(ctx, op, func(int) error {
		if o.nonce != nil {
			err := send(*o.nonce, 0)
			if err != nil && !unsent(err) {
				return final{err}
			}
			return err
		}
		session, err := c.Sessions.create(ctx, o)
		if err != nil {
			return final{err} // its own attempts are behind it
		}
		return send(session.Nonce, session.ID)
	})
}
