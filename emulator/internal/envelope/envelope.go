// Package envelope holds the one shape in which the service reports errors: {"error": {"code", "message", …}}.
package envelope

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Error is an error that a caller of the service gets to see.
type Error struct {
	// Status is the HTTP status, and the envelope's code as well.
	Status int
	// Message says in one sentence what went wrong. It never holds a secret.
	Message string
	// Missing and Duplicated list ids that were not found, and ids that are taken.
	Missing, Duplicated []map[string]any
	// RetryAfter is how long the caller should wait before the next try; 0 leaves the header out.
	RetryAfter time.Duration
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// New makes an error from a status and a sentence.
func New(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

// BadRequest makes an error with status 400, the only one that the API documents.
func BadRequest(format string, args ...any) *Error {
	return New(http.StatusBadRequest, format, args...)
}

// Undecodable makes the error for a request that follows the description and still cannot be read: to the description,
// 1.0 and 1e2 are whole numbers.
func Undecodable(err error) *Error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && strings.HasPrefix(wrong.Value, "number") {
		return BadRequest("%s: write a whole number as digits alone, without a decimal point or exponent, in the request body", wrong.Field)
	}
	return BadRequest("the request is not valid: %v", err)
}

// Write sends err as the whole answer.
func Write(w http.ResponseWriter, err *Error) {
	body, encodeErr := json.Marshal(gen.ErrorEnvelope{Error: gen.Error{
		Code:       int32(err.Status), //nolint:gosec // an HTTP status has three digits
		Message:    err.Message,
		Missing:    err.Missing,
		Duplicated: err.Duplicated,
	}})
	if encodeErr != nil { // cannot happen: ids are numbers and texts
		http.Error(w, err.Message, err.Status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err.RetryAfter > 0 {
		seconds := int64((err.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	w.WriteHeader(err.Status)
	_, _ = w.Write(body) // the caller may have gone; nobody is left to tell
}
