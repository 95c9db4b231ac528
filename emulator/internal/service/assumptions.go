package service

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Assumptions are behaviors of the service that are not known for certain, with the fields of emulator.Assumptions.
// withDefaults replaces zero fields.
type Assumptions struct {
	CallErrors            ErrorForm
	NotReadyStatus        int
	DuplicateStatus       int
	UnknownCallStatus     int
	RunningResponseStatus int
	RetryAfter            time.Duration
	LimitedCallUsesNonce  bool
	LimitedStatus         gen.FunctionCallStatus
	OmitNone              bool
	OmitBlankLines        bool
	RejectSmallSizes      bool
	RejectNeverDue        bool
	SessionLifetime       time.Duration
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

// check returns an error if the form is unknown. "" is the default.
func (f ErrorForm) check() error {
	switch f {
	case "", ErrorObject, ErrorText:
		return nil
	}
	return fmt.Errorf("the form %q of call errors is unknown; use %s or %s", f, ErrorObject, ErrorText)
}

// withDefaults replaces zero fields by the defaults. The zero value of RunningResponseStatus means a success.
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
	if err := a.CallErrors.check(); err != nil {
		return err
	}
	for _, field := range []struct {
		name   string
		status int
	}{
		{"NotReadyStatus", a.NotReadyStatus},
		{"DuplicateStatus", a.DuplicateStatus},
		{"UnknownCallStatus", a.UnknownCallStatus},
		{"RunningResponseStatus", a.RunningResponseStatus},
	} {
		if field.status != 0 && (field.status < 400 || field.status > 599) {
			return fmt.Errorf("%s is %d, which is not the status of an error; use 400 to 599", field.name, field.status)
		}
	}
	if a.LimitedStatus == gen.FunctionCallStatusRunning {
		return errors.New("LimitedStatus is Running, but the call never runs; use a final status")
	}
	if a.SessionLifetime < 0 {
		return fmt.Errorf("SessionLifetime is %v; use a positive duration", a.SessionLifetime)
	}
	return nil
}
