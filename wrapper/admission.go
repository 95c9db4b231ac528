package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Admission decides when a request may be sent. It returns once the request may go, with a function to be called when
// its answer has been read; or an error, with which the request fails without having been sent. It must return when ctx
// ends, and is called by many goroutines at once.
//
// An urgent request holds a nonce, which serves for a minute only: let it go before others, lest it wait until it is
// refused.
type Admission func(ctx context.Context, urgent bool) (done func(), err error)

// WithAdmission asks admit before every attempt of a request to the API. The wait is not part of what WithAttemptTimeout
// limits, as that of middleware would be, and a request that is given up while it waits counts as unsent. Uploads and
// downloads go to signed addresses, which are not the API, and are not held back. Of several admissions the last one
// counts. Package batch has one.
func WithAdmission(admit Admission) Option {
	return func(s *settings) error {
		if admit == nil {
			return errors.New("WithAdmission was given nil; leave the option out to hold nothing back")
		}
		s.admission = admit
		return nil
	}
}

// admitted holds each attempt back until it may be sent, and takes its answer as read when next returns.
func (s settings) admitted(next Doer) Doer {
	if s.admission == nil {
		return next
	}
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		done, err := s.admission(req.Context(), operationOf(req).Nonce)
		if err != nil {
			return nil, &notAdmittedError{err}
		}
		defer done()
		return next.Do(req)
	})
}

// notAdmittedError is why a request was never sent.
type notAdmittedError struct{ cause error }

// Error says in one sentence that the request was not sent.
func (e *notAdmittedError) Error() string {
	return fmt.Sprintf("it was not sent, as it was not its turn yet: %v", e.cause)
}

// Unwrap returns the cause.
func (e *notAdmittedError) Unwrap() error { return e.cause }
