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
	"time"

	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/gen"
)

type doerFunc func(*http.Request) (*http.Response, error)

// Do calls f.
func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

// apiDoer is the way of a request to the API, from the outside in: repeat; wait for admission; turn failures into errors
// and read the answer; the caller's middleware; headers and token; log; send. Errors are made here, below the generated
// code, because its parsers lose the status of answers that they cannot decode.
func (s settings) apiDoer(t *tokens, h http.Header) Doer {
	send := s.logged(noted(s.httpClient))
	send = withToken(t, send)
	send = withHeaders(h, send)
	send = s.withMiddleware(send)
	return s.repeated(s.admitted(s.checked(send, s.attemptTimeout)))
}

// transferDoer is the way of a file's bytes to and from a signed URL, which must not get the token.
func (s settings) transferDoer() Doer {
	return s.repeated(s.checked(s.withMiddleware(s.logged(s.httpClient)), s.transferTimeout))
}

func (s settings) withMiddleware(next Doer) Doer {
	for _, wrap := range slices.Backward(s.middleware) {
		next = wrap(next)
	}
	return next
}

func (s settings) repeated(next Doer) Doer {
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		op := operationOf(req)
		ctx := gen.WithOperation(req.Context(), op)
		retry := s.retry
		if op.Nonce {
			retry.MaxRetries = -1 // repeated by whoever made the nonce
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

// rewound copies req for another attempt, with its body from the start.
func rewound(req *http.Request, ctx context.Context) (*http.Request, error) {
	again := req.Clone(ctx)
	if req.GetBody == nil {
		return again, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("functions: cannot read the request's body again: %w", err)
	}
	again.Body = body
	return again, nil
}

// checked turns every answer outside 2xx into an *APIError, and reads the others to their end while the attempt can
// still be repeated: an answer that breaks off is then one more passing failure.
func (s settings) checked(next Doer, timeout time.Duration) Doer {
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		late := fmt.Errorf("no full answer came within %v: %w", timeout, context.DeadlineExceeded)
		ctx, cancel := context.WithTimeoutCause(req.Context(), timeout, late)
		defer cancel()
		resp, err := next.Do(req.WithContext(ctx))
		if err != nil {
			return nil, err
		}
		defer func(sent io.Closer) { _ = sent.Close() }(resp.Body) // the field is given another body below
		if resp.StatusCode/100 != 2 {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes)) // half an explanation is better than none
			return nil, newAPIError(req, resp, body)
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, s.maxResponseBytes+1))
		if err != nil {
			return nil, err
		}
		if int64(len(body)) > s.maxResponseBytes {
			return nil, fmt.Errorf("the answer is longer than %d bytes; ask for less, or raise WithMaxResponseBytes", s.maxResponseBytes)
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

// withToken gives each attempt a token, and asks for a new one, once, when the service does not take it.
func withToken(t *tokens, next Doer) Doer {
	send := func(req *http.Request, token *oauth2.Token) (*http.Response, error) {
		authorized, err := rewound(req, req.Context())
		if err != nil {
			return nil, err
		}
		token.SetAuthHeader(authorized)
		resp, err := next.Do(authorized)
		if resp != nil {
			resp.Request = req // the middleware sees it, and must not see the token
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
