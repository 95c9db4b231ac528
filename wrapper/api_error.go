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

// maxErrorBytes limits how much of an error response is read.
const maxErrorBytes = 1 << 20

// APIError is a response of the service with a status other than 2xx. Get it with errors.As or
// errors.AsType[*functions.APIError]. The fields are for programs. The text of Error is for people and may change.
type APIError struct {
	// Action is what the method tried to do, for example "retrieve the function with external id nope". It is "" for
	// requests through [Client.Gen].
	Action string
	// Operation is the id of the operation, for example "postFunctions".
	Operation string
	// Method and Path of the request. Path has no query, and is "" for signed URLs, which are secrets.
	Method, Path string
	// StatusCode is the HTTP status. Code is the status in the body, which is the same unless a proxy responded.
	StatusCode, Code int
	// Message is the explanation of the service, or a description of a response without one.
	Message string
	// Missing and Duplicated are the ids that the service names, unchanged. Their keys may be in snake_case.
	Missing, Duplicated []json.RawMessage
	// RequestID identifies the request for the service's support. It is "" if the response had none.
	RequestID string
	// RetryAfter is the pause that the service requests, or 0.
	RetryAfter time.Duration
	// AutoRetryable reports whether the service marks the request as retryable.
	AutoRetryable bool
	// Attempts is the number of times that the request was sent.
	Attempts int
	// Capability is the capability that the operation needs, for example "functionsAcl:WRITE" or, with alternatives,
	// "functionsAcl:RUN or functionsAcl:WRITE".
	Capability string
}

// Error returns one sentence: what failed, why, what to do, and the request id.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: status %d: %s", failure(e.Action, e.Operation), e.StatusCode, strings.TrimRight(oneLine(e.Message), "."))
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
	case e.StatusCode == http.StatusTooManyRequests || transient(e.StatusCode):
		return "try again later"
	}
	return ""
}

// Is matches the kind of error by the status and the listed ids.
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
		return transient(e.StatusCode)
	}
	return false
}

// LogValue returns the fields, for package slog.
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

// decode is tolerant: proxies respond with HTML, and the service has sent a string for the whole error, an object for
// the message, and errors without a code. Each field is decoded separately, so that one unexpected field does not affect the
// others.
func (e *APIError) decode(resp *http.Response, body []byte) {
	status := cmp.Or(http.StatusText(e.StatusCode), "no reason given")
	var envelope struct{ Error json.RawMessage }
	if json.Unmarshal(body, &envelope) != nil || len(envelope.Error) == 0 {
		e.Message = fmt.Sprintf("%s; the response is not from the API (%s)", status, mediaType(resp))
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

// fieldOf returns the zero value for a field that is absent or has another type.
func fieldOf[T any](fields map[string]json.RawMessage, name string) T {
	var v, none T
	if json.Unmarshal(fields[name], &v) != nil {
		return none
	}
	return v
}

// textOf returns the value of a JSON string, or any other JSON unchanged.
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

func mediaType(resp *http.Response) string {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if kind == "" {
		return "no content type"
	}
	return kind
}
