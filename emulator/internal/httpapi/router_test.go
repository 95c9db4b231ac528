package httpapi

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// serve returns the response of a router to a request without a body.
func serve(ctx context.Context, rt *router, method, path string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	rt.ServeHTTP(recorder, httptest.NewRequestWithContext(ctx, method, path, nil))
	return recorder
}

func TestRouter(t *testing.T) {
	t.Parallel()
	rt := newRouter()
	for _, pattern := range []string{
		"GET /p/{project}/functions",
		"POST /p/{project}/functions",
		"GET /p/{project}/functions/{functionId}",
		"GET /p/{project}/functions/{functionId}/calls",
		"GET /p/{project}/functions/{functionId}/calls/{callId}",
		"POST /p/{project}/functions/{functionId}/calls/byids",
		"GET /p/{project}/functions/schedules",
		"GET /p/{project}/functions/schedules/{scheduleId}",
		"GET /p/{project}/functions/schedules/{scheduleId}/input_data",
	} {
		rt.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprint(w, pattern)
			for _, name := range []string{"project", "functionId", "callId", "scheduleId"} {
				if value := r.PathValue(name); value != "" {
					_, _ = fmt.Fprintf(w, " %s=%s", name, value)
				}
			}
		})
	}
	for request, want := range map[string]string{
		"GET /p/x/functions":                        "GET /p/{project}/functions project=x",
		"POST /p/x/functions":                       "POST /p/{project}/functions project=x",
		"GET /p/x/functions/7":                      "GET /p/{project}/functions/{functionId} project=x functionId=7",
		"GET /p/x/functions/schedules":              "GET /p/{project}/functions/schedules project=x",
		"GET /p/x/functions/schedules/7":            "GET /p/{project}/functions/schedules/{scheduleId} project=x scheduleId=7",
		"GET /p/x/functions/schedules/7/input_data": "GET /p/{project}/functions/schedules/{scheduleId}/input_data project=x scheduleId=7",
		// A literal segment without a match in the rest of the path: back to the parameter.
		"GET /p/x/functions/schedules/calls":   "GET /p/{project}/functions/schedules/{scheduleId} project=x scheduleId=calls",
		"GET /p/x/functions/schedules/calls/8": "GET /p/{project}/functions/{functionId}/calls/{callId} project=x functionId=schedules callId=8",
		"GET /p/x/functions/7/calls/byids":     "GET /p/{project}/functions/{functionId}/calls/{callId} project=x functionId=7 callId=byids",
		"POST /p/x/functions/7/calls/byids":    "POST /p/{project}/functions/{functionId}/calls/byids project=x functionId=7",
		// Parameters are unescaped once, literals match in their escaped form, too.
		"GET /p/a%2Fb/functions":       "GET /p/{project}/functions project=a/b",
		"GET /p/a%2Fb%20c/functions/7": "GET /p/{project}/functions/{functionId} project=a/b c functionId=7",
		"GET /p/100%25/functions":      "GET /p/{project}/functions project=100%",
		"GET /p/%252F/functions":       "GET /p/{project}/functions project=%2F",
		"GET /p/%2F%252F/functions":    "GET /p/{project}/functions project=/%2F",
		"GET /p/x/%66unctions":         "GET /p/{project}/functions project=x",
		// Parameters are not empty.
		"GET /p/x/functions/": "404",
		"GET /p/x//functions": "404",
		"GET /p//functions":   "404",
		"GET /":               "404",
		"GET /q":              "404",
		"BREW /q":             "404",
	} {
		method, path, _ := strings.Cut(request, " ")
		recorder := serve(t.Context(), rt, method, path)
		got := recorder.Body.String()
		if recorder.Code != http.StatusOK {
			got = strconv.Itoa(recorder.Code)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", request, got, want)
		}
	}
	for request, want := range map[string]string{
		"PUT /p/x/functions":                  "GET, POST",
		"HEAD /p/x/functions":                 "GET, POST",
		"BREW /p/x/functions":                 "GET, POST",
		"POST /p/x/functions/7":               "GET",
		"DELETE /p/x/functions/7/calls/byids": "GET, POST", // GET is that of the parameter
		"POST /p/a%2Fb/functions/7":           "GET",
	} {
		method, path, _ := strings.Cut(request, " ")
		recorder := serve(t.Context(), rt, method, path)
		if allow := recorder.Header().Get("Allow"); recorder.Code != http.StatusMethodNotAllowed || allow != want {
			t.Errorf("%s: status %d, Allow %q, want 405, %q", request, recorder.Code, allow, want)
		}
	}
}

func TestRouterRunsMiddlewaresForUnknownPaths(t *testing.T) {
	t.Parallel()
	rt := newRouter(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	})
	rt.HandleFunc("GET /a", func(http.ResponseWriter, *http.Request) {})
	for _, path := range []string{"/", "/a", "/b", "//"} {
		if recorder := serve(t.Context(), rt, http.MethodGet, path); recorder.Code != http.StatusTeapot {
			t.Errorf("GET %s: status %d, want that of the middleware", path, recorder.Code)
		}
	}
}

func TestRouterRejectsPatterns(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"", "GET", "GET a", "BREW /a"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("HandleFunc(%q) did not panic", pattern)
				}
			}()
			newRouter().HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		}()
	}
}

// TestRouterFindsMatchingPatterns checks for random patterns that a path finds a handler exactly if a pattern
// matches, and that the pattern of this handler matches.
func TestRouterFindsMatchingPatterns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rt := newRouter()
		patterns := map[string]bool{}
		for range rapid.IntRange(1, 8).Draw(t, "patterns") {
			segments := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "{x}", "{y}"}), 1, 4).Draw(t, "pattern")
			for i, segment := range segments { // the names of parameters are unique
				segments[i] = strings.Replace(segment, "}", strconv.Itoa(i)+"}", 1)
			}
			pattern := "/" + strings.Join(segments, "/")
			patterns[pattern] = true
			rt.HandleFunc("GET "+pattern, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, pattern) })
		}
		path := "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d/e"}), 1, 4).Draw(t, "path"), "/")
		path = strings.ReplaceAll(path, "d/e", url.PathEscape("d/e"))
		want := slices.ContainsFunc(slices.Collect(maps.Keys(patterns)), func(pattern string) bool { return matches(pattern, path) })
		recorder := serve(t.Context(), rt, http.MethodGet, path)
		if found := recorder.Code == http.StatusOK; found != want {
			t.Fatalf("GET %s: found %t, want %t, patterns %v", path, found, want, patterns)
		}
		if pattern := recorder.Body.String(); want && !matches(pattern, path) {
			t.Fatalf("GET %s: handler of %s", path, pattern)
		}
	})
}

// matches reports whether a pattern matches an escaped path.
func matches(pattern, path string) bool {
	return slices.EqualFunc(strings.Split(pattern, "/"), strings.Split(path, "/"), func(want, got string) bool {
		return want == got || strings.HasPrefix(want, "{")
	})
}
