package batch

import (
	"fmt"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

// defaultConcurrency is half of what the service allows one function, so that others may call it too.
const defaultConcurrency = ServiceCallsPerFunction / 2

// Option changes how Map works.
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
	failedAgain bool
}

// WithConcurrency sets how many inputs are worked on at once; the default is 50. More than the limiter lets run does not
// help: that is 100 calls of a function, unless WithLimiter gives one with other Limits.
func WithConcurrency(n int) Option { return func(s *settings) { s.concurrency = n } }

// WithInputOrder returns results in the order of the inputs instead of as they finish. Results that are done wait in
// memory for those before them, up to four times as many as the concurrency; then nothing new begins until the slow one
// has ended.
func WithInputOrder() Option { return func(s *settings) { s.inputOrder = true } }

// WithRetries calls the function again, up to n times, for an input whose call failed or timed out; the default is 0. What
// kept a call from being made, or its end from being seen, is not repeated here: the client did so where it was safe.
func WithRetries(n int) Option { return func(s *settings) { s.retries = n } }

// WithRetryPause sets how long each input pauses before it is called again; the default begins around a second and
// doubles up to 30 s.
func WithRetryPause(pause functions.Backoff) Option { return func(s *settings) { s.pause = pause } }

// WithLimiter takes the room for each call from a limiter that others use too: other Maps, and single calls through
// Limiter.Call. Without it, a Map keeps to the service's limits by itself, knowing nothing of others.
func WithLimiter(l *Limiter) Option { return func(s *settings) { s.limiter = l } }

// WithSession creates each call's session from other credentials than the client's.
func WithSession(credentials functions.SessionCredentials) Option {
	return func(s *settings) { s.session = []functions.SessionOption{functions.WithSession(credentials)} }
}

// WithCheckpoint keeps every call that ended in a file, and does not call the function for inputs that the file has a
// result of; see the package's documentation. The file is made if it does not exist, readable by its owner alone.
func WithCheckpoint(path string) Option { return func(s *settings) { s.path = path } }

// WithSync makes sure that each result is on the disk before it is returned, so that not even a power cut loses it. This
// costs an fsync a result, up to some milliseconds. Without it, a killed process loses nothing either, but a power cut may lose the
// results of the last seconds, whose inputs then run again.
func WithSync() Option { return func(s *settings) { s.sync = true } }

// WithFailedAgain calls the function again for inputs whose call failed or timed out by the checkpoint. The new result is
// added to the file; of several for an input, the last one counts.
func WithFailedAgain() Option { return func(s *settings) { s.failedAgain = true } }

func newSettings(opts []Option) (settings, error) {
	s := settings{concurrency: defaultConcurrency, pause: functions.ExponentialPoll(time.Second, 2, 30*time.Second)}
	for _, opt := range opts {
		opt(&s)
	}
	switch {
	case s.concurrency < 1:
		return s, &functions.ArgumentError{Field: "concurrency", Rule: fmt.Sprintf("is %d; use a number above zero", s.concurrency)}
	case s.retries < 0:
		return s, &functions.ArgumentError{Field: "retries", Rule: fmt.Sprintf("is %d; use 0 for none", s.retries)}
	case s.pause == nil:
		return s, &functions.ArgumentError{Field: "retry pause", Rule: "is nil; leave the option out for the default"}
	}
	if s.limiter != nil {
		return s, nil
	}
	var err error
	s.limiter, err = NewLimiter(Limits{})
	return s, err
}
