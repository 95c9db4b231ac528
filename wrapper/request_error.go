package functions

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/cogfn/cogfn/gen"
)

// RequestError is a request to which no usable answer came: the connection failed, the answer broke off or was not what
// the API promises. Err is the cause.
type RequestError struct {
	// Operation is the id of the operation, for example "listFunctions".
	Operation string
	// RequestID identifies the request to the service's support; "" if no answer came.
	RequestID string
	// Attempts is how many times the request was sent.
	Attempts int
	// Err is what went wrong with the last attempt.
	Err error
}

// Error says in one sentence what happened, and the request id where there is one.
func (e *RequestError) Error() string {
	return fmt.Sprintf("functions: %s got no usable answer: %v%s", e.Operation, e.Err, attemptsAndID(e.Attempts, e.RequestID))
}

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Err }

// Is matches ErrUnavailable when the connection failed.
func (e *RequestError) Is(target error) bool {
	return target == ErrUnavailable && (notConnected(e.Err) || interrupted(e.Err))
}

// countAttempts makes sure that err says how often op was tried, and that a failed connection is a *RequestError.
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

// withoutURL takes the address out of an error of net/http: queries may hold what nobody should read in a log.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
