package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Limiter limits the rate or the number of requests to the API. Package batch has one.
type Limiter interface {
	// Acquire waits until a request may be sent. The client calls release after it has read the response. An error fails the
	// request before it is sent. Acquire must return when ctx ends, and must be safe for concurrent use.
	//
	// An urgent request contains a nonce, which is valid for a minute. It should be sent before other requests.
	Acquire(ctx context.Context, urgent bool) (release func(), err error)
}

// WithLimiter acquires l before each attempt of a request to the API. The waiting time does not count towards
// [WithAttemptTimeout], and a request that is canceled while it waits counts as not sent. Uploads and downloads use signed
// URLs, which are not part of the API, and are not limited. The last limiter given is used.
func WithLimiter(l Limiter) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("WithLimiter(nil): omit the option to send requests without a limit")
		}
		s.limiter = l
		return nil
	}
}

// limited acquires the limiter for each attempt and releases it when next returns, which has then read the response.
func (s settings) limited(next Doer) Doer {
	if s.limiter == nil {
		return next
	}
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		release, err := s.limiter.Acquire(req.Context(), operationOf(req).Nonce)
		if err != nil {
			return nil, &limiterError{err}
		}
		defer release()
		return next.Do(req)
	})
}

// limiterError is the error of a request that the limiter rejected.
type limiterError struct{ cause error }

// Error returns one sentence with the error of the limiter.
func (e *limiterError) Error() string {
	return fmt.Sprintf("the limiter rejected the request before it was sent: %v", e.cause)
}

// Unwrap returns the error of the limiter.
func (e *limiterError) Unwrap() error { return e.cause }
