package functions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Kinds of failure, for errors.Is. Errors that this package returns match the one that fits them.
var (
	// ErrNotFound: something asked for does not exist.
	ErrNotFound = errors.New("not found")
	// ErrDuplicated: the external id is taken already.
	ErrDuplicated = errors.New("duplicated")
	// ErrUnauthorized: the service or the identity provider does not accept the credentials.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the credentials are good, but lack a capability.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: too many requests or too many running calls, and still so after all retries.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable: the service could not be reached or could not answer, and still so after all retries.
	ErrUnavailable = errors.New("unavailable")
	// ErrInvalid: an argument was refused before anything was sent.
	ErrInvalid = errors.New("invalid argument")
)

// maxErrorBytes bounds what is read of an answer that says what went wrong.
const maxErrorBytes = 1 << 20

// APIError is an answer of the service outside 2xx. Get it with errors.As or errors.AsType[*functions.APIError]. The
// text of Error is for people and may change; the fields are for programs.
type APIError struct {
	// Operation is the id of the operation, for example "postFunctions".
	Operation string
	// Method and Path of the request; Path has no query.
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
	// Capability is what the operation needs, for example "functionsAcl:WRITE".
	Capability string
}

// Error says in one sentence what happened, what to do about it, and the request id.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "functions: %s was refused with status %d: %s", e.Operation, e.StatusCode, strings.TrimRight(e.Message, ". \n"))
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
		Operation: op.id, Capability: op.capability, Method: req.Method, Path: req.URL.Path,
		StatusCode: resp.StatusCode, Code: resp.StatusCode, RequestID: requestID(resp), Attempts: 1,
		RetryAfter: parseRetryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	e.AutoRetryable = strings.EqualFold(resp.Header.Get("Cdf-Is-Auto-Retryable"), "true")
	e.decode(resp, body)
	return e
}

// decode is tolerant: proxies answer with pages, and the service itself has sent a plain text for the whole error, an
// object for its message, and errors without a code.
func (e *APIError) decode(resp *http.Response, body []byte) {
	var envelope struct{ Error json.RawMessage }
	if json.Unmarshal(body, &envelope) != nil || len(envelope.Error) == 0 {
		e.Message = fmt.Sprintf("%s, with an answer that is not of the API (%s)", http.StatusText(e.StatusCode), mediaType(resp))
		return
	}
	var details struct {
		Code                int
		Message             json.RawMessage
		Missing, Duplicated []json.RawMessage
		IsAutoRetryable     bool
	}
	if json.Unmarshal(envelope.Error, &details) != nil {
		e.Message = textOf(envelope.Error)
		return
	}
	if details.Code != 0 {
		e.Code = details.Code
	}
	e.Message, e.Missing, e.Duplicated = textOf(details.Message), details.Missing, details.Duplicated
	e.AutoRetryable = e.AutoRetryable || details.IsAutoRetryable
	if e.Message == "" {
		e.Message = http.StatusText(e.StatusCode)
	}
}

// textOf returns a JSON text without its quotes, and any other JSON as it is.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

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
			fmt.Fprintf(&b, " (%s)", e.Description)
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
		return e.StatusCode/100 == 4 && e.StatusCode != http.StatusTooManyRequests
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrUnavailable:
		return passing(e.StatusCode) || e.StatusCode == 0 && (notConnected(e.Err) || interrupted(e.Err))
	}
	return false
}

// newTokenError keeps of the provider's answer what cannot hold a secret: the whole body might echo the request.
func newTokenError(tokenURL string, err error) *TokenError {
	e := &TokenError{TokenURL: tokenURL, Err: withoutURL(err)}
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		e.StatusCode = answer.Response.StatusCode
		e.Code, e.Description = answer.ErrorCode, answer.ErrorDescription
		e.Err = fmt.Errorf("status %d", e.StatusCode)
	}
	return e
}

// ArgumentError is an argument that was refused before anything was sent. It matches ErrInvalid.
type ArgumentError struct {
	// Field is the name of the field or parameter, as in "Name" or "limit".
	Field string
	// Rule says what is wrong with it and what it must be; it never holds a secret's value.
	Rule string
}

// Error says in one sentence what is wrong with the argument.
func (e *ArgumentError) Error() string { return fmt.Sprintf("functions: %s %s", e.Field, e.Rule) }

// Is matches ErrInvalid.
func (e *ArgumentError) Is(target error) bool { return target == ErrInvalid }

// faults joins errors into one sentence; nil ones are left out.
type faults []error

// Error joins the texts with semicolons.
func (f faults) Error() string {
	texts := make([]string, len(f))
	for i, err := range f {
		texts[i] = strings.TrimPrefix(err.Error(), "functions: ")
	}
	return "functions: " + strings.Join(texts, "; ")
}

// Unwrap returns the joined errors.
func (f faults) Unwrap() []error { return f }

// join is errors.Join with an error of one line.
func join(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return faults(errs)
}

// countAttempts makes sure that err says how often op was tried, and that a failed connection is a *RequestError.
func countAttempts(op operation, err error, attempts int) error {
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
	return &RequestError{Operation: op.id, Attempts: attempts, Err: withoutURL(err)}
}

// withoutURL takes the address out of an error of net/http: queries may hold what nobody should read in a log.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// decode reads the JSON of an answer from the generated low-level client. Every 2xx is a success, whichever of them the
// description names.
func decode[T any](resp *http.Response, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	fail := func(err error) (*T, error) {
		return nil, &RequestError{Operation: operationOf(resp.Request).id, RequestID: requestID(resp), Attempts: 1, Err: err}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fail(err)
	}
	if !strings.Contains(mediaType(resp), "json") && !json.Valid(body) {
		return fail(fmt.Errorf("status %d with %s instead of JSON; check that the base URL is that of the service, not of a proxy or a login page",
			resp.StatusCode, mediaType(resp)))
	}
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		return fail(fmt.Errorf("status %d with JSON of another form than the API's: %w", resp.StatusCode, err))
	}
	return &v, nil
}

func mediaType(resp *http.Response) string {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if kind == "" {
		return "no content type"
	}
	return kind
}

func requestID(resp *http.Response) string { return resp.Header.Get("X-Request-Id") }

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

func toBytes(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, raw := range list {
		out[i] = raw
	}
	return out
}
