package functions

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/internal/ctxwait"
)

// RetryOptions determine how requests are retried after a transient error.
type RetryOptions struct {
	// MaxRetries is the largest number of attempts after the first. 0 means 8, and a negative number means none.
	MaxRetries int
	// BaseDelay is the mean pause before the first retry. Each further retry doubles it. 0 means 500 ms. Pauses vary by half
	// around their mean, so that clients do not retry at the same time.
	BaseDelay time.Duration
	// MaxDelay is the longest pause. 0 means 30 s. If Retry-After is longer, the request fails at once, and
	// APIError.RetryAfter contains the value.
	MaxDelay time.Duration
}

func defaultRetry() RetryOptions { return RetryOptions{}.withDefaults() }

func (r RetryOptions) withDefaults() RetryOptions {
	if r.MaxRetries == 0 {
		r.MaxRetries = 8
	}
	if r.BaseDelay == 0 {
		r.BaseDelay = 500 * time.Millisecond
	}
	if r.MaxDelay == 0 {
		r.MaxDelay = 30 * time.Second
	}
	return r
}

// do runs attempt until it succeeds, fails with a permanent error, or the retries or ctx end. It returns the error of the
// last attempt.
func (r RetryOptions) do(ctx context.Context, op gen.Operation, attempt func(n int) error) error {
	pauses := newExponential(r.BaseDelay, 2, r.MaxDelay)
	for n := 1; ; n++ {
		err := attempt(n)
		if err == nil {
			return nil
		}
		if stop, ok := errors.AsType[permanent](err); ok {
			return stop.error
		}
		err = countAttempts(op, err, n)
		if ctx.Err() != nil {
			return stopped(ctx, err)
		}
		if n > r.MaxRetries || !mayRetry(op, err) {
			return err
		}
		pause := min(pauses.NextBackOff(), r.MaxDelay)
		if requested := retryAfterOf(err); requested > r.MaxDelay {
			return err
		} else if requested > 0 {
			pause = requested
		}
		if ended := ctxwait.Sleep(ctx, pause); ended != nil {
			return join(fmt.Errorf("functions: stopped before the next attempt: %w", ended), err)
		}
	}
}

// stopped returns the error of an attempt that ctx canceled. It wraps the error of ctx.
func stopped(ctx context.Context, err error) error {
	_, responded := errors.AsType[*APIError](err)
	if responded || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w (%w)", err, ctx.Err())
}

// permanent marks an error that must not be retried.
type permanent struct{ error }

// mayRetry decides by the operation, not by the HTTP method: most reads of the API are POST requests, and a call that may
// have started must not be started again.
func mayRetry(op gen.Operation, err error) bool {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.AutoRetryable || api.StatusCode == http.StatusTooManyRequests || op.Safe && transient(api.StatusCode)
	}
	if token, ok := errors.AsType[*TokenError](err); ok {
		// Without a token the operation was not sent, so it may be retried even if it is unsafe.
		return token.Is(ErrRateLimited) || token.Is(ErrUnavailable)
	}
	return notConnected(err) || op.Safe && interrupted(err)
}

func transient(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// notConnected reports whether no connection was established, for a reason that may disappear.
func notConnected(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return !dns.IsNotFound // an unknown host name is a permanent error
	}
	return notDialed(err)
}

func notDialed(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

// unsent reports whether the request certainly never left: it was limited, or there was no token or no trusted connection.
func unsent(err error) bool {
	_, limited := errors.AsType[*limiterError](err)
	_, noToken := errors.AsType[*TokenError](err)
	_, noHost := errors.AsType[*net.DNSError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return limited || noToken || noHost || untrusted || notDialed(err)
}

// interrupted reports whether the response was lost and another attempt may succeed.
func interrupted(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// retryAfterOf returns the pause that the service requested, or 0.
func retryAfterOf(err error) time.Duration {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.RetryAfter
	}
	return 0
}

// parseRetryAfter parses both forms of the header, seconds and date. It returns 0 for an invalid value or a past date.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		const most = 365 * 24 * 3600 // a year, because a larger number could overflow a Duration
		if !(seconds > 0) {          // NaN included
			return 0
		}
		return time.Duration(min(seconds, most) * float64(time.Second))
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

func newExponential(base time.Duration, factor float64, longest time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.Multiplier, b.MaxInterval = base, factor, longest
	b.RandomizationFactor = 0.5
	b.Reset()
	return b
}
