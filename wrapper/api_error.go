package functions

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// maxErrorBytes bounds what is read of an answer that says what went wrong.
const maxErrorBytes = 1 << 20

// APIError is an answer of the service outside 2xx. Get it with errors.As or errors.AsType[*functions.APIError]. The
// text of Error is for people and may change; the fields are for programs.
type APIError struct {
	// Operation is the id of the operation, for example "postFunctions".
	Operation string
	// Method and Path of the request. Path has no query, and is "" for signed addresses, which are secrets.
	Method, Path string
	// StatusCode is the HTTP status, Code the one in the body, which is the same unless a proxy answered.
	StatusCode, Code int
	// Message is the service's explanation, or a remark on what came instead of one.
	Message string
	// Missing and Duplicated are the ids that the service names, as it sent them; their keys may be in snake_case.
	Missing, Duplicated []json.RawMessage
	// RequestID identifies the request to the service's support; "" if the answer had none.
	RequestID string
	// RetryAfter is how long the service asks to wait; 0 if it does not say.
	RetryAfter time.Duration
	// AutoRetryable is true when the service says that the request may be repeated.
	AutoRetryable bool
	// Attempts is how many times the request was sent.
	Attempts int
	// Capability is what the operation needs, for example "functionsAcl:WRITE", or several joined by " or ".
	Capability string
}

// Error says in one sentence what happened, what to do about it, and the request id.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "functions: %s was refused with status %d: %s", e.Operation, e.StatusCode, strings.TrimRight(oneLine(e.Message), "."))
	for _, list := range []struct {
		name string
		ids  []json.RawMessage
	}{{"missing", e.Missing}, {"duplicated", e.Duplicated}} {
		if len(list.ids) > 0 {
			fmt.Fprintf(&b, " (%s: %s)", list.name, bytes.Join(toBytes(list.ids), []byte(", ")))
		}
	}
	if advice := e.advice(); advice != "" {
		b.WriteString("; " + advice)
	}
	b.WriteString(attemptsAndID(e.Attempts, e.RequestID))
	return b.String()
}

func (e *APIError) advice() string {
	switch {
	case e.StatusCode == http.StatusUnauthorized:
		return "check the credentials and the project"
	case e.StatusCode == http.StatusForbidden && e.Capability != "":
		return "ask for the capability " + e.Capability
	case e.StatusCode == http.StatusTooManyRequests && e.RetryAfter > 0:
		return fmt.Sprintf("try again in %v", e.RetryAfter)
	case e.StatusCode == http.StatusTooManyRequests || passing(e.StatusCode):
		return "try again later"
	}
	return ""
}

// Is matches the kinds of failure that the status and the listed ids tell.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound || len(e.Missing) > 0
	case ErrDuplicated:
		return len(e.Duplicated) > 0
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized
	case ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrUnavailable:
		return passing(e.StatusCode)
	}
	return false
}

// LogValue gives package slog the fields instead of the sentence.
func (e *APIError) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("operation", e.Operation), slog.Int("status", e.StatusCode), slog.String("message", e.Message),
		slog.String("requestId", e.RequestID), slog.Int("attempts", e.Attempts),
	)
}

func newAPIError(req *http.Request, resp *http.Response, body []byte) *APIError {
	op := operationOf(req)
	e := &APIError{
		Operation: op.ID, Capability: strings.Join(op.Capabilities, " or "), Method: req.Method, Path: req.URL.Path,
		StatusCode: resp.StatusCode, Code: resp.StatusCode, RequestID: requestID(resp), Attempts: 1,
		RetryAfter: parseRetryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	if op.Path == "" {
		e.Path = ""
	}
	e.AutoRetryable = strings.EqualFold(resp.Header.Get("Cdf-Is-Auto-Retryable"), "true")
	e.decode(resp, body)
	return e
}

// decode is tolerant: proxies answer with pages, and the service itself has sent a plain text for the whole error, an
// object for its message, and errors without a code. Each field is read by itself, so that an odd one spoils no other.
func (e *APIError) decode(resp *http.Response, body []byte) {
	status := cmp.Or(http.StatusText(e.StatusCode), "no reason given")
	var envelope struct{ Error json.RawMessage }
	if json.Unmarshal(body, &envelope) != nil || len(envelope.Error) == 0 {
		e.Message = fmt.Sprintf("%s, with an answer that is not of the API (%s)", status, mediaType(resp))
		return
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(envelope.Error, &fields) != nil {
		e.Message = cmp.Or(textOf(envelope.Error), status)
		return
	}
	if code := fieldOf[json.Number](fields, "code"); code != "" {
		if n, err := code.Int64(); err == nil && n != 0 {
			e.Code = int(n)
		}
	}
	e.Message = cmp.Or(textOf(fields["message"]), status)
	e.Missing = fieldOf[[]json.RawMessage](fields, "missing")
	e.Duplicated = fieldOf[[]json.RawMessage](fields, "duplicated")
	e.AutoRetryable = e.AutoRetryable || fieldOf[bool](fields, "isAutoRetryable")
}

// fieldOf returns the zero value for a field that is absent or of another type.
func fieldOf[T any](fields map[string]json.RawMessage, name string) T {
	var v, none T
	if json.Unmarshal(fields[name], &v) != nil {
		return none
	}
	return v
}

// textOf returns a JSON text without its quotes, and any other JSON as it is.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func toBytes(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, raw := range list {
		out[i] = raw
	}
	return out
}
