package httpapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
)

// router is a chi router that handles escaped and empty path segments. chi alone matches the escaped path for some
// requests and the unescaped path for others, and accepts an empty segment as a parameter.
type router struct{ mux *chi.Mux }

// newRouter returns a router without routes. The middlewares run for all requests, in the given order.
func newRouter(middlewares ...func(http.Handler) http.Handler) *router {
	rt := &router{chi.NewRouter()}
	rt.mux.Use(middlewares...)
	rt.mux.Use(rt.normalizePath)
	rt.mux.NotFound(rt.notFound)
	rt.mux.MethodNotAllowed(rt.notFound)
	return rt
}

// HandleFunc registers a handler for a pattern such as "GET /functions/{functionId}". A parameter matches one segment
// that is not empty, and [http.Request.PathValue] returns it unescaped. Registering a pattern again replaces its
// handler.
func (rt *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	rt.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		for name, value := range pathParams(r) {
			r.SetPathValue(name, value)
		}
		handler(w, r)
	})
}

// ServeHTTP runs the handler for a request.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) { rt.mux.ServeHTTP(w, r) }

// normalizePath lets chi match a path in which each segment is escaped in the same way.
func (rt *router) normalizePath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
		for i, segment := range segments {
			plain, err := url.PathUnescape(segment)
			if err != nil || plain == "" {
				writeNotFound(w, r)
				return
			}
			segments[i] = url.PathEscape(plain)
		}
		chi.RouteContext(r.Context()).RoutePath = "/" + strings.Join(segments, "/")
		next.ServeHTTP(w, r)
	})
}

// pathParams returns the unescaped path parameters of a routed request.
func pathParams(r *http.Request) map[string]string {
	escaped := chi.RouteContext(r.Context()).URLParams
	params := make(map[string]string, len(escaped.Keys))
	for i, name := range escaped.Keys {
		params[name], _ = url.PathUnescape(escaped.Values[i]) // escaped by normalizePath
	}
	return params
}

// notFound reports a path without routes, or a path whose routes have other methods. chi does not pass the allowed
// methods to its MethodNotAllowed handler, and calls it for unknown methods on unknown paths, too.
func (rt *router) notFound(w http.ResponseWriter, r *http.Request) {
	path := chi.RouteContext(r.Context()).RoutePath
	var allowed []string
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut} {
		if rt.mux.Match(chi.NewRouteContext(), method, path) {
			allowed = append(allowed, method)
		}
	}
	if allowed == nil {
		writeNotFound(w, r)
		return
	}
	methods := strings.Join(allowed, ", ")
	w.Header().Set("Allow", methods)
	envelope.Write(w, envelope.New(http.StatusMethodNotAllowed, "the emulator has no %s %s: use %s", r.Method, pathOf(r.URL), methods))
}

func writeNotFound(w http.ResponseWriter, r *http.Request) {
	served := "it serves the Functions API, and of other services only sessions and the files of code"
	if strings.HasPrefix(r.URL.Path+"/", controlPath) {
		served = "GET " + controlPath + "clock and the other paths of its control API are in api/emulator.yaml"
	}
	envelope.Write(w, envelope.New(http.StatusNotFound, "the emulator has no %s %s: %s", r.Method, pathOf(r.URL), served))
}
