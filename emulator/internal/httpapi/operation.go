package httpapi

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/service"
)

// operationRouter registers the handlers of the generated code. It adds the steps that all operations have in common.
type operationRouter struct {
	*router
	handler *Handler
}

// HandleFunc registers the handler of an operation.
func (o operationRouter) HandleFunc(pattern string, next func(http.ResponseWriter, *http.Request)) {
	operation := strings.Replace(pattern, " "+basePath, " ", 1) // as in the description
	o.router.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		o.handler.serveOperation(w, r, operation, next)
	})
}

// serveOperation checks a request, runs the handler of its operation and, if required, checks the response.
func (h *Handler) serveOperation(w http.ResponseWriter, r *http.Request, operation string, next http.HandlerFunc) {
	if problem := h.checkRequest(w, r, operation); problem != nil {
		envelope.Write(w, problem)
		return
	}
	r = r.WithContext(service.WithBaseURL(r.Context(), "http://"+r.Host))
	if !h.config.ValidateResponses {
		next(w, r)
		return
	}
	buffer := &responseBuffer{header: w.Header()}
	next(buffer, r)
	if err := h.contract.CheckResponse(r, operation, buffer.status, buffer.header, buffer.body.Bytes()); err != nil {
		h.config.Logger.Error("response violates the description", "error", err)
		buffer.header.Del("Retry-After")
		envelope.Write(w, envelope.New(http.StatusInternalServerError, "%v", err))
		return
	}
	w.WriteHeader(buffer.status)
	_, _ = w.Write(buffer.body.Bytes()) // the client may have disconnected
}

// checkRequest checks token, project, body and parameters of a request, and decompresses the body.
func (h *Handler) checkRequest(w http.ResponseWriter, r *http.Request, operation string) *envelope.Error {
	if _, problem := h.authorize(r); problem != nil {
		return problem
	}
	params := pathParams(r)
	if params["project"] != h.config.Project {
		// The real service does not distinguish an unknown project from a forbidden one.
		return envelope.New(http.StatusUnauthorized, "Unauthorized: there is no project %q here, the emulator's is %q", params["project"], h.config.Project)
	}
	if problem := decodeBody(w, r); problem != nil {
		return problem
	}
	return h.contract.CheckRequest(r, operation, params)
}

// responseBuffer holds a response back until it is checked.
type responseBuffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header of the response.
func (b *responseBuffer) Header() http.Header { return b.header }

// WriteHeader records the status.
func (b *responseBuffer) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

// Write appends to the body.
func (b *responseBuffer) Write(part []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	return b.body.Write(part)
}
