package contract_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/emulator/internal/contract"
)

// TestErrorTexts pins the sentences of all errors. Other tests compare key words only.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	request := func(operation, query, body string) error {
		method, path, _ := strings.Cut(operation, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, path+query, nil)
		if body != "" {
			r = httptest.NewRequestWithContext(t.Context(), method, path+query, strings.NewReader(body))
		}
		r.Header.Set("Content-Type", "application/json")
		return c.CheckRequest(r, operation, map[string]string{"functionId": "abc"})
	}
	response := func(operation string, status int, body string) error {
		method, path, _ := strings.Cut(operation, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		return c.CheckResponse(r, operation, status, http.Header{"Content-Type": {"application/json"}}, []byte(body))
	}
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"operation", request("GET /x", "", ""), "the API has no operation GET /x"},
		{"query parameter", request("GET /functions", "?cursor=a", ""), "{'cursor': ['Unknown field.']}"},
		{"unknown field", request("POST /functions/byids", "", `{"items":[{"id":1,"tag":2}]}`), "{'items': {0: {'tag': ['Unknown field.']}}}"},
		{"no body", request("POST /functions", "", ""), "the request body is missing"},
		{"no object", request("POST /functions", "", "[]"), "the request body is not valid: value must be an object"},
		{"missing field", request("POST /functions", "", `{"items":[{"name":"a"}]}`), `items.0.fileId: property "fileId" is missing in the request body`},
		{
			"two violations", request("POST /functions", "", `{"items":[{"name":"a","fileId":null}],"x":1}`),
			"items.0.fileId: `null` values aren't allowed in the request body; {'x': ['Unknown field.']}",
		},
		{"type", request("POST /functions/byids", "", `{"items":[{"id":"a"}]}`), "items.0.id: value must be an integer in the request body"},
		{
			"one of", request("POST /sessions", "", `{"items":[{}]}`),
			"items.0: give exactly one of clientId with clientSecret, tokenExchange, oneshotTokenExchange in the request body",
		},
		{
			"maximum", request("POST /functions/list", "", `{"filter":{"fileId":9007199254740993}}`),
			"filter.fileId: number must be at most 9007199254740991 in the request body",
		},
		{"range", request("POST /functions/list", "", `{"limit":1e400}`), "limit: the number is out of range in the request body"},
		{"duplicates", request("POST /functions/schedules/byids", "", `{"items":[{"id":7},{"id":7}]}`), "items: duplicate items found in the request body"},
		{"parameter", request("GET /functions/{functionId}", "", ""), "the parameter functionId is not valid: value abc: an invalid integer: invalid syntax"},
		{"parameter value", request("GET /functions", "?limit=0", ""), "the parameter limit is not valid: number must be at least 1"},
		{
			"response", response("GET /functions/status", 200, "{}"),
			`the response 200 of GET /functions/status violates the API description: status: property "status" is missing in the response body`,
		},
		{
			"response status", response("GET /functions/status", 201, "{}"),
			`the response 201 of GET /functions/status violates the API description: error: property "error" is missing in the response body`,
		},
	} {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.name, tt.err, tt.want)
		}
	}
}
