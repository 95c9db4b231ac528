package functions

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/gen"
)

type doerFunc func(*http.Request) (*http.Response, error)

// Do calls f.
func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

// apiDoer is the chain of handlers of a request to the API, from the outside in: retry, limit, turn other statuses than 2xx
// into errors and read the response, the caller's middleware, headers, token, log, send. Errors are made here, below the
// generated code, so that they carry the status and the headers of the response.
func (s settings) apiDoer(t *tokens, h http.Header) Doer {
	send := s.logged(timed(s.httpClient))
	send = withToken(t, send)
	send = withHeaders(h, send)
	send = s.withMiddleware(send)
	return s.retried(s.limited(s.checked(send, s.attemptTimeout)))
}

// transferDoer is the chain of handlers of an upload or a download. The signed URL must not receive the token.
func (s settings) transferDoer() Doer {
	return s.retried(s.checked(s.withMiddleware(s.logged(s.httpClient)), s.transferTimeout))
}

func (s settings) withMiddleware(next Doer) Doer {
	for _, wrap := range slices.Backward(s.middleware) {
		next = wrap(next)
	}
	return next
}

func (s settings) retried(next Doer) Doer {
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		op := operationOf(req)
		ctx := gen.WithOperation(req.Context(), op)
		retry := s.retry
		if op.Nonce {
			retry.MaxRetries = -1 // withNonce retries with a new nonce
		}
		var resp *http.Response
		err := retry.do(ctx, op, func(n int) (err error) {
			again, err := rewound(req, context.WithValue(ctx, attemptKey{}, n))
			if err != nil {
				return err
			}
			resp, err = next.Do(again)
			return err
		})
		if err != nil {
			return nil, err
		}
		return resp, nil
	})
}

type attemptKey struct{}

// rewound returns a copy of req with its body at the start, for another attempt.
func rewound(req *http.Request, ctx context.Context) (*http.Request, error) {
	again := req.Clone(ctx)
	if req.GetBody == nil {
		return again, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("cannot read the request body again: %w", err)
	}
	again.Body = body
	return again, nil
}

// checked turns every status other than 2xx into an *APIError. It reads the other responses completely, so that an
// incomplete response is a transient error of the attempt.
func (s settings) checked(next Doer, timeout time.Duration) Doer {
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		late := fmt.Errorf("no complete response within %v: %w", timeout, context.DeadlineExceeded)
		ctx, cancel := context.WithTimeoutCause(req.Context(), timeout, late)
		defer cancel()
		resp, err := next.Do(req.WithContext(ctx))
		if err != nil {
			return nil, err
		}
		defer func(sent io.Closer) { _ = sent.Close() }(resp.Body) // resp.Body changes below
		if resp.StatusCode/100 != 2 {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes)) // a partial message is better than none
			return nil, newAPIError(req, resp, body)
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, s.maxResponseBytes+1))
		if err != nil {
			return nil, err
		}
		if int64(len(body)) > s.maxResponseBytes {
			return nil, fmt.Errorf("the response is longer than %d bytes; request less, or raise WithMaxResponseBytes", s.maxResponseBytes)
		}
		resp.Body, resp.Request = io.NopCloser(bytes.NewReader(body)), req
		return resp, nil
	})
}

func withHeaders(h http.Header, next Doer) Doer {
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		maps.Copy(req.Header, h)
		return next.Do(req)
	})
}

// withToken sets the token of each attempt. When the service rejects the token, it gets a new one, once.
func withToken(t *tokens, next Doer) Doer {
	send := func(req *http.Request, token *oauth2.Token) (*http.Response, error) {
		authorized, err := rewound(req, req.Context())
		if err != nil {
			return nil, err
		}
		token.SetAuthHeader(authorized)
		resp, err := next.Do(authorized)
		if resp != nil {
			resp.Request = req // middleware must not see the token
		}
		return resp, err
	}
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		token, _, err := t.get(req.Context(), nil)
		if err != nil {
			return nil, err
		}
		resp, err := send(req, token)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			return resp, err
		}
		if token, renewed, err := t.get(req.Context(), token); err == nil && renewed {
			_ = resp.Body.Close()
			return send(req, token)
		}
		return resp, nil
	})
}

func (s settings) logged(next Doer) Doer {
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		ctx := req.Context()
		if !s.logger.Enabled(ctx, slog.LevelDebug) {
			return next.Do(req)
		}
		start := time.Now()
		resp, err := next.Do(req)
		op := operationOf(req)
		attempt, _ := ctx.Value(attemptKey{}).(int)
		attrs := []slog.Attr{
			slog.String("operation", op.ID), slog.String("method", req.Method), slog.String("path", op.Path),
			slog.Int("attempt", attempt), slog.Duration("duration", time.Since(start)),
		}
		if err != nil {
			attrs = append(attrs, slog.String("error", withoutURL(err).Error()))
		} else {
			attrs = append(attrs, slog.Int("status", resp.StatusCode), slog.String("requestId", requestID(resp)))
		}
		s.logger.LogAttrs(ctx, slog.LevelDebug, "functions request", attrs...)
		return resp, err
	})
}

// sendTime records when a request was last sent.
type sendTime struct{ at atomic.Pointer[time.Time] }

type sendTimeKey struct{}

// timed records the time right before a request is sent. If it is not recorded, for example because there was no token, the
// request was certainly not sent.
func timed(next Doer) Doer {
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		if s, ok := req.Context().Value(sendTimeKey{}).(*sendTime); ok && req.Context().Err() == nil {
			s.at.Store(new(time.Now()))
		}
		return next.Do(req)
	})
}

const requestIDHeader = "X-Request-Id"

func requestID(resp *http.Response) string { return resp.Header.Get(requestIDHeader) }
