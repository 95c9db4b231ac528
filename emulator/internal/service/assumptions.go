package service

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Assumptions are behaviors of the service that are not known for certain. The zero value of each field is the default,
// which is the most likely behavior.
type Assumptions struct {
	// CallErrors is the form of the error of a call. The reference shows an object with a message and a trace, newer
	// clients of the vendor expect text. The default is ErrorObject.
	CallErrors ErrorForm
	// NotReadyStatus is the HTTP status of a call to a function that is not Ready. It is not documented. The default is 400.
	NotReadyStatus int
	// DuplicateStatus is the HTTP status for a function with the external id of another one. It is not documented; clients of
	// the vendor expect 409, which is the default.
	DuplicateStatus int
	// UnknownCallStatus is the HTTP status for a call that does not exist. It is not documented. The default is 400.
	UnknownCallStatus int
	// RetryAfter is the Retry-After header of a call above the limits, rounded up to seconds. A negative value omits it. It
	// is not known whether the service sends the header. The default is 1 second.
	RetryAfter time.Duration
	// LimitedStatus is the status of a call that a schedule could not start because of the limits. Clients of the vendor
	// know ConcurrencyLimitExceeded, which is the default; it is not documented what causes it.
	LimitedStatus gen.FunctionCallStatus
	// OmitNone omits the response of a call whose function returned None. It is not known whether the service sends null,
	// which is the default.
	OmitNone bool
	// RejectSmallSizes rejects cores and memory below the minimum with status 400. By default, they are raised to the minimum,
	// which the vendor documents for Azure and which its clients imply for all clouds.
	RejectSmallSizes bool
	// RejectNeverDue rejects schedules that are never due, such as on February 31, with status 400. By default, they are
	// accepted and never make a call.
	RejectNeverDue bool
	// SessionLifetime is how long a session is valid after its nonce was used, unless a schedule renews it. It is not
	// documented. The default is 1 hour.
	SessionLifetime time.Duration
}

// ErrorForm is the form of the error of a call.
type ErrorForm string

// The forms of errors.
const (
	// ErrorObject is an object with a message and a trace.
	ErrorObject ErrorForm = "object"
	// ErrorText is the message as a string.
	ErrorText ErrorForm = "text"
)

// withDefaults replaces zero fields by the defaults.
func (a Assumptions) withDefaults() Assumptions {
	a.CallErrors = cmp.Or(a.CallErrors, ErrorObject)
	a.NotReadyStatus = cmp.Or(a.NotReadyStatus, http.StatusBadRequest)
	a.DuplicateStatus = cmp.Or(a.DuplicateStatus, http.StatusConflict)
	a.UnknownCallStatus = cmp.Or(a.UnknownCallStatus, http.StatusBadRequest)
	a.RetryAfter = cmp.Or(a.RetryAfter, time.Second)
	a.LimitedStatus = cmp.Or(a.LimitedStatus, gen.FunctionCallStatusConcurrencyLimitExceeded)
	a.SessionLifetime = cmp.Or(a.SessionLifetime, time.Hour)
	return a
}

// Check returns an error if a value is not valid.
func (a Assumptions) Check() error {
	if a.CallErrors != "" && a.CallErrors != ErrorObject && a.CallErrors != ErrorText {
		return fmt.Errorf("the form %q of call errors is unknown; use %s or %s", a.CallErrors, ErrorObject, ErrorText)
	}
	for name, status := range map[string]int{
		"NotReadyStatus": a.NotReadyStatus, "DuplicateStatus": a.DuplicateStatus, "UnknownCallStatus": a.UnknownCallStatus,
	} {
		if status != 0 && (status < 400 || status > 599) {
			return fmt.Errorf("%s is %d, which is not the status of an error; use 400 to 599", name, status)
		}
	}
	if a.SessionLifetime < 0 {
		return fmt.Errorf("SessionLifetime is %v; use a positive duration", a.SessionLifetime)
	}
	return nil
}
