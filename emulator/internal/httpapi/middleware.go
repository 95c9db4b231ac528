package httpapi

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/requestlog"
	"github.com/cogfn/cogfn/emulator/internal/service"
)

// logRequest logs each request with an id and turns a panic of a handler into an error response. The log has the
// pattern of the path instead of the path, because the URLs of file content contain signatures.
func (h *Handler) logRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started, requestID := time.Now(), rand.Text()
		w.Header().Set("X-Request-Id", requestID)
		w.Header().Set("X-Emulator", "cogfn")
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		if !strings.HasPrefix(r.URL.Path, controlPath) {
			var entry *requestlog.Entry
			entry, r = h.config.Requests.Begin(r, requestID, loggedPath(r.URL), h.config.Now())
			ww.Tee(entry)
			defer func() { entry.End(ww.Status()) }()
		}
		defer func() {
			reason := recover()
			if reason == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in this way
				panic(reason)
			}
			log := h.config.Logger.With("request", requestID, "method", r.Method, "pattern", chi.RouteContext(r.Context()).RoutePattern())
			if reason != nil {
				log.Error("request handler panicked", "panic", reason, "stack", string(debug.Stack()))
				if ww.Status() == 0 {
					envelope.Write(ww, envelope.New(http.StatusInternalServerError, "the emulator failed: see request %s in its log", requestID))
				}
			}
			log.Debug("request", "status", ww.Status(), "duration", time.Since(started))
		}()
		next.ServeHTTP(ww, r)
	})
}

// signed matches the path of a file's content, also within a longer path, and captures what precedes the signature.
var signed = sync.OnceValue(func() *regexp.Regexp {
	content, _, _ := strings.Cut(service.ContentPath, "{")
	return regexp.MustCompile("(?s)(" + strings.ReplaceAll(regexp.QuoteMeta(content), "/", "/+") + "[^/]+/+).+")
})

// pathOf returns the path of a URL without the signature of a file's content.
func pathOf(u *url.URL) string { return signed().ReplaceAllString(u.Path, "${1}***") }

// loggedPath returns the path and query of a URL without the signature of a file's content.
func loggedPath(u *url.URL) string {
	if p := pathOf(u); p != u.Path {
		return p
	}
	return u.RequestURI()
}

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
