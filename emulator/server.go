package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/contract"
	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/router"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/signature"
	api "github.com/cogfn/cogfn/gen/server"
)

// basePath is where the API is, before the paths of the description.
const basePath = "/api/v1/projects/{project}"

// server is the HTTP side of the emulator.
type server struct {
	emulator *Emulator
	contract *contract.Contract
	router   *router.Router
	signer   signature.Signer
	log      *slog.Logger
}

func newServer(e *Emulator, description *contract.Contract) *server {
	s := &server{
		emulator: e, contract: description, router: router.New(),
		signer: signature.New(e.store.SigningKey()), log: e.options.Logger,
	}
	api.HandlerWithOptions(api.NewStrictHandlerWithOptions(e.service, nil, api.StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  s.refuse,
		ResponseErrorHandlerFunc: s.fail,
	}), api.StdHTTPServerOptions{BaseURL: basePath, BaseRouter: s.router, ErrorHandlerFunc: s.refuse})
	s.router.HandleFunc("POST "+issuePath, s.issueToken)
	s.router.HandleFunc("GET "+inspectPath, s.inspectToken)
	s.router.HandleFunc("PUT "+service.ContentPath, s.receiveContent)
	s.router.HandleFunc("GET "+service.ContentPath, s.sendContent)
	return s
}

// ServeHTTP answers one request.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began, requestID := time.Now(), rand.Text()
	w.Header().Set("X-Request-Id", requestID)
	w.Header().Set("X-Emulator", "cogfn")
	answer := &answer{ResponseWriter: w}
	defer func() {
		if reason := recover(); reason != nil {
			if reason == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in this way
				panic(reason)
			}
			s.log.Error("a request panicked", "request", requestID, "method", r.Method, "pattern", r.Pattern, "panic", reason, "stack", string(debug.Stack()))
			if answer.status == 0 {
				envelope.Write(answer, envelope.New(http.StatusInternalServerError, "the emulator failed: its log tells more under the request %s", requestID))
			}
		}
		s.log.Debug("request", "request", requestID, "method", r.Method, "pattern", r.Pattern, "status", answer.status, "took", time.Since(began))
	}()
	s.route(answer, r)
}

// answer notes the status of an answer.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the header.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (a *answer) Write(part []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(part)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (s *server) route(w http.ResponseWriter, r *http.Request) {
	if problem := s.checkHost(r); problem != nil {
		envelope.Write(w, problem)
		return
	}
	match, ok := s.router.Match(r)
	if !ok {
		envelope.Write(w, envelope.New(http.StatusNotFound,
			"the emulator has no %s %s: it serves the Functions API, and of other services only sessions and the files of code", r.Method, r.URL.Path))
		return
	}
	r.Pattern = match.Pattern // for the log, in place of the path: the URLs of files carry the right to use them
	match.SetPathValues(r)
	if method, path, _ := strings.Cut(match.Pattern, " "); strings.HasPrefix(path, basePath) {
		s.serveOperation(w, r, method+" "+strings.TrimPrefix(path, basePath), match)
		return
	}
	match.Handler(w, r)
}

// checkHost refuses requests that a web page sends to this machine under a name of its own choice: such a page could
// otherwise upload code and run it.
func (s *server) checkHost(r *http.Request) *envelope.Error {
	host := r.Host
	if name, _, err := net.SplitHostPort(r.Host); err == nil {
		host = name
	}
	if s.emulator.options.AllowRemote || isLoopback(strings.Trim(host, "[]")) {
		return nil
	}
	return envelope.New(http.StatusForbidden, "the host %q does not mean this machine: use 127.0.0.1", host)
}

// serveOperation answers an operation of the description.
func (s *server) serveOperation(w http.ResponseWriter, r *http.Request, operation string, match router.Match) {
	_, problem := s.authorize(r)
	if problem == nil && match.Params["project"] != s.emulator.options.Project {
		// The real service does not tell an unknown project from a forbidden one.
		problem = envelope.New(http.StatusUnauthorized, "Unauthorized: there is no project %q here, the emulator's is %q",
			match.Params["project"], s.emulator.options.Project)
	}
	if problem == nil {
		problem = prepareBody(w, r)
	}
	if problem == nil {
		problem = s.contract.CheckRequest(r, operation, match.Params)
	}
	if problem != nil {
		envelope.Write(w, problem)
		return
	}
	r = r.WithContext(service.WithBaseURL(r.Context(), "http://"+r.Host))
	if !s.emulator.options.ValidateResponses {
		match.Handler(w, r)
		return
	}
	kept := &keptAnswer{header: w.Header()}
	match.Handler(kept, r)
	if err := s.contract.CheckResponse(r, operation, kept.status, kept.header, kept.body.Bytes()); err != nil {
		s.log.Error("an answer does not follow the description", "error", err)
		kept.header.Del("Retry-After")
		envelope.Write(w, envelope.New(http.StatusInternalServerError, "%v", err))
		return
	}
	w.WriteHeader(kept.status)
	_, _ = w.Write(kept.body.Bytes()) // the caller may have gone; nobody is left to tell
}

// refuse answers a request that could not be read.
func (s *server) refuse(w http.ResponseWriter, _ *http.Request, err error) {
	envelope.Write(w, envelope.Undecodable(err))
}

// fail answers a request whose operation returned an error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if problem, ok := errors.AsType[*envelope.Error](err); ok {
		envelope.Write(w, problem)
		return
	}
	if !errors.Is(err, context.Canceled) { // the caller has gone
		s.log.Error("an operation failed", "method", r.Method, "pattern", r.Pattern, "error", err)
	}
	envelope.Write(w, envelope.New(http.StatusInternalServerError, "%s", fmt.Sprintf("the emulator failed: %v", err)))
}
