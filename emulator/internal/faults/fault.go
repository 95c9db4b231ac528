// Package faults makes requests to an emulator fail in ways that a network, a proxy or a service can.
package faults

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Kind is what a fault does to a request.
type Kind string

// The kinds of faults; package emulator documents them.
const (
	Status        Kind = "status"
	Delay         Kind = "delay"
	SlowBody      Kind = "slowBody"
	Reset         Kind = "reset"
	StreamError   Kind = "streamError"
	GoAway        Kind = "goAway"
	TruncatedBody Kind = "truncatedBody"
	EmptyBody     Kind = "emptyBody"
	NullBody      Kind = "nullBody"
	ErrorBody     Kind = "errorBody"
	MissingFields Kind = "missingFields"
	ContentType   Kind = "contentType"
	ContentLength Kind = "contentLength"
	Gzip          Kind = "gzip"
	Redirect      Kind = "redirect"
	StaleRead     Kind = "staleRead"
	ExpiredNonce  Kind = "expiredNonce"
	ExpiredToken  Kind = "expiredToken"
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

// Fault has the fields of emulator.Fault, which documents them.
type Fault struct {
	Operation   string
	Skip        int
	Times       int
	Probability float64
	Seed        uint64

	Kind      Kind
	AfterWork bool
	Delay     time.Duration

	Status         int
	Message        string
	Headers        map[string]string
	RetryAfter     string
	RetryAfterDate *time.Duration
	Duration       time.Duration
	Field          string
	Location       string
}

// otherOperations are the operations that are not in the description of the API.
var otherOperations = []string{TokenOperation, UploadOperation, DownloadOperation}

// operations returns the values of Fault.Operation.
func operations() []string {
	all := slices.Clone(otherOperations)
	for _, operation := range gen.Operations() {
		all = append(all, operation.ID)
	}
	return all
}

// nonceOperations are the operations whose request contains a nonce.
var nonceOperations = []string{gen.PostFunctionsCallOperation.ID, gen.PostFunctionSchedulesOperation.ID}

// readOperations are the operations that only read the state.
var readOperations = sync.OnceValue(func() []string {
	all := []string{DownloadOperation, gen.DownloadLinksOperation.ID}
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
	case !(f.Probability >= 0 && f.Probability <= 1): // also NaN
		return errors.New("the probability of a fault must be between 0 and 1")
	case f.Delay < 0 || f.Duration < 0:
		return errors.New("a fault cannot have a negative delay or duration")
	case f.RetryAfter != "" && f.RetryAfterDate != nil:
		return errors.New("a fault can have one Retry-After header; use either the value or the date")
	}
	return errors.Join(f.checkOptions(), f.checkOperation())
}

// headerName matches the names of HTTP headers, headerValue their values (RFC 9110, section 5).
var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	headerValue = regexp.MustCompile(`^[^\x00-\x08\x0a-\x1f\x7f]*$`)
)

// kindsExcept returns all other kinds.
func kindsExcept(kinds ...Kind) []Kind {
	return slices.DeleteFunc(Kinds(), func(kind Kind) bool { return slices.Contains(kinds, kind) })
}

// checkOptions rejects options that the kind does not use, and missing ones.
func (f Fault) checkOptions() error {
	for _, option := range []struct {
		name  string
		isSet bool
		kinds []Kind
	}{
		{"afterWork", f.AfterWork, []Kind{Status, Delay, Reset, StreamError, GoAway, Redirect}},
		{"status", f.Status != 0, []Kind{Status, Redirect}},
		{"message", f.Message != "", []Kind{Status, ErrorBody}},
		{"retryAfter", f.RetryAfter != "" || f.RetryAfterDate != nil, []Kind{Status}},
		{"duration", f.Duration != 0, []Kind{SlowBody}},
		{"field", f.Field != "", []Kind{MissingFields}},
		{"headers", len(f.Headers) > 0, kindsExcept(Reset, StreamError, GoAway)},
		{"location", f.Location != "", []Kind{Redirect}},
	} {
		if option.isSet && !slices.Contains(option.kinds, f.Kind) {
			return fmt.Errorf("a fault of the kind %s has no %s; it is an option of %s", f.Kind, option.name, joinKinds(option.kinds))
		}
	}
	for name, value := range f.Headers {
		if !headerName.MatchString(name) || !headerValue.MatchString(value) {
			return fmt.Errorf("the header %q of a fault is not valid; its name is a token, and its value has no control characters", name)
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
	if f.Kind == ExpiredToken && slices.Contains(otherOperations, f.Operation) {
		return fmt.Errorf("the operation %s needs no token; use an operation of the Functions API, or none for all", f.Operation)
	}
	return nil
}
