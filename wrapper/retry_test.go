package functions

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// retriedFailures are failures of one attempt, and whether requests of safe and unsafe operations are retried after them.
var retriedFailures = map[string]struct {
	failure      responder
	safe, unsafe bool
	kind         error // the error of the last attempt matches it
}{
	"429":                                  {errorResponse(429, "slow down"), true, true, ErrRateLimited},
	"502":                                  {errorResponse(502, "bad gateway"), true, false, ErrUnavailable},
	"503":                                  {errorResponse(503, "busy"), true, false, ErrUnavailable},
	"504":                                  {errorResponse(504, "late"), true, false, ErrUnavailable},
	"502 of a proxy":                       {respond(502, "<html>", "Content-Type", "text/html"), true, false, ErrUnavailable},
	"500":                                  {errorResponse(500, "fault"), false, false, nil},
	"500, marked as retryable":             {errorResponse(500, "fault", "cdf-is-auto-retryable", "true"), true, true, nil},
	"503, marked as retryable":             {errorResponse(503, "busy", "cdf-is-auto-retryable", "TRUE"), true, true, ErrUnavailable},
	"503, marked as not retryable":         {errorResponse(503, "busy", "cdf-is-auto-retryable", "false"), true, false, ErrUnavailable},
	"500, marked as retryable in the body": {respond(500, `{"error":{"code":500,"message":"x","isAutoRetryable":true}}`), true, true, nil},
	"400":                                  {errorResponse(400, "wrong"), false, false, nil},
	"401":                                  {errorResponse(401, "who?"), false, false, ErrUnauthorized},
	"404":                                  {errorResponse(404, "where?"), false, false, ErrNotFound},
	"connection refused":                   {connectionRefused(), true, true, ErrUnavailable},
	"proxy unreachable":                    {fails(&net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Err: errors.New("no")}}), true, true, ErrUnavailable},
	"name server failed":                   {fails(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving"}}), true, true, ErrUnavailable},
	"unknown host":                         {unknownHost(), false, false, nil},
	"connection reset":                     {connectionReset(), true, false, ErrUnavailable},
	"connection closed":                    {fails(io.EOF), true, false, ErrUnavailable},
	"truncated response":                   {truncated(200, `{"status":"activated"}`), true, false, ErrUnavailable},
	"attempt timeout":                      {hangs(), true, false, context.DeadlineExceeded},
	"bad certificate":                      {badCertificate(), false, false, nil},
}

// unknownHost fails as net/http does if the host does not exist.
func unknownHost() responder {
	return fails(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}})
}

// badCertificate fails as net/http does if the certificate of the server is not valid.
func badCertificate() responder {
	return fails(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})
}

// Safe operations are retried after transient failures. Unsafe operations are retried only if the service certainly did not
// process the request.
func TestRetriedFailures(t *testing.T) {
	t.Parallel()
	operations := map[string]func(*Client, context.Context) error{
		"safe": func(c *Client, ctx context.Context) error {
			_, err := c.Status(ctx)
			return err
		},
		"unsafe": func(c *Client, ctx context.Context) error { return c.Delete(ctx, []Identifier{ID(1)}) },
	}
	for name, test := range retriedFailures {
		for class, do := range operations {
			t.Run(name+", "+class, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					want := 1
					if class == "safe" && test.safe || class == "unsafe" && test.unsafe {
						want = 3
					}
					c, _ := newFakeClient(t, times(want, test.failure), WithRetry(RetryOptions{MaxRetries: 2}))
					err := do(c, t.Context())
					if test.kind != nil && !errors.Is(err, test.kind) {
						t.Errorf("%v does not match %v", err, test.kind)
					}
					if request, ok := errors.AsType[*RequestError](err); ok {
						check(t, "attempts", request.Attempts, want)
					} else {
						check(t, "attempts", errorAs[*APIError](t, err).Attempts, want)
					}
				})
			})
		}
	}
}

func TestRetriesSendSameBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		script := append(times(3, errorResponse(503, "busy")), truncated(200, noFunctions), connectionReset(), respond(200, noFunctions))
		c, f := newFakeClient(t, script)
		if _, err := c.List(t.Context(), Filter{Name: "hello"}); err != nil {
			t.Fatal(err)
		}
		for i, s := range f.requests {
			check(t, "body of attempt "+strconv.Itoa(i+1), s.Body, `{"filter":{"name":"hello"},"limit":25}`)
			check(t, "length of attempt "+strconv.Itoa(i+1), s.Length, int64(len(s.Body)))
		}
	})
}

func TestRetryDelays(t *testing.T) {
	t.Parallel()
	t.Run("grow", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, f := newFakeClient(t, times(9, errorResponse(503, "busy")))
			if _, err := c.Status(t.Context()); !errors.Is(err, ErrUnavailable) {
				t.Fatal(err)
			}
			mean := 500 * time.Millisecond
			for i, delay := range f.intervals() {
				if shortest, longest := mean/2, min(mean*3/2+1, 30*time.Second); delay < shortest || delay > longest {
					t.Errorf("delay %d = %v, want from %v to %v", i+1, delay, shortest, longest)
				}
				mean = min(mean*2, 30*time.Second)
			}
			check(t, "time after the last attempt", time.Since(f.requests[8].At), 0)
		})
	})
	t.Run("base delay above the maximum", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, f := newFakeClient(t, times(3, errorResponse(503, "busy")), WithRetry(RetryOptions{MaxRetries: 2, BaseDelay: time.Hour, MaxDelay: time.Second}))
			if _, err := c.Status(t.Context()); !errors.Is(err, ErrUnavailable) {
				t.Fatal(err)
			}
			for _, delay := range f.intervals() {
				if delay > time.Second {
					t.Errorf("delay = %v, want at most 1s", delay)
				}
			}
		})
	})
	t.Run("no retries", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, times(1, errorResponse(429, "slow down")), WithRetry(RetryOptions{MaxRetries: -1}))
			_, err := c.Status(t.Context())
			check(t, "attempts", errorAs[*APIError](t, err).Attempts, 1)
		})
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const own = -1 // the first delay without a header
	tests := map[string]struct {
		header func() string
		want   time.Duration
	}{
		"seconds":      {func() string { return "7" }, 7 * time.Second},
		"fraction":     {func() string { return "1.5" }, 1500 * time.Millisecond},
		"date":         {func() string { return time.Now().UTC().Add(9 * time.Second).Format(http.TimeFormat) }, 9 * time.Second},
		"past":         {func() string { return time.Now().UTC().Add(-time.Hour).Format(http.TimeFormat) }, own},
		"negative":     {func() string { return "-5" }, own},
		"zero":         {func() string { return "0" }, own},
		"not a number": {func() string { return "soon" }, own},
		"NaN":          {func() string { return "NaN" }, own},
		"maximum":      {func() string { return "30" }, 30 * time.Second},
		"none":         {func() string { return "" }, own},
		"with spaces":  {func() string { return " 3 " }, 3 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFakeClient(t, []responder{
					errorResponse(429, "slow down", "Retry-After", test.header()), respond(200, `{"status":"activated"}`),
				})
				if _, err := c.Status(t.Context()); err != nil {
					t.Fatal(err)
				}
				delay := f.intervals()[0]
				if test.want == own {
					if delay < 250*time.Millisecond || delay > 751*time.Millisecond {
						t.Errorf("delay = %v, want from 250ms to 751ms", delay)
					}
					return
				}
				check(t, "delay", delay, test.want)
			})
		})
	}
}

func TestRetryAfterTooLong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header string
		want   time.Duration
	}{
		"above the maximum": {"31", 31 * time.Second},
		"huge":              {"1e300", 365 * 24 * time.Hour},
		"above float64":     {strings.Repeat("9", 400), 365 * 24 * time.Hour},
		"infinite":          {"Inf", 365 * 24 * time.Hour},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				c, _ := newFakeClient(t, []responder{errorResponse(429, "slow down", "Retry-After", test.header)})
				_, err := c.Status(t.Context())
				check(t, "waited", time.Since(start), 0)
				api := errorAs[*APIError](t, err)
				check(t, "RetryAfter", api.RetryAfter, test.want)
				checkMessage(t, err, "try again in "+test.want.String())
			})
		})
	}
}

func TestContextEndsRetries(t *testing.T) {
	t.Parallel()
	t.Run("between attempts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			c, _ := newFakeClient(t, []responder{errorResponse(503, "busy", "Retry-After", "25", "X-Request-Id", "r-1")})
			_, err := c.Status(ctx)
			check(t, "waited", time.Since(start), 10*time.Second)
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
			check(t, "matches the last response", errors.Is(err, ErrUnavailable), true)
			check(t, "status", errorAs[*APIError](t, err).StatusCode, 503)
			checkMessage(t, err, "deadline", "request id r-1")
		})
	})
	t.Run("in an attempt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			c, _ := newFakeClient(t, []responder{hangs()})
			_, err := c.Status(ctx)
			check(t, "waited", time.Since(start), 10*time.Second)
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
			check(t, "operation", errorAs[*RequestError](t, err).Operation, "getFunctionsStatus")
			checkMessage(t, err, "deadline")
		})
	})
	for name, script := range map[string][]responder{"between attempts": {errorResponse(503, "busy")}, "in an attempt": {hangs()}} {
		t.Run("with a cause "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				cause := errors.New("the user pressed Ctrl-C")
				time.AfterFunc(time.Millisecond, func() { cancel(cause) })
				c, _ := newFakeClient(t, script)
				_, err := c.Status(ctx)
				check(t, "canceled", errors.Is(err, context.Canceled), true)
				check(t, "cause", errors.Is(err, cause), true)
			})
		})
	}
	t.Run("before the first attempt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			c, _ := newFakeClient(t, []responder{hangs()})
			_, err := c.Status(ctx)
			check(t, "canceled", errors.Is(err, context.Canceled), true)
		})
	})
}

func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	t.Run("second attempt succeeds", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, f := newFakeClient(t, []responder{hangs(), respond(200, `{"status":"activated"}`)}, WithAttemptTimeout(2*time.Second))
			if _, err := c.Status(t.Context()); err != nil {
				t.Fatal(err)
			}
			if interval := f.intervals()[0]; interval < 2250*time.Millisecond || interval > 2751*time.Millisecond {
				t.Errorf("second attempt after %v, want from 2.25s to 2.751s", interval)
			}
		})
	})
	t.Run("all attempts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, times(2, hangs()), WithAttemptTimeout(2*time.Second), WithRetry(RetryOptions{MaxRetries: 1}))
			_, err := c.Status(t.Context())
			check(t, "attempts", errorAs[*RequestError](t, err).Attempts, 2)
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
			checkMessage(t, err, "within 2s")
		})
	})
}

// A request to start a call through Client.Gen cannot get a new nonce, so it is sent once.
func TestGenCallIsNotRetried(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, []responder{errorResponse(429, "slow down")})
	_, err := c.Gen().PostFunctionsCall(t.Context(), 42, gen.FunctionCallRequest{Nonce: "n"})
	check(t, "attempts", errorAs[*APIError](t, err).Attempts, 1)
	c, _ = newFakeClient(t, []responder{errorResponse(429, "slow down")})
	resp, err := c.Gen().Client.PostFunctionsCall(t.Context(), 42, gen.FunctionCallRequest{Nonce: "n"})
	if resp != nil {
		_ = resp.Body.Close()
	}
	check(t, "attempts without an operation", errorAs[*APIError](t, err).Attempts, 1)
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "1", "-1", "1e999", "NaN", "Inf", "0x1p60", " 5 ", "Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(seed, int64(946684800))
	}
	f.Fuzz(func(t *testing.T, value string, now int64) {
		got := parseRetryAfter(value, time.Unix(now%math.MaxInt32, 0))
		if got < 0 {
			t.Errorf("parseRetryAfter(%q) = %v", value, got)
		}
	})
}
