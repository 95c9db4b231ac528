// Package faults makes requests to an emulator fail in ways that a network, a proxy or a service can.
package faults

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Kind is what a fault does to a request.
type Kind string

// The kinds of faults.
const (
	// Status responds with a status and an error body.
	Status Kind = "status"
	// Delay responds late.
	Delay Kind = "delay"
	// SlowBody sends the body of the response in pieces.
	SlowBody Kind = "slowBody"
	// Reset resets the TCP connection. On HTTP/2, it affects all requests of the connection.
	Reset Kind = "reset"
	// StreamError resets the stream of the request on HTTP/2. On HTTP/1.1, it closes the connection.
	StreamError Kind = "streamError"
	// GoAway closes the connection with a GOAWAY frame on HTTP/2. Before the work, the frame says that the request was not
	// processed, so that clients may send it again. On HTTP/1.1, it closes the connection.
	GoAway Kind = "goAway"
	// TruncatedBody sends the first half of the body, with the length of that half.
	TruncatedBody Kind = "truncatedBody"
	// EmptyBody sends a success without a body.
	EmptyBody Kind = "emptyBody"
	// NullBody sends a success with the body null.
	NullBody Kind = "nullBody"
	// ErrorBody sends a success with the body of an error.
	ErrorBody Kind = "errorBody"
	// MissingFields removes fields from the body of a success.
	MissingFields Kind = "missingFields"
	// ContentType sends the response with the content type text/html.
	ContentType Kind = "contentType"
	// ContentLength announces more bytes than it sends.
	ContentLength Kind = "contentLength"
	// Gzip announces a gzip body and sends other bytes.
	Gzip Kind = "gzip"
	// Redirect redirects to another host.
	Redirect Kind = "redirect"
	// StaleRead responds with the state at the time when the fault was injected.
	StaleRead Kind = "staleRead"
	// ExpiredNonce treats the nonce of the request as expired.
	ExpiredNonce Kind = "expiredNonce"
	// ExpiredToken rejects the tokens that were issued before the fault was injected, with status 401.
	ExpiredToken Kind = "expiredToken"
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{
		Status, Delay, SlowBody, Reset, StreamError, GoAway, TruncatedBody, EmptyBody, NullBody, ErrorBody, MissingFields,
		ContentType, ContentLength, Gzip, Redirect, StaleRead, ExpiredNonce, ExpiredToken,
	}
}

func joinKinds(kinds []Kind) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

// The operations of an emulator that are not in the description of the API.
const (
	TokenOperation    = "token"    // the token endpoint
	UploadOperation   = "upload"   // the upload of a file's content
	DownloadOperation = "download" // the download of a file's content
)

// Fault describes which requests fail, and how. Requests to the control API never fail.
type Fault struct {
	// Operation is the id of an operation in the description, such as "postFunctionsCall", or "token", "upload" or
	// "download". "" means all of these.
	Operation string
	// Skip is the number of requests of the operation that pass first.
	Skip int
	// Times is the number of requests that are affected; 0 means all until the fault is removed.
	Times int
	// Probability is the probability that a request is affected; 0 means 1. Seed determines the sequence.
	Probability float64
	Seed        uint64

	// Kind is what happens.
	Kind Kind
	// AfterWork means that the operation is carried out, so that only its response is lost. It applies to the kinds Status,
	// Reset, StreamError, GoAway and Redirect.
	AfterWork bool
	// Delay is the time before the response on the emulator's clock. It applies to all kinds.
	Delay time.Duration

	// Status is the HTTP status of the kinds Status, and of Redirect, whose default is 307.
	Status int
	// Message is the message of the kinds Status and ErrorBody.
	Message string
	// Headers are additional headers of the response.
	Headers map[string]string
	// RetryAfter is the value of the Retry-After header, as it is.
	RetryAfter string
	// RetryAfterDate is the Retry-After header as a date that is this far from the time of the emulator. A negative value is
	// in the past.
	RetryAfterDate *time.Duration
	// Duration is the time in which a SlowBody is sent, on the emulator's clock.
	Duration time.Duration
	// Field is what MissingFields removes: a path of names and indexes, such as "items.0.status". "" means all required
	// fields of the response.
	Field string
	// Location is the target of Redirect. "" means the same path of https://other.invalid.
	Location string
}

// operations returns the values of Fault.Operation.
func operations() []string {
	all := []string{TokenOperation, UploadOperation, DownloadOperation}
	for _, operation := range gen.Operations() {
		all = append(all, operation.ID)
	}
	return all
}

// nonceOperations are the operations whose request contains a nonce.
var nonceOperations = []string{gen.PostFunctionsCallOperation.ID, gen.PostFunctionSchedulesOperation.ID}

// readOperations are the operations that only read the state.
var readOperations = sync.OnceValue(func() []string {
	var all []string
	for _, operation := range gen.Operations() {
		if operation.Method == http.MethodGet || strings.HasSuffix(operation.Path, "/list") || strings.HasSuffix(operation.Path, "/byids") {
			all = append(all, operation.ID)
		}
	}
	return all
})

// Check returns an error if the fault is not valid.
func (f Fault) Check() error {
	all := operations()
	switch {
	case !slices.Contains(Kinds(), f.Kind):
		return fmt.Errorf("the kind of fault %q is unknown; use one of %s", f.Kind, joinKinds(Kinds()))
	case f.Operation != "" && !slices.Contains(all, f.Operation):
		return fmt.Errorf("the operation %q of a fault is unknown; use one of %s", f.Operation, strings.Join(all, ", "))
	case f.Skip < 0 || f.Times < 0:
		return errors.New("skip and times of a fault must be 0 or more")
	case f.Probability < 0 || f.Probability > 1:
		return errors.New("the probability of a fault must be between 0 and 1")
	case f.Delay < 0 || f.Duration < 0:
		return errors.New("a fault cannot have a negative delay or duration")
	case f.RetryAfter != "" && f.RetryAfterDate != nil:
		return errors.New("a fault can have one Retry-After header; use either the value or the date")
	}
	return errors.Join(f.checkOptions(), f.checkOperation())
}

// checkOptions rejects options that the kind does not use, and missing ones.
func (f Fault) checkOptions() error {
	for _, option := range []struct {
		name  string
		isSet bool
		kinds []Kind
	}{
		{"afterWork", f.AfterWork, []Kind{Status, Reset, StreamError, GoAway, Redirect}},
		{"status", f.Status != 0, []Kind{Status, Redirect}},
		{"message", f.Message != "", []Kind{Status, ErrorBody}},
		{"retryAfter", f.RetryAfter != "" || f.RetryAfterDate != nil, []Kind{Status}},
		{"duration", f.Duration != 0, []Kind{SlowBody}},
		{"field", f.Field != "", []Kind{MissingFields}},
		{"location", f.Location != "", []Kind{Redirect}},
	} {
		if option.isSet && !slices.Contains(option.kinds, f.Kind) {
			return fmt.Errorf("a fault of the kind %s has no %s; it is an option of %s", f.Kind, option.name, joinKinds(option.kinds))
		}
	}
	switch {
	case f.Kind == Status && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("the status %d of a fault is not valid; use 200 to 599", f.Status)
	case f.Kind == Redirect && f.Status != 0 && (f.Status < 300 || f.Status > 399):
		return fmt.Errorf("the status %d of a redirect is not valid; use 300 to 399", f.Status)
	case f.Kind == Delay && f.Delay == 0:
		return errors.New("a fault of the kind delay needs a delay")
	case f.Kind == SlowBody && f.Duration == 0:
		return errors.New("a fault of the kind slowBody needs a duration")
	}
	return nil
}

// checkOperation rejects kinds that cannot happen to the operation.
func (f Fault) checkOperation() error {
	if f.Kind == ExpiredNonce && f.Operation != "" && !slices.Contains(nonceOperations, f.Operation) {
		return fmt.Errorf("the operation %s has no nonce; use one of %s", f.Operation, strings.Join(nonceOperations, ", "))
	}
	if f.Kind == StaleRead && f.Operation != "" && !slices.Contains(readOperations(), f.Operation) {
		return fmt.Errorf("the operation %s does not read the state; use one of %s", f.Operation, strings.Join(readOperations(), ", "))
	}
	return nil
}
