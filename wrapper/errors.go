package functions

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/cogfn/cogfn/gen"
)

// Kinds of errors, for errors.Is.
var (
	// ErrNotFound: a resource does not exist.
	ErrNotFound = errors.New("not found")
	// ErrDuplicated: another resource already has the external id.
	ErrDuplicated = errors.New("duplicated")
	// ErrUnauthorized: the service or the identity provider does not accept the credentials.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the credentials are valid but lack a capability.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: too many requests or too many running calls, also after all retries.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable: the service could not be reached or could not respond, also after all retries.
	ErrUnavailable = errors.New("unavailable")
	// ErrInvalid: the client rejected an argument before it sent a request.
	ErrInvalid = errors.New("invalid argument")
	// ErrCallFailed: the function raised an error or its process ended.
	ErrCallFailed = errors.New("call failed")
	// ErrCallTimeout: the function ran longer than the service allows.
	ErrCallTimeout = errors.New("call timed out")
)

// ArgumentError reports an argument that the client rejected before it sent a request. It matches [ErrInvalid].
type ArgumentError struct {
	// Field is the name of the field or parameter, such as "Name" or "limit".
	Field string
	// Rule says what is wrong and what is allowed. It never contains the value of a secret.
	Rule string
}

// Error returns one sentence with the field and the rule.
func (e *ArgumentError) Error() string { return fmt.Sprintf("functions: %s %s", e.Field, e.Rule) }

// Is matches ErrInvalid.
func (e *ArgumentError) Is(target error) bool { return target == ErrInvalid }

// NotFoundError reports a resource that the service left out of its response. An unknown id that the service rejects is
// an [*APIError] instead. Both match [ErrNotFound].
type NotFoundError struct {
	// Resource names the resource, for example "function with external id nope".
	Resource string
}

// Error returns the resource followed by "not found".
func (e *NotFoundError) Error() string { return "functions: " + e.Resource + " not found" }

// Is matches ErrNotFound.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// joined is a list of errors whose message is one line.
type joined []error

// Error separates the messages by semicolons. Only the first keeps the prefix of the package.
func (j joined) Error() string {
	messages := make([]string, len(j))
	for i, err := range j {
		messages[i] = err.Error()
		if i > 0 {
			messages[i] = withoutPrefix(err)
		}
	}
	return strings.Join(messages, "; ")
}

// Unwrap returns the errors.
func (j joined) Unwrap() []error { return j }

// join is errors.Join with a message of one line.
func join(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return joined(errs)
}

// withoutPrefix returns the message of err for use inside another message.
func withoutPrefix(err error) string { return strings.TrimPrefix(err.Error(), "functions: ") }

// oneLine replaces the line breaks of a string from the service or the user, which becomes part of a message.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func attemptsAndID(attempts int, id string) string {
	var parts []string
	if attempts > 1 {
		parts = append(parts, fmt.Sprintf("%d attempts", attempts))
	}
	if id != "" {
		parts = append(parts, "request id "+id)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

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
	cause := oneLine(fmt.Sprint(e.Err))
	return fmt.Sprintf("%s: no usable response: %s%s", failure(e.Action, e.Operation), cause, attemptsAndID(e.Attempts, e.RequestID))
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

// explain records in *err what the method did, such as "retrieve the function with external id nope". Methods defer it. The
// innermost method that does so determines the text.
func explain(err *error, format string, args ...any) {
	var action *string
	if api, ok := errors.AsType[*APIError](*err); ok {
		action = &api.Action
	} else if request, ok := errors.AsType[*RequestError](*err); ok {
		action = &request.Action
	}
	if action != nil && *action == "" {
		*action = fmt.Sprintf(format, args...)
	}
}

// failure returns the start of an error message. It names the action, or the operation for requests through Gen.
func failure(action, operation string) string {
	if action == "" {
		return "functions: " + operation + " failed"
	}
	return "functions: cannot " + action
}

// received turns the generated client's error for a success with an unusable body into a *RequestError.
func received[T any](got *T, err error) (*T, error) {
	if e, ok := errors.AsType[*gen.ResponseError](err); ok && e.Err != nil {
		return nil, &RequestError{
			Operation: e.Operation.ID, RequestID: e.Header.Get(requestIDHeader), Attempts: 1,
			Err: fmt.Errorf("status %d, but %w", e.StatusCode, e.Err),
		}
	}
	return got, err
}
