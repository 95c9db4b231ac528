package emulator_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

func TestInvalidRequests(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f"))
	for _, tt := range []struct {
		method, path, body string
		want               errorResponse
	}{
		{http.MethodGet, "/timeseries", "", errorResponse{Status: 404, Message: "GET /api/v1/projects/emulator/timeseries"}},
		{http.MethodDelete, "/functions", "", errorResponse{Status: 405, Message: "GET, POST"}},
		{http.MethodGet, "/functions/", "", errorResponse{Status: 404, Message: "GET"}},
		{http.MethodPost, "/functions/list", `{}garbage`, errorResponse{Status: 400, Message: "not valid JSON: invalid character 'g'"}},
		{http.MethodPost, "/functions/list", `{`, errorResponse{Status: 400, Message: "not valid JSON"}},
		{http.MethodPost, "/functions/list", `[]`, errorResponse{Status: 400, Message: "body"}},
		{http.MethodPost, "/functions/list", `{"limit":0}`, errorResponse{Status: 400, Message: "limit"}},
		{http.MethodPost, "/functions/list", `{"filter":{"what":1}}`, errorResponse{Status: 400, Message: "{'filter': {'what': ['Unknown field.']}}"}},
		{http.MethodGet, "/functions?partition=1", "", errorResponse{Status: 400, Message: "{'partition': ['Unknown field.']}"}},
		{http.MethodPost, "/functions/list", `{"limit":1.0}`, errorResponse{Status: 400, Message: "limit: write a whole number as digits"}},
		{http.MethodPost, "/functions/list", `{"filter":{"createdTime":{"min":1e2}}}`, errorResponse{Status: 400, Message: "filter.createdTime.min: write a whole number as digits"}},
		{http.MethodPost, "/functions/byids", `{"items":[{"id":1.0}]}`, errorResponse{Status: 400, Message: "id: write a whole number as digits"}},
		{http.MethodGet, "/functions?limit=many", "", errorResponse{Status: 400, Message: "the parameter limit"}},
		{http.MethodGet, "/functions/abc", "", errorResponse{Status: 400, Message: "the parameter functionId"}},
		{http.MethodGet, "/functions/0", "", errorResponse{Status: 400, Message: "function not found: id 0", Missing: []map[string]any{{"id": 0.0}}}},
		// The description bounds ids in bodies, but not in paths and queries.
		{http.MethodGet, "/functions/9007199254740993", "", errorResponse{Status: 400, Message: "function not found: id 9007199254740993", Missing: []map[string]any{{"id": 9007199254740993.0}}}},
		{http.MethodGet, "/functions/9223372036854775808", "", errorResponse{Status: 400, Message: "functionId"}},
		{http.MethodGet, "/functions?limit=9223372036854775808", "", errorResponse{Status: 400, Message: "limit"}},
		{http.MethodPost, "/functions/byids", `{"items":[{"id":9007199254740993}]}`, errorResponse{Status: 400, Message: "items.0.id: number must be at most 9007199254740991"}},
		{http.MethodPost, "/functions/1/calls/byids", `{"items":[{"id":7},{"id":8},{"id":7}]}`, errorResponse{Status: 400, Message: "items: duplicate items"}},
		{http.MethodPost, "/functions/schedules/byids", `{"items":[{"id":7},{"id":7}]}`, errorResponse{Status: 400, Message: "items: duplicate items"}},
		{http.MethodPost, "/functions/byids", `{"items":[]}`, errorResponse{Status: 400, Message: "items"}},
		{http.MethodPost, "/functions", "", errorResponse{Status: 400, Message: "body is missing"}},
	} {
		c.wantError(tt.method, tt.path, tt.body, tt.want)
	}
	header := http.Header{"Authorization": {"Bearer x"}, "Content-Type": {"text/plain"}}
	list := c.URL() + "/api/v1/projects/emulator/functions/list"
	if response, body := c.send(http.MethodPost, list, "{}", header); response.StatusCode != http.StatusBadRequest {
		t.Errorf("body of type text/plain: status %d %s, want 400", response.StatusCode, body)
	}
	header.Set("Content-Encoding", "br")
	if response, _ := c.send(http.MethodPost, list, "{}", header); response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("unknown content encoding: status %d, want 415", response.StatusCode)
	}
	header.Set("Content-Encoding", "gzip")
	if response, _ := c.send(http.MethodPost, list, "{}", header); response.StatusCode != http.StatusBadRequest {
		t.Errorf("invalid gzip: status %d, want 400", response.StatusCode)
	}
}

// A limit above the number of items returns all of them.
func TestLargeLimits(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f"))
	f := c.deploy(gen.FunctionWrite{Name: "f"})
	for _, path := range []string{"/functions", "/functions/schedules", fmt.Sprintf("/functions/%d/calls", f.ID)} {
		for _, limit := range []string{"9007199254740993", "9223372036854775807"} {
			if response, body := c.request(http.MethodGet, path+"?limit="+limit, ""); response.StatusCode != http.StatusOK {
				t.Errorf("GET %s with limit %s: status %d %s, want 200", path, limit, response.StatusCode, body)
			}
		}
	}
}

func TestGzipBody(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f"))
	c.deploy(gen.FunctionWrite{Name: "f"})
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	if _, err := fmt.Fprint(w, `{"filter":{"name":"f"}}`); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	response, body := c.send(http.MethodPost, c.URL()+"/api/v1/projects/emulator/functions/list", compressed.String(),
		http.Header{"Authorization": {"Bearer x"}, "Content-Encoding": {"gzip"}})
	if response.StatusCode != http.StatusOK || !strings.Contains(body, `"name":"f"`) {
		t.Errorf("status %d %s, want the function", response.StatusCode, body)
	}
}

func TestHostHeader(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	for host, want := range map[string]int{
		"attacker.example.com": http.StatusForbidden, "localhost:1": http.StatusOK, "127.0.0.1": http.StatusOK, "[::1]:80": http.StatusOK,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL()+"/api/v1/projects/emulator/functions", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		request.Header.Set("Authorization", "Bearer x")
		response, err := c.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("Host %s: status %d, want %d", host, response.StatusCode, want)
		}
	}
}
