package functions

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// TokenError says that no access token could be had.
type TokenError struct {
	// TokenURL is where it was asked for; "" for token sources of the caller's own.
	TokenURL string
	// StatusCode is the provider's HTTP status; 0 if none came.
	StatusCode int
	// Code and Description are the provider's explanation, for example "invalid_client".
	Code, Description string
	// Err is the cause.
	Err error
}

// Error says in one sentence what happened and what to do about it.
func (e *TokenError) Error() string {
	var b strings.Builder
	b.WriteString("functions: cannot get an access token")
	if e.TokenURL != "" {
		b.WriteString(" from " + e.TokenURL)
	}
	switch {
	case e.Code != "":
		fmt.Fprintf(&b, ": %s", e.Code)
		if e.Description != "" {
			fmt.Fprintf(&b, " (%s)", oneLine(e.Description))
		}
		b.WriteString("; check the client id, the client secret and the scopes")
	case e.StatusCode != 0:
		fmt.Fprintf(&b, ": the provider answered with status %d; check the token URL", e.StatusCode)
	default:
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// Is matches ErrUnauthorized when the provider refused, and ErrUnavailable when it could not answer.
func (e *TokenError) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		refused := e.StatusCode/100 == 4 || e.StatusCode/100 == 2 && e.Code != "" // some providers refuse with 200
		return refused && e.StatusCode != http.StatusTooManyRequests
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrUnavailable:
		return transient(e.StatusCode) || e.StatusCode == 0 && (notConnected(e.Err) || interrupted(e.Err))
	}
	return false
}

// newTokenError keeps of the provider's answer what cannot hold a secret: the whole body might echo the request.
func newTokenError(tokenURL string, err error) *TokenError {
	e := &TokenError{TokenURL: tokenURL, Err: withoutURL(err)}
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if answer.Response != nil {
			e.StatusCode = answer.Response.StatusCode
		}
		e.Code, e.Description = answer.ErrorCode, answer.ErrorDescription
		e.Err = fmt.Errorf("status %d", e.StatusCode)
	}
	return e
}
