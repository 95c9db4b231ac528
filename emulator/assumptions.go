package emulator

import (
	"time"

	"github.com/cogfn/cogfn/emulator/internal/service"
)

// Assumptions are behaviors of the service that are not known for certain. The zero value of each field is the default,
// which is the most likely behavior. Statuses of requests are HTTP statuses from 400 to 599.
type Assumptions struct {
	// CallErrors is the form of the error of a call. The reference shows an object with a message and a trace, newer
	// clients of the vendor expect text. The default is [ErrorObject].
	CallErrors ErrorForm
	// NotReadyStatus is the status of a call to a function that is not Ready. It is not documented; users report 409. The
	// default is 400.
	NotReadyStatus int
	// DuplicateStatus is the status for a function with the external id of another one. It is not documented; clients of
	// the vendor expect 409, which is the default.
	DuplicateStatus int
	// UnknownCallStatus is the status for a call that does not exist. It is not documented. The default is 400.
	UnknownCallStatus int
	// RunningResponseStatus is the status for the response of a call that is Running. It is not documented. By default, the
	// request succeeds without a response.
	RunningResponseStatus int
	// RetryAfter is the Retry-After header of a call above the limits, rounded up to seconds. A negative value omits it. It
	// is not known whether the service sends the header. The default is 1 second.
	RetryAfter time.Duration
	// LimitedCallUsesNonce makes a call above the limits use its nonce. It is not documented whether it does. By default,
	// the nonce remains valid.
	LimitedCallUsesNonce bool
	// LimitedStatus is the status of a call that a schedule could not start because of the limits. Clients of the vendor
	// know ConcurrencyLimitExceeded, which is the default; it is not documented what causes it.
	LimitedStatus CallStatus
	// OmitNone omits the response of a call whose function returned None. It is not known whether the service sends null,
	// which is the default.
	OmitNone bool
	// OmitBlankLines omits the message of blank lines in the log of a call. Users have seen lines without a message. By
	// default, the message is an empty string.
	OmitBlankLines bool
	// RejectSmallSizes rejects cores and memory below the minimum with status 400. By default, they are raised to the
	// minimum, which the vendor documents for Azure and AWS and which its clients imply for all clouds.
	RejectSmallSizes bool
	// RejectNeverDue rejects schedules that are never due, such as on February 31, with status 400. By default, they are
	// accepted and never make a call.
	RejectNeverDue bool
	// SessionLifetime is how long a session is valid after its nonce was used, unless a schedule renews it. It is not
	// documented. The default is 1 hour.
	SessionLifetime time.Duration
}

// ErrorForm is the form of the error of a call: [ErrorObject] or [ErrorText].
type ErrorForm = service.ErrorForm

// The forms of the error of a call.
const (
	// ErrorObject is an object with a message and a trace.
	ErrorObject = service.ErrorObject
	// ErrorText is the message as a string.
	ErrorText = service.ErrorText
)
