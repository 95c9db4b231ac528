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
)

// RetryOptions say how often and how patiently a request is repeated after a failure that may pass.
type RetryOptions struct {
	// MaxRetries is how many attempts may follow the first; 0 means 8, a negative number none.
	MaxRetries int
	// BaseDelay is the mean pause before the first repetition; each further one doubles it. 0 means 500 ms. Pauses are
	// spread by half around their mean, so that clients do not knock in step.
	BaseDelay time.Duration
	// MaxDelay is the longest pause; 0 means 30 s. When the service's Retry-After asks for more, the request fails at
	// once with APIError.RetryAfter set.
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

// do runs attempt until it succeeds, fails for good, or the patience or ctx ends. The error is that of the last attempt.
func (r RetryOptions) do(ctx context.Context, op gen.Operation, attempt func(n int) error) error {
	pauses := newExponential(r.BaseDelay, 2, r.MaxDelay)
	for n := 1; ; n++ {
		err := attempt(n)
		if err == nil {
			return nil
		}
		if stop, ok := errors.AsType[final](err); ok {
			return stop.error
		}
		err = countAttempts(op, err, n)
		if ctx.Err() != nil {
			return stopped(ctx, err)
		}
		if n > r.MaxRetries || !mayRepeat(op, err) {
			return err
		}
		pause := min(pauses.NextBackOff(), r.MaxDelay)
		if asked := retryAfterOf(err); asked > r.MaxDelay {
			return err
		} else if asked > 0 {
			pause = asked
		}
		if slept := sleep(ctx, pause); slept != nil {
			return join(fmt.Errorf("functions: gave up before another attempt of %s: %w", op.ID, slept), err)
		}
	}
}

// stopped makes sure that the error of an attempt that ctx cut short wraps ctx's.
func stopped(ctx context.Context, err error) error {
	_, answered := errors.AsType[*APIError](err)
	if answered || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w (%w)", err, ctx.Err())
}

// final marks an error that must not be repeated, whatever it is.
type final struct{ error }

// mayRepeat decides by the operation, not by the HTTP method: most reads of the API are POST requests, and a call that
// may have started must not be started again.
func mayRepeat(op gen.Operation, err error) bool {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.AutoRetryable || api.StatusCode == http.StatusTooManyRequests || op.Safe && passing(api.StatusCode)
	}
	if token, ok := errors.AsType[*TokenError](err); ok {
		// Without a token the operation itself was not sent, so that it matters nothing whether it is safe.
		return token.StatusCode == http.StatusTooManyRequests || passing(token.StatusCode) ||
			token.StatusCode == 0 && (notConnected(err) || interrupted(err))
	}
	return notConnected(err) || op.Safe && interrupted(err)
}

func passing(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// notConnected tells that no connection came about, and that another attempt may cure it.
func notConnected(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return !dns.IsNotFound // a name that does not exist will not exist a second later
	}
	return notDialed(err)
}

func notDialed(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

// unsent tells that the request itself was never sent: it was not admitted, there was no token for it, or no connection
// that can be trusted, be it for good or for now.
func unsent(err error) bool {
	_, held := errors.AsType[*notAdmittedError](err)
	_, tokenless := errors.AsType[*TokenError](err)
	_, nameless := errors.AsType[*net.DNSError](err)
	_, distrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return held || tokenless || nameless || distrusted || notDialed(err)
}

// interrupted tells that the answer was lost on its way, which another attempt may cure.
func interrupted(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// retryAfterOf returns how long the service asked to wait, or 0.
func retryAfterOf(err error) time.Duration {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.RetryAfter
	}
	return 0
}

// parseRetryAfter reads both forms of the header, seconds and date; what it cannot read and what lies in the past is 0.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		const most = 365 * 24 * 3600 // beyond a year the number says nothing, and a Duration could overflow
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

// ended is the error of a context that has ended: its own, and its cause where it has another one.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, ctx.Err()) {
		return cause
	}
	return fmt.Errorf("%w (%w)", cause, ctx.Err())
}

// sleep pauses for d, or until ctx ends, whose error it then returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}
