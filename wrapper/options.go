package functions

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Option changes how a client works; see the With functions.
type Option func(*settings) error

// Doer sends one HTTP request. *http.Client is one.
type Doer = gen.HttpRequestDoer

// Middleware wraps the sending of every attempt, for tracing, metrics or extra headers. It stands outside the
// authentication, so it never sees the token.
type Middleware func(next Doer) Doer

type settings struct {
	httpClient       *http.Client
	logger           *slog.Logger
	retry            RetryOptions
	poll             Backoff
	middleware       []Middleware
	attemptTimeout   time.Duration
	transferTimeout  time.Duration
	maxResponseBytes int64
	payload          int
	limiter          Limiter
}

func defaultSettings() settings {
	return settings{
		httpClient:       withoutRedirects(&http.Client{}),
		logger:           slog.New(slog.DiscardHandler),
		retry:            defaultRetry(),
		poll:             defaultPoll(),
		attemptTimeout:   time.Minute,
		transferTimeout:  10 * time.Minute,
		maxResponseBytes: 128 << 20,
		payload:          PayloadGoogle,
	}
}

// WithHTTPClient sends requests through a copy of h: its transport, cookies and timeout. Use it for proxies, for TLS
// settings and for OpenTelemetry's transport. Without it, a client with Go's default transport serves.
func WithHTTPClient(h *http.Client) Option {
	return func(s *settings) error {
		if h == nil {
			return errors.New("WithHTTPClient was given nil; leave the option out for the default client")
		}
		s.httpClient = withoutRedirects(h)
		return nil
	}
}

// withoutRedirects copies h, so that the caller's client stays as it is. The API never redirects: following one would
// turn a POST into a GET and could carry the token elsewhere, so the redirect itself is returned and becomes an error.
func withoutRedirects(h *http.Client) *http.Client {
	c := *h
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// WithLogger writes one debug record for each attempt: operation, method, path, status, duration, attempt and request
// id; never a header, a body or a query. Without it nothing is logged.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("WithLogger was given nil; leave the option out to log nothing")
		}
		s.logger = l
		return nil
	}
}

// WithMiddleware adds middleware; the first one given is the outermost.
func WithMiddleware(m ...Middleware) Option {
	return func(s *settings) error {
		for _, wrap := range m {
			if wrap == nil {
				return errors.New("WithMiddleware was given nil")
			}
		}
		s.middleware = append(s.middleware, m...)
		return nil
	}
}

// WithRetry changes how often and how patiently requests are repeated. Zero fields keep their defaults.
func WithRetry(r RetryOptions) Option {
	return func(s *settings) error {
		if r.BaseDelay < 0 || r.MaxDelay < 0 {
			return errors.New("WithRetry was given a negative delay")
		}
		s.retry = r.withDefaults()
		return nil
	}
}

// WithPoll changes how long waits pause between two looks. Each wait asks newPoll for pauses of its own, and is looked at
// by them or, when another wait's request serves it too, more often.
func WithPoll(newPoll Backoff) Option {
	return func(s *settings) error {
		if newPoll == nil {
			return errors.New("WithPoll was given nil")
		}
		s.poll = newPoll
		return nil
	}
}

// WithAttemptTimeout limits each attempt of a request, its answer included; the default is one minute. The context
// given to a method limits all attempts together. Uploads and downloads have ten minutes each.
func WithAttemptTimeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("WithAttemptTimeout was given %v; it must be above zero", d)
		}
		s.attemptTimeout = d
		return nil
	}
}

// WithMaxResponseBytes refuses answers longer than n bytes, lest one fill the memory; the default is 128 MiB.
func WithMaxResponseBytes(n int64) Option {
	return func(s *settings) error {
		if n <= 0 {
			return fmt.Errorf("WithMaxResponseBytes was given %d; it must be above zero", n)
		}
		s.maxResponseBytes = n
		return nil
	}
}
