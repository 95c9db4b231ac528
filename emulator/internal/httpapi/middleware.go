package httpapi

import (
	"crypto/rand"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
)

// logRequest logs each request with an id and turns a panic of a handler into an error response. The log has the
// pattern of the path instead of the path, because the URLs of file content contain signatures.
func (h *Handler) logRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started, requestID := time.Now(), rand.Text()
		w.Header().Set("X-Request-Id", requestID)
		w.Header().Set("X-Emulator", "cogfn")
		sw := &statusWriter{ResponseWriter: w}
		defer func() {
			reason := recover()
			if reason == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in this way
				panic(reason)
			}
			log := h.config.Logger.With("request", requestID, "method", r.Method, "pattern", chi.RouteContext(r.Context()).RoutePattern())
			if reason != nil {
				log.Error("request handler panicked", "panic", reason, "stack", string(debug.Stack()))
				if sw.status == 0 {
					envelope.Write(sw, envelope.New(http.StatusInternalServerError, "the emulator failed: see request %s in its log", requestID))
				}
			}
			log.Debug("request", "status", sw.status, "duration", time.Since(started))
		}()
		next.ServeHTTP(sw, r)
	})
}

// statusWriter records the status of a response.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the header.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (w *statusWriter) Write(part []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(part)
}

// Unwrap gives http.ResponseController access to the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// checkHost rejects requests for a host name other than this machine. Otherwise, a web page whose host name resolves
// to 127.0.0.1 (DNS rebinding) could upload code and run it.
func (h *Handler) checkHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(r.Host); err == nil {
			host = name
		}
		if !h.config.AllowRemote && !isLoopback(strings.Trim(host, "[]")) {
			envelope.Write(w, envelope.New(http.StatusForbidden, "the host %q is not this machine: use 127.0.0.1", host))
			return
		}
		next.ServeHTTP(w, r)
	})
}
