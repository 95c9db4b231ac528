package contract_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/emulator/internal/contract"
	"github.com/cogfn/cogfn/gen"
)

func TestCheckRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, operation, query, body string
		path                         map[string]string
		want                         string // part of the message, or "" for a valid request
	}{
		{name: "empty filter", operation: "POST /functions/list", body: `{}`},
		{name: "no optional body", operation: "POST /functions/list"},
		{name: "unknown body field", operation: "POST /functions/schedules/list", body: `{"cursor":"x"}`, want: `{'cursor': ['Unknown field.']}`},
		{name: "unknown nested field", operation: "POST /functions/list", body: `{"filter":{"colour":1}}`, want: `{'filter': {'colour': ['Unknown field.']}}`},
		{name: "unknown field in an item", operation: "POST /functions", body: `{"items":[{"name":"a","fileId":1,"tag":2}]}`, want: `{'items': {0: {'tag': ['Unknown field.']}}}`},
		{name: "unknown query parameter", operation: "GET /functions", query: "?cursor=a", want: `{'cursor': ['Unknown field.']}`},
		{name: "required body missing", operation: "POST /functions", want: "body is missing"},
		{name: "required field missing", operation: "POST /functions", body: `{"items":[{"name":"a"}]}`, want: "fileId"},
		{name: "null", operation: "POST /functions", body: `{"items":[{"name":null,"fileId":1}]}`, want: "`null` values aren't allowed"},
		{name: "wrong type", operation: "POST /functions", body: `{"items":[{"name":"a","fileId":"1"}]}`, want: "items.0.fileId"},
		{name: "name too long", operation: "POST /functions", body: `{"items":[{"name":"` + strings.Repeat("n", gen.FunctionNameMaxLength+1) + `","fileId":1}]}`, want: "items.0.name"},
		{name: "two items", operation: "POST /functions", body: `{"items":[{"name":"a","fileId":1},{"name":"a","fileId":1}]}`, want: "items"},
		{name: "both ids", operation: "POST /functions/byids", body: `{"items":[{"id":1,"externalId":"a"}]}`, want: "items.0: give exactly one of id, externalId"},
		{name: "no id", operation: "POST /functions/byids", body: `{"items":[{}]}`, want: "items.0: give exactly one of id, externalId"},
		{name: "item is not an object", operation: "POST /functions/byids", body: `{"items":[3]}`, want: "items.0: give exactly one of id, externalId"},
		{name: "id of a wrong type", operation: "POST /functions/byids", body: `{"items":[{"id":"a"}]}`, want: "items.0.id: "},
		{name: "id and an unknown field", operation: "POST /functions/byids", body: `{"items":[{"id":1,"tag":2}]}`, want: "{'items': {0: {'tag': ['Unknown field.']}}}"},
		{name: "missing field in an instance id", operation: "POST /files/byids", body: `{"items":[{"id":1},{"instanceId":{"space":"s"}}]}`, want: "items.1.instanceId.externalId: "},
		{name: "incomplete credentials", operation: "POST /sessions", body: `{"items":[{"clientId":"a"}]}`, want: "items.0.clientSecret: "},
		{name: "no session type", operation: "POST /sessions", body: `{"items":[{}]}`, want: "give exactly one of clientId with clientSecret, tokenExchange, oneshotTokenExchange"},
		{name: "id above the maximum", operation: "POST /functions/list", body: `{"filter":{"fileId":9007199254740993}}`, want: "9007199254740991"},
		{name: "number out of range", operation: "POST /functions/list", body: `{"limit":1e400}`, want: "out of range"},
		{name: "any input data", operation: "POST /functions/{functionId}/call", path: map[string]string{"functionId": "1"}, body: `{"nonce":"n","data":{"a":{"b":[null]}}}`},
		{name: "data is not an object", operation: "POST /functions/{functionId}/call", path: map[string]string{"functionId": "1"}, body: `{"nonce":"n","data":[1]}`, want: "data"},
		{name: "large id in a path", operation: "GET /functions/{functionId}", path: map[string]string{"functionId": "9007199254740993"}},
		{name: "large limit in a query", operation: "GET /functions", query: "?limit=9007199254740993"},
		{name: "duplicate id", operation: "POST /functions/schedules/byids", body: `{"items":[{"id":7},{"id":7}]}`, want: "items: duplicate items"},
		{name: "allowed duplicate id", operation: "POST /functions/schedules/delete", body: `{"items":[{"id":7},{"id":7}]}`},
		{name: "id is not a number", operation: "GET /functions/{functionId}", path: map[string]string{"functionId": "abc"}, want: "the parameter functionId"},
		{name: "limit 0", operation: "GET /functions", query: "?limit=0", want: "the parameter limit"},
		{name: "new status in a filter", operation: "POST /functions/list", body: `{"filter":{"status":"Retired"}}`},
		{name: "new session status", operation: "GET /sessions", query: "?status=ACTIVE"},
		{name: "new runtime", operation: "POST /functions", body: `{"items":[{"name":"a","fileId":1,"runtime":"py399"}]}`},
		{name: "unexpected body", operation: "GET /functions", body: `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := contract.Load()
			if err != nil {
				t.Fatal(err)
			}
			method, path, _ := strings.Cut(tt.operation, " ")
			var request *http.Request
			if tt.body == "" {
				request = httptest.NewRequestWithContext(t.Context(), method, path+tt.query, nil)
			} else {
				request = httptest.NewRequestWithContext(t.Context(), method, path+tt.query, strings.NewReader(tt.body))
				request.Header.Set("Content-Type", "application/json")
			}
			problem := c.CheckRequest(request, tt.operation, tt.path)
			switch {
			case tt.want == "" && problem != nil:
				t.Errorf("rejected with %q", problem.Message)
			case tt.want != "" && problem == nil:
				t.Errorf("accepted, want a message that contains %q", tt.want)
			case tt.want != "" && !strings.Contains(problem.Message, tt.want):
				t.Errorf("message %q, want it to contain %q", problem.Message, tt.want)
			}
		})
	}
}

func TestMessagesContainNoValues(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	body := `{"items":[{"clientId":7,"clientSecret":"hush-hush"}]}`
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sessions", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	problem := c.CheckRequest(request, "POST /sessions", nil)
	if problem == nil {
		t.Fatal("a numeric client id was accepted")
	}
	if strings.Contains(problem.Message, "hush-hush") {
		t.Errorf("message %q contains the secret", problem.Message)
	}
}

func TestCheckResponse(t *testing.T) {
	t.Parallel()
	const function = `"id":1,"createdTime":2,"status":"Ready","name":"a","fileId":3`
	tests := []struct {
		name, operation, body string
		status                int
		wantErr               bool
	}{
		{"function", "GET /functions/{functionId}", "{" + function + "}", 200, false},
		{"new status", "GET /functions/{functionId}", `{"id":1,"createdTime":2,"status":"Retired","name":"a","fileId":3}`, 200, false},
		{"unknown field", "GET /functions/{functionId}", "{" + function + `,"color":"red"}`, 200, true},
		{"metadata null", "GET /functions/{functionId}", "{" + function + `,"metadata":null}`, 200, true},
		{"response null", "GET /functions/{functionId}/calls/{callId}/response", `{"functionId":1,"callId":2,"response":null}`, 200, false},
		{"response string", "GET /functions/{functionId}/calls/{callId}/response", `{"functionId":1,"callId":2,"response":"x"}`, 200, false},
		{"error as object", "GET /functions/{functionId}/calls/{callId}", `{"functionId":1,"id":2,"status":"Failed","startTime":1,"error":{"message":"m","trace":"t"}}`, 200, false},
		{"envelope", "GET /functions/{functionId}", `{"error":{"code":404,"message":"m","missing":[{"external_id":"a"}]}}`, 404, false},
		{"undeclared status", "GET /functions/{functionId}", "{" + function + "}", 201, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := contract.Load()
			if err != nil {
				t.Fatal(err)
			}
			method, path, _ := strings.Cut(tt.operation, " ")
			request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
			header := http.Header{"Content-Type": {"application/json"}}
			err = c.CheckResponse(request, tt.operation, tt.status, header, []byte(tt.body))
			if gotErr := err != nil; gotErr != tt.wantErr {
				t.Errorf("error %v, want error: %t", err, tt.wantErr)
			}
		})
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(c.Operations()), len(gen.Operations()); got != want {
		t.Errorf("%d operations, want %d", got, want)
	}
	if got, want := c.OperationID("POST /functions/{functionId}/call"), "postFunctionsCall"; got != want {
		t.Errorf("operation id %q, want %q", got, want)
	}
}
