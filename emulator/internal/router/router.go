// Package router finds the handler for a request among patterns such as "GET /functions/{functionId}".
//
// It exists because net/http.ServeMux refuses the API's paths: /functions/{functionId}/calls and /functions/schedules/{scheduleId}
// overlap, and neither is more specific than the other. Here a literal segment wins over a wildcard at the same place,
// and a dead end leads back to the wildcard.
package router

import (
	"net/http"
	"net/url"
	"strings"
)

// Router matches requests by method and path. Register everything before the first request; matching is then safe for
// concurrent use.
type Router struct {
	root node
	// NotFound answers requests that match nothing; nil answers a plain 404.
	NotFound http.HandlerFunc
}

// Match is the outcome of a search.
type Match struct {
	// Pattern is the pattern as registered, method included.
	Pattern string
	// Params holds the unescaped values of the wildcards by name.
	Params map[string]string
	// Handler is the handler as registered.
	Handler http.HandlerFunc
}

type node struct {
	literals map[string]*node
	wildcard *node
	// leaves holds the routes that end here, by method.
	leaves map[string]leaf
}

type leaf struct {
	pattern string
	names   []string // of the wildcards, in the order of the path
	handler http.HandlerFunc
}

// New returns an empty router.
func New() *Router { return &Router{} }

// HandleFunc registers a handler for a pattern "METHOD /path/{wildcard}". A wildcard stands for one segment that is
// not empty. Registering a pattern again replaces its handler.
func (r *Router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		panic("router: the pattern " + pattern + " is not of the form METHOD /path")
	}
	at, names := &r.root, []string(nil)
	for segment := range strings.SplitSeq(path[1:], "/") {
		if name, isWildcard := wildcardName(segment); isWildcard {
			names = append(names, name)
			if at.wildcard == nil {
				at.wildcard = &node{}
			}
			at = at.wildcard
			continue
		}
		if at.literals == nil {
			at.literals = map[string]*node{}
		}
		if at.literals[segment] == nil {
			at.literals[segment] = &node{}
		}
		at = at.literals[segment]
	}
	if at.leaves == nil {
		at.leaves = map[string]leaf{}
	}
	at.leaves[method] = leaf{pattern: pattern, names: names, handler: handler}
}

func wildcardName(segment string) (string, bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// Match finds the handler for a request.
func (r *Router) Match(req *http.Request) (Match, bool) {
	// The escaped path keeps an escaped slash inside its segment.
	path := req.URL.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		return Match{}, false
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return Match{}, false
		}
		segments[i] = plain
	}
	found, values, ok := r.root.search(req.Method, segments, nil)
	if !ok {
		return Match{}, false
	}
	params := make(map[string]string, len(values))
	for i, name := range found.names {
		params[name] = values[i]
	}
	return Match{Pattern: found.pattern, Params: params, Handler: found.handler}, true
}

// search walks down the tree; values collects what the wildcards stood for on the way.
func (n *node) search(method string, segments, values []string) (leaf, []string, bool) {
	if len(segments) == 0 {
		found, ok := n.leaves[method]
		return found, values, ok
	}
	if next := n.literals[segments[0]]; next != nil {
		if found, got, ok := next.search(method, segments[1:], values); ok {
			return found, got, true
		}
	}
	if n.wildcard == nil || segments[0] == "" {
		return leaf{}, nil, false
	}
	return n.wildcard.search(method, segments[1:], append(values, segments[0]))
}

// ServeHTTP runs the handler that matches, with the wildcards' values as path values.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	match, ok := r.Match(req)
	switch {
	case ok:
		match.SetPathValues(req)
		match.Handler(w, req)
	case r.NotFound != nil:
		r.NotFound(w, req)
	default:
		http.NotFound(w, req)
	}
}

// SetPathValues makes the wildcards' values readable by [http.Request.PathValue].
func (m Match) SetPathValues(req *http.Request) {
	for name, value := range m.Params {
		req.SetPathValue(name, value)
	}
}
