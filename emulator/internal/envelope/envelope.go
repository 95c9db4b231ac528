// Package envelope defines the error responses of the API: {"error": {"code": …, "message": …}}.
package envelope

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Error is an error response.
type Error struct {
	// Status is the HTTP status and the code in the body.
	Status int
	// Message is the reason in one sentence. It never contains a secret.
	Message string
	// Missing contains ids that do not exist, Duplicated ids that already exist.
	Missing, Duplicated []map[string]any
	// Header contains additional headers of the response.
	Header http.Header
	// RetryAfter is the value of the Retry-After header, rounded up to seconds; 0 omits the header.
	RetryAfter time.Duration
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// New returns an error with a status and a formatted message.
func New(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

// BadRequest returns an error with status 400, the only error status that the API documents.
func BadRequest(format string, args ...any) *Error {
	return New(http.StatusBadRequest, format, args...)
}

// Undecodable returns the error for a request that matches the description but cannot be decoded. For example, 1.0 and 1e2
// are integers in the description but not in encoding/json.
func Undecodable(err error) *Error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && strings.HasPrefix(wrong.Value, "number") {
		return BadRequest("%s: write a whole number as digits alone, without a decimal point or exponent, in the request body", wrong.Field)
	}
	return BadRequest("the request is not valid: %v", err)
}

// Write sends err as the response.
func Write(w http.ResponseWriter, err *Error) {
	body, encodeErr := json.Marshal(gen.ErrorEnvelope{Error: gen.Error{
		Code:       int32(err.Status), //nolint:gosec // an HTTP status has three digits
		Message:    err.Message,
		Missing:    err.Missing,
		Duplicated: err.Duplicated,
	}})
	if encodeErr != nil { // cannot happen: ids are numbers, strings and pairs of strings
		http.Error(w, err.Message, err.Status)
		return
	}
	maps.Copy(w.Header(), err.Header)
	w.Header().Set("Content-Type", "application/json")
	if err.RetryAfter > 0 {
		seconds := int64((err.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	w.WriteHeader(err.Status)
	_, _ = w.Write(body) // fails if the client has disconnected
}
