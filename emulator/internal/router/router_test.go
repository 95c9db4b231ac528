package router_test

import (
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

	"github.com/cogfn/cogfn/emulator/internal/router"
)

func TestRouter(t *testing.T) {
	t.Parallel()
	r := router.New()
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
		r.HandleFunc(pattern, func(w http.ResponseWriter, req *http.Request) {
			_, _ = fmt.Fprint(w, pattern)
			for _, name := range []string{"project", "functionId", "callId", "scheduleId"} {
				if value := req.PathValue(name); value != "" {
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
		// A dead end after a literal leads back to the wildcard.
		"GET /p/x/functions/schedules/calls/8": "GET /p/{project}/functions/{functionId}/calls/{callId} project=x functionId=schedules callId=8",
		"GET /p/x/functions/7/calls/byids":     "GET /p/{project}/functions/{functionId}/calls/{callId} project=x functionId=7 callId=byids",
		"POST /p/x/functions/7/calls/byids":    "POST /p/{project}/functions/{functionId}/calls/byids project=x functionId=7",
		"GET /p/a%2Fb/functions":               "GET /p/{project}/functions project=a/b",
		"GET /p/x/functions/":                  "404",
		"GET /p/x//functions":                  "404",
		"GET /p//functions":                    "404",
		"PUT /p/x/functions":                   "404",
		"GET /":                                "404",
	} {
		method, path, _ := strings.Cut(request, " ")
		recorder := httptest.NewRecorder()
		r.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
		got := recorder.Body.String()
		if recorder.Code != http.StatusOK {
			got = strconv.Itoa(recorder.Code)
		}
		if got != want {
			t.Errorf("%s leads to %q, want %q", request, got, want)
		}
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	r := router.New()
	r.NotFound = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }
	recorder := httptest.NewRecorder()
	r.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	if recorder.Code != http.StatusTeapot {
		t.Errorf("status %d", recorder.Code)
	}
}

func TestBadPatternPanics(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"", "GET", "/a", "GET a"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("the pattern %q was taken", pattern)
				}
			}()
			router.New().HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		}()
	}
}

// A literal path is found whatever else is registered, and a found pattern really fits the path.
func TestRouterFindsWhatFits(t *testing.T) {
	t.Parallel()
	segment := rapid.SampledFrom([]string{"a", "b", "{x}", "{y}"})
	rapid.Check(t, func(t *rapid.T) {
		r := router.New()
		patterns := map[string]bool{}
		for range rapid.IntRange(1, 8).Draw(t, "patterns") {
			pattern := "GET /" + strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, "pattern"), "/")
			patterns[pattern] = true
			r.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		}
		path := "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 4).Draw(t, "path"), "/")
		request := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}}
		fits := slices.ContainsFunc(slices.Collect(maps.Keys(patterns)), func(pattern string) bool { return fitting(pattern, path) })
		match, ok := r.Match(request)
		if ok != fits {
			t.Fatalf("%s found: %t, want %t, among %v", path, ok, fits, patterns)
		}
		if ok && (!patterns[match.Pattern] || !fitting(match.Pattern, path)) {
			t.Fatalf("%s leads to %s", path, match.Pattern)
		}
	})
}

func fitting(pattern, path string) bool {
	want, got := strings.Split(strings.TrimPrefix(pattern, "GET "), "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}
