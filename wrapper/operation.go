package functions

import (
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
