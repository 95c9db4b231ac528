package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/cogfn/cogfn/emulator/internal/contract"
	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/gen/server"
)

// operationRouter registers the handlers of generated code. It adds the steps that all operations of an API have in common.
type operationRouter struct {
	*router
	handler *Handler
	// contract returns the contract of the API. That of the control API is parsed when the first request arrives.
	contract func() (*contract.Contract, error)
	// base is the beginning of the paths that is not in the description.
	base string
	// authorize returns an error if a request may not use the API.
	authorize func(r *http.Request, params map[string]string) *envelope.Error
	// wrap adds steps of one API; nil adds none.
	wrap func(operation string, next http.HandlerFunc) http.HandlerFunc
}

// HandleFunc registers the handler of an operation.
func (o operationRouter) HandleFunc(pattern string, next func(http.ResponseWriter, *http.Request)) {
	operation := strings.Replace(pattern, " "+o.base, " ", 1) // as in the description
	serve := func(w http.ResponseWriter, r *http.Request) { o.serve(w, r, operation, next) }
	if o.wrap != nil {
		serve = o.wrap(operation, serve)
	}
	o.router.HandleFunc(pattern, serve)
}

// serve checks a request, runs the handler of its operation and, if required, checks the response.
func (o operationRouter) serve(w http.ResponseWriter, r *http.Request, operation string, next http.HandlerFunc) {
	description, err := o.contract()
	if err != nil {
		o.handler.writeError(w, r, err)
		return
	}
	if problem := o.checkRequest(w, r, description, operation); problem != nil {
		envelope.Write(w, problem)
		return
	}
	if !o.handler.config.ValidateResponses {
		next(w, r)
		return
	}
	var body bytes.Buffer
	held := middleware.NewWrapResponseWriter(w, r.ProtoMajor) // holds the response back until it is checked
	held.Discard()
	held.Tee(&body)
	next(held, r)
	if err := description.CheckResponse(r, operation, held.Status(), w.Header(), body.Bytes()); err != nil {
		o.handler.config.Logger.Error("response violates the description", "error", err)
		w.Header().Del("Retry-After")
		envelope.Write(w, envelope.New(http.StatusInternalServerError, "%v", err))
		return
	}
	w.WriteHeader(held.Status())
	_, _ = w.Write(body.Bytes()) // the client may have disconnected
}

// enterService adds [service.Service.Enter] and the base URL to an operation. Neither reading the request nor writing the
// response belongs to it, because Reload would wait for a slow client.
func (h *Handler) enterService(next server.StrictHandlerFunc, _ string) server.StrictHandlerFunc {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		defer h.config.Service.Enter()()
		return next(service.WithBaseURL(ctx, scheme(r)+"://"+r.Host), w, r, request)
	}
}

// scheme returns the scheme of a request's URL.
func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// checkRequest checks authorization, body and parameters of a request, and decompresses the body.
func (o operationRouter) checkRequest(w http.ResponseWriter, r *http.Request, description *contract.Contract, operation string) *envelope.Error {
	params := pathParams(r)
	if problem := o.authorize(r, params); problem != nil {
		return problem
	}
	if problem := decodeBody(w, r); problem != nil {
		return problem
	}
	return description.CheckRequest(r, operation, params)
}

// authorizeProject checks the token and the project of a request to the Functions API.
func (h *Handler) authorizeProject(r *http.Request, params map[string]string) *envelope.Error {
	if _, problem := h.authorize(r); problem != nil {
		return problem
	}
	if params["project"] != h.config.Project {
		// The real service does not distinguish an unknown project from a forbidden one.
		return envelope.New(http.StatusUnauthorized, "Unauthorized: there is no project %q here, the emulator's is %q", params["project"], h.config.Project)
	}
	return nil
}
