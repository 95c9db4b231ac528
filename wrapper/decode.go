package functions

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cogfn/cogfn/gen"
)

// received turns the generated client's error for a success with an unusable body into a *RequestError.
func received[T any](got *T, err error) (*T, error) {
	if e, ok := errors.AsType[*gen.ResponseError](err); ok && e.Err != nil {
		return nil, &RequestError{
			Operation: e.Operation.ID, RequestID: e.Header.Get(requestIDHeader), Attempts: 1,
			Err: fmt.Errorf("status %d, but %w", e.StatusCode, e.Err),
		}
	}
	return got, err
}

func mediaType(resp *http.Response) string {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if kind == "" {
		return "no content type"
	}
	return kind
}

const requestIDHeader = "X-Request-Id"

func requestID(resp *http.Response) string { return resp.Header.Get(requestIDHeader) }
