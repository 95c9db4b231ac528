package functions

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cogfn/cogfn/gen"
)

// The requests to signed URLs are not operations of the API. They have no path, because the URL is a secret.
var (
	uploadOperation   = gen.Operation{ID: "upload", Method: http.MethodPut, Safe: true}
	downloadOperation = gen.Operation{ID: "download", Method: http.MethodGet, Safe: true}
)

// operationOf returns the operation of a request. A request that was built without an operation in its context, through
// the embedded client of Gen, counts as unsafe. Its body may contain a nonce, which is valid once, so a request with a body
// is sent once.
func operationOf(req *http.Request) gen.Operation {
	if op, ok := gen.OperationFromContext(req.Context()); ok {
		return op
	}
	_, rest, _ := strings.Cut(req.URL.Path, "/api/v1/projects/")
	_, path, _ := strings.Cut(rest, "/")
	return gen.Operation{ID: req.Method + " /" + path, Method: req.Method, Path: "/" + path, Nonce: req.Body != nil && req.Body != http.NoBody}
}

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

// explain records in *err what the method did, such as "retrieve the function with external id nope". Methods defer it. The
// innermost method that does so determines the text.
func explain(err *error, format string, args ...any) {
	var action *string
	if api, ok := errors.AsType[*APIError](*err); ok {
		action = &api.Action
	} else if request, ok := errors.AsType[*RequestError](*err); ok {
		action = &request.Action
	}
	if action != nil && *action == "" {
		*action = fmt.Sprintf(format, args...)
	}
}

// failure begins the text of an error: by the action, or by the operation for requests through Gen.
func failure(action, operation string) string {
	if action == "" {
		return "functions: " + operation + " failed"
	}
	return "functions: cannot " + action
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
