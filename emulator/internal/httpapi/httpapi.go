// Package httpapi is the HTTP side of the emulator: routing, tokens, request and response bodies, file content, and
// the checks of requests and responses against the API description.
package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/contract"
	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/faults"
	"github.com/cogfn/cogfn/emulator/internal/requestlog"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/signature"
	"github.com/cogfn/cogfn/gen/control"
	"github.com/cogfn/cogfn/gen/server"
)

// basePath precedes the paths of the description.
const basePath = "/api/v1/projects/{project}"

// Config configures a Handler. All fields are required unless the comment describes the zero value.
type Config struct {
	// Service implements the operations.
	Service *service.Service
	// SigningKey signs the access tokens.
	SigningKey []byte
	// Project is the name of the only project.
	Project string
	// KnownClient reports whether client credentials may get a token.
	KnownClient func(id, secret string) bool
	// Requests records the requests.
	Requests *requestlog.Log
	// Faults makes requests fail.
	Faults *faults.Engine
	// Control implements the control API.
	Control control.StrictServerInterface
	// ControlClient reports whether client credentials may use the control API.
	ControlClient func(id, secret string) bool
	// RequireToken rejects tokens that this emulator did not issue. If false, every bearer token is accepted.
	RequireToken bool
	// Now returns the time of the emulator's clock.
	Now func() time.Time
	// TokenLifetime is the lifetime of issued tokens.
	TokenLifetime time.Duration
	// AllowRemote accepts requests for any Host. If false, the Host must be a loopback address or localhost.
	AllowRemote bool
	// ValidateResponses replaces responses that violate the description by an error with status 500.
	ValidateResponses bool
	// Logger receives requests at debug level and internal errors at error level.
	Logger *slog.Logger
}

// Handler serves the API. It is safe for concurrent use.
type Handler struct {
	config   Config
	contract *contract.Contract
	signer   signature.Signer
	router   *router
}

// New returns a handler for all operations of the description, the token endpoints and the content of files.
func New(config Config) (*Handler, error) {
	description, err := contract.Load()
	if err != nil {
		return nil, err
	}
	h := &Handler{config: config, contract: description, signer: signature.New(config.SigningKey)}
	h.router = newRouter(h.logRequest, h.checkHost)
	strict := server.NewStrictHandlerWithOptions(config.Service, []server.StrictMiddlewareFunc{h.enterService}, server.StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  writeDecodeError,
		ResponseErrorHandlerFunc: h.writeError,
	})
	server.HandlerWithOptions(strict, server.StdHTTPServerOptions{
		BaseURL:          basePath,
		BaseRouter:       h.operations(),
		ErrorHandlerFunc: writeDecodeError,
	})
	h.registerControl()
	h.router.HandleFunc("POST "+TokenPath, h.withFault(faults.TokenOperation, h.issueToken, "access_token", "token_type"))
	h.router.HandleFunc("GET "+inspectPath, h.inspectToken)
	h.router.HandleFunc("PUT "+service.ContentPath, h.withFault(faults.UploadOperation, h.uploadContent))
	h.router.HandleFunc("GET "+service.ContentPath, h.withFault(faults.DownloadOperation, h.downloadContent))
	return h, nil
}

// operations returns the router of the Functions API.
func (h *Handler) operations() operationRouter {
	return operationRouter{h.router, h, contract.Load, basePath, h.authorizeProject, h.withFaults}
}

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.router.ServeHTTP(w, r) }

// writeDecodeError reports a request whose parameters or body the generated code could not decode.
func writeDecodeError(w http.ResponseWriter, _ *http.Request, err error) {
	envelope.Write(w, envelope.Undecodable(err))
}

// writeError reports the error of an operation.
func (h *Handler) writeError(w http.ResponseWriter, r *http.Request, err error) {
	if problem, ok := errors.AsType[*envelope.Error](err); ok {
		envelope.Write(w, problem)
		return
	}
	if !errors.Is(err, context.Canceled) { // the client has disconnected
		h.config.Logger.Error("operation failed", "method", r.Method, "pattern", r.Pattern, "error", err)
	}
	envelope.Write(w, envelope.New(http.StatusInternalServerError, "the emulator failed: %v", err))
}
