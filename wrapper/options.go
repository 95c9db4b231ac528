package functions

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Option configures a client.
type Option func(*settings) error

// Doer sends one HTTP request. [*http.Client] implements it.
type Doer interface {
	Do(req *http.Request) (*http.Response, error)
}

// Middleware wraps the sending of each attempt, for tracing, metrics or headers. It runs before authentication, so it never
// sees the token.
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

// WithHTTPClient sends requests with a copy of h: its transport, cookies and timeout. Use it for proxies, for TLS settings
// and for OpenTelemetry's transport. The default is a client with the default transport of package http.
func WithHTTPClient(h *http.Client) Option {
	return func(s *settings) error {
		if h == nil {
			return errors.New("WithHTTPClient(nil): omit the option for the default client")
		}
		s.httpClient = withoutRedirects(h)
		return nil
	}
}

// withoutRedirects returns a copy of h that returns redirects as responses, which become errors. The API does not redirect.
// A redirect would turn a POST into a GET and could send the token to another host.
func withoutRedirects(h *http.Client) *http.Client {
	c := *h
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// WithLogger logs one debug record for each attempt: operation, method, path, status, duration, attempt and request id. The
// record contains no header, body or query. By default nothing is logged.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error {
		if l == nil {
			return errors.New("WithLogger(nil): omit the option to log nothing")
		}
		s.logger = l
		return nil
	}
}

// WithMiddleware adds middleware. The first is the outermost.
func WithMiddleware(m ...Middleware) Option {
	return func(s *settings) error {
		for _, wrap := range m {
			if wrap == nil {
				return errors.New("WithMiddleware(nil): pass a function")
			}
		}
		s.middleware = append(s.middleware, m...)
		return nil
	}
}

// WithRetry sets the retry options. Zero fields keep their defaults.
func WithRetry(r RetryOptions) Option {
	return func(s *settings) error {
		if r.BaseDelay < 0 || r.MaxDelay < 0 {
			return errors.New("WithRetry: a delay is negative")
		}
		s.retry = r.withDefaults()
		return nil
	}
}

// WithPoll sets the poll intervals of waits. Each wait gets its own intervals from newPoll. It is polled more often when
// another wait's request includes it.
func WithPoll(newPoll Backoff) Option {
	return func(s *settings) error {
		if newPoll == nil {
			return errors.New("WithPoll(nil): pass a function such as ConstantPoll(time.Second)")
		}
		s.poll = newPoll
		return nil
	}
}

// WithAttemptTimeout limits the duration of each attempt of a request, including the response. The default is one minute.
// The context of a method limits all attempts together. Uploads and downloads have ten minutes each.
func WithAttemptTimeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("WithAttemptTimeout(%v): the timeout must be above zero", d)
		}
		s.attemptTimeout = d
		return nil
	}
}

// WithMaxResponseBytes rejects responses of more than n bytes, to limit memory. The default is 128 MiB.
func WithMaxResponseBytes(n int64) Option {
	return func(s *settings) error {
		if n <= 0 {
			return fmt.Errorf("WithMaxResponseBytes(%d): the limit must be above zero", n)
		}
		s.maxResponseBytes = n
		return nil
	}
}
