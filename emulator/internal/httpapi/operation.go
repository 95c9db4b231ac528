package httpapi

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5/middleware"

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
	var body bytes.Buffer
	held := middleware.NewWrapResponseWriter(w, r.ProtoMajor) // holds the response back until it is checked
	held.Discard()
	held.Tee(&body)
	next(held, r)
	if err := h.contract.CheckResponse(r, operation, held.Status(), w.Header(), body.Bytes()); err != nil {
		h.config.Logger.Error("response violates the description", "error", err)
		w.Header().Del("Retry-After")
		envelope.Write(w, envelope.New(http.StatusInternalServerError, "%v", err))
		return
	}
	w.WriteHeader(held.Status())
	_, _ = w.Write(body.Bytes()) // the client may have disconnected
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
