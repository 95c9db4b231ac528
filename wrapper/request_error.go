package functions

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/cogfn/cogfn/gen"
)

// RequestError reports a request without a usable response: the connection failed, the response was incomplete or did
// not match the API.
type RequestError struct {
	// Action is what the method tried to do, for example "list functions". It is "" for requests through [Client.Gen].
	Action string
	// Operation is the id of the operation, for example "listFunctions".
	Operation string
	// RequestID identifies the request for the service's support. It is "" without a response.
	RequestID string
	// Attempts is the number of times that the request was sent.
	Attempts int
	// Err is the error of the last attempt.
	Err error
}

// Error returns one sentence: what failed, why, and the request id.
func (e *RequestError) Error() string {
	return fmt.Sprintf("%s: no usable response: %v%s", failure(e.Action, e.Operation), e.Err, attemptsAndID(e.Attempts, e.RequestID))
}

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Err }

// Is matches ErrUnavailable when the connection failed.
func (e *RequestError) Is(target error) bool {
	return target == ErrUnavailable && (notConnected(e.Err) || interrupted(e.Err))
}

// countAttempts records the number of attempts in err. It turns a failed connection into a *RequestError.
func countAttempts(op gen.Operation, err error, attempts int) error {
	if api, ok := errors.AsType[*APIError](err); ok {
		api.Attempts = attempts
		return err
	}
	if request, ok := errors.AsType[*RequestError](err); ok {
		request.Attempts = attempts
		return err
	}
	if _, ok := errors.AsType[*TokenError](err); ok {
		return err
	}
	return &RequestError{Operation: op.ID, Attempts: attempts, Err: withoutURL(err)}
}

// withoutURL removes the URL from an error of net/http, because queries may contain secrets.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
