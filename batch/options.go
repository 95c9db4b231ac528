package batch

import (
	"fmt"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

// defaultConcurrency is half of the service's limit for one function, so that others can call it too.
const defaultConcurrency = ServiceCallsPerFunction / 2

// Option is an option of [Map].
type Option func(*settings)

type settings struct {
	concurrency int
	inputOrder  bool
	retries     int
	pause       functions.Backoff
	limiter     *Limiter
	session     []functions.SessionOption
	path        string
	sync        bool
	retryFailed bool
}

// WithConcurrency sets the number of inputs that are processed at the same time, at least 1; the default is 50. Numbers
// above the limits of the limiter have no effect. Without [WithLimiter], that is 100 calls of a function.
func WithConcurrency(n int) Option { return func(s *settings) { s.concurrency = n } }

// WithInputOrder returns results in the order of the inputs instead of the order in which they finish. Results wait in
// memory for those before them. There are at most four times as many unreturned inputs as the concurrency; beyond that, no
// further input starts.
func WithInputOrder() Option { return func(s *settings) { s.inputOrder = true } }

// WithRetries calls the function again, up to n times, for an input whose call failed or timed out. The default is 0. It
// does not apply to calls that could not be made or whose result could not be read: the client has retried these already,
// if that was safe.
func WithRetries(n int) Option { return func(s *settings) { s.retries = n } }

// WithRetryPause sets the pause before each retry of an input. By default, pauses start at about 1 s and double up to 30 s.
func WithRetryPause(pause functions.Backoff) Option { return func(s *settings) { s.pause = pause } }

// WithLimiter makes calls within the limits of a limiter, which can be shared with other Maps and with Limiter.Call.
// Without it, Map uses a limiter of its own with the limits of the service.
func WithLimiter(l *Limiter) Option { return func(s *settings) { s.limiter = l } }

// WithSession creates the session of each call with these credentials instead of those of the client.
func WithSession(credentials functions.SessionCredentials) Option {
	return func(s *settings) { s.session = []functions.SessionOption{functions.WithSession(credentials)} }
}

// WithCheckpoint records results in a file and does not call the function for inputs with a recorded result; see the
// package documentation. Map creates the file if it does not exist, readable only by its owner.
func WithCheckpoint(path string) Option { return func(s *settings) { s.path = path } }

// WithSync syncs the checkpoint to disk before each result is returned, so that a power failure loses no returned result.
// Each sync can take several milliseconds. A killed process loses no returned result even without this option.
func WithSync() Option { return func(s *settings) { s.sync = true } }

// WithRetryFailed calls the function again for inputs whose recorded call failed or timed out. The new result is appended
// to the checkpoint; the last result of an input counts.
func WithRetryFailed() Option { return func(s *settings) { s.retryFailed = true } }

func newSettings(opts []Option) (settings, error) {
	s := settings{concurrency: defaultConcurrency, pause: functions.ExponentialPoll(time.Second, 2, 30*time.Second)}
	for _, opt := range opts {
		opt(&s)
	}
	switch {
	case s.concurrency < 1:
		return s, &functions.ArgumentError{Field: "concurrency", Rule: fmt.Sprintf("is %d; it must be at least 1", s.concurrency)}
	case s.retries < 0:
		return s, &functions.ArgumentError{Field: "retries", Rule: fmt.Sprintf("is %d; it must be at least 0", s.retries)}
	case s.pause == nil:
		return s, &functions.ArgumentError{Field: "retry pause", Rule: "is nil; omit the option for the default"}
	}
	if s.limiter != nil {
		return s, nil
	}
	var err error
	s.limiter, err = NewLimiter(Limits{})
	return s, err
}
