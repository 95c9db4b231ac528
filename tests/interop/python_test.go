package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/api"
)

// pythonCase is a call with a client of openapi-python-client. The server sends response.
type pythonCase struct {
	name      string
	operation string // the module, without client.api
	arguments map[string]any
	model     string // the class of the request body, and the body
	body      string
	status    int // 200 if it is 0
	response  string
	want      map[string]any // values at paths of attributes in the decoded response
	wantError string         // a part of the exception
	unlisted  bool           // whether the response contains values that the description does not list
}

var pythonCases = []pythonCase{
	{
		name: "function with values added later", operation: "functions.get_function", arguments: map[string]any{"function_id": 1},
		response: `{"id": 1, "name": "f", "fileId": 2, "createdTime": 3, "status": "Retired", "runtime": "py314", "functionType": "functionApp"}`,
		want:     map[string]any{"status": "Retired", "runtime": "py314", "function_type": "functionApp"},
	},
	{
		name: "function with unknown values", unlisted: true, operation: "functions.list_functions", model: "FunctionListRequest",
		body:     `{"filter": {"status": "Paused"}, "limit": 1}`,
		response: `{"items": [{"id": 1, "name": "f", "fileId": 2, "createdTime": 3, "status": "Paused", "runtime": "py399", "functionType": "app"}]}`,
		want:     map[string]any{"items.0.status": "Paused", "items.0.runtime": "py399", "items.0.function_type": "app"},
	},
	{
		name: "activation status with an unknown value and field", unlisted: true, operation: "functions.get_functions_status",
		response: `{"status": "suspended", "since": {"time": 1}}`,
		want:     map[string]any{"status": "suspended", "additional_properties": map[string]any{"since": map[string]any{"time": json.Number("1")}}},
	},
	{
		name: "create a function with a new runtime", operation: "functions.post_functions", model: "FunctionCreateRequest", status: http.StatusCreated,
		body:     `{"items": [{"name": "f", "fileId": 2, "runtime": "py314", "metadata": {"a": "b"}}]}`,
		response: `{"items": [{"id": 1, "name": "f", "fileId": 2, "createdTime": 3, "status": "Queued", "runtime": "py314", "metadata": {"a": "b"}}]}`,
		want:     map[string]any{"items.0.runtime": "py314", "items.0.metadata": map[string]any{"a": "b"}},
	},
	{
		name: "create a function with an unknown runtime", unlisted: true,
		operation: "functions.post_functions", model: "FunctionCreateRequest", status: http.StatusCreated,
		body:     `{"items": [{"name": "f", "fileId": 2, "runtime": "py399"}]}`,
		response: `{"items": [{"id": 1, "name": "f", "fileId": 2, "createdTime": 3, "status": "Queued", "runtime": "py399"}]}`,
		want:     map[string]any{"items.0.runtime": "py399"},
	},
	{
		name: "functions by both kinds of id", operation: "functions.by_ids_functions", model: "FunctionByIdsRequest",
		body: `{"items": [{"id": 1}, {"externalId": "e"}], "ignoreUnknownIds": true}`, response: `{"items": []}`,
		want: map[string]any{"items": []any{}},
	},
	{
		name: "calls with both kinds of error", unlisted: true,
		operation: "function_calls.list_function_calls", arguments: map[string]any{"function_id": 1},
		model: "FunctionCallListRequest", body: `{"filter": {"status": "ConcurrencyLimitExceeded"}}`,
		response: `{"items": [
			{"id": 1, "functionId": 1, "startTime": 1, "status": "ConcurrencyLimitExceeded", "error": "too many calls"},
			{"id": 2, "functionId": 1, "startTime": 1, "status": "Throttled", "error": {"message": "m", "trace": "t"}}]}`,
		want: map[string]any{
			"items.0.status": "ConcurrencyLimitExceeded", "items.0.error": "too many calls",
			"items.1.status": "Throttled", "items.1.error.message": "m", "items.1.error.trace": "t",
		},
	},
	{
		name: "log with null", operation: "function_calls.get_function_call_logs", arguments: map[string]any{"function_id": 1, "call_id": 1},
		response: `{"items": [{"timestamp": 1, "message": null}, {"timestamp": 1, "message": "line"}, {"timestamp": 1}]}`,
		want:     map[string]any{"items.0.message": nil, "items.1.message": "line"},
	},
	{
		name: "schedules with both kinds of session id", operation: "function_schedules.get_function_schedules",
		response: `{"items": [
			{"id": 1, "name": "s", "createdTime": 1, "cronExpression": "* * * * *", "when": "always", "sessionId": 7},
			{"id": 2, "name": "s", "createdTime": 1, "cronExpression": "* * * * *", "when": "always", "sessionId": "7"}]}`,
		want: map[string]any{"items.0.session_id": json.Number("7"), "items.1.session_id": "7"},
	},
	{
		name: "input data", operation: "function_schedules.get_function_schedule_input_data", arguments: map[string]any{"schedule_id": 1},
		response: `{"id": 1, "data": {"n": 12345678901234567890, "list": [null]}}`,
		want:     map[string]any{"data": map[string]any{"n": json.Number("12345678901234567890"), "list": []any{nil}}},
	},
	{
		name: "sessions", unlisted: true, operation: "sessions.list_sessions", arguments: map[string]any{"status": "detached"},
		response: `{"items": [{"id": 1, "status": "DETACHED", "type": "TOKEN_EXCHANGE"}, {"id": 2, "status": "HIBERNATED", "type": "OTHER"}]}`,
		want:     map[string]any{"items.0.status": "DETACHED", "items.1.status": "HIBERNATED", "items.1.type_": "OTHER"},
	},
	{
		name: "create a session", operation: "sessions.create_sessions", model: "SessionCreateRequest", body: `{"items": [{"tokenExchange": true}]}`,
		response: `{"items": [{"id": 1, "status": "DETACHED", "nonce": "n"}]}`, want: map[string]any{"items.0.nonce": "n"},
	},
	{
		name: "error", operation: "functions.get_function", arguments: map[string]any{"function_id": 1}, status: http.StatusNotFound,
		response: `{"error": {"code": 404, "message": "not found", "missing": [{"id": 1}]}}`,
		want:     map[string]any{"error.code": json.Number("404"), "error.missing.0": map[string]any{"id": json.Number("1")}},
	},
	{
		name: "response without a required field", operation: "functions.get_function", arguments: map[string]any{"function_id": 1},
		response: `{"id": 1, "name": "f", "fileId": 2, "createdTime": 3}`, wantError: "KeyError('status')",
	},
	{
		name: "request without a required field", operation: "functions.post_functions", model: "FunctionCreateRequest", status: http.StatusCreated,
		body: `{"items": [{"name": "f"}]}`, response: `{"items": []}`, wantError: "KeyError('fileId')",
	},
}

// TestPythonClient decodes responses and sends requests with a client of openapi-python-client. The client must accept
// values that are added to extensible enums later, and all JSON must be the same after decoding and encoding.
func TestPythonClient(t *testing.T) {
	t.Parallel()
	cases := slices.Concat(pythonCases, anyResponses(t))
	results, sent := runPython(t, pythonClient(t, string(api.OpenAPI)), cases)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			result := results[i]
			if c.wantError != "" {
				if !strings.Contains(result.Error, c.wantError) {
					t.Errorf("the error is %q; want %q", result.Error, c.wantError)
				}
				return
			}
			if result.Error != "" {
				t.Fatal(result.Error)
			}
			if diff := cmp.Diff(decode(t, []byte(c.response)), result.Response); diff != "" {
				t.Errorf("the response is different after decoding and encoding (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, result.Attributes); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if c.body != "" {
				if diff := cmp.Diff(decode(t, []byte(c.body)), decode(t, sent[i])); diff != "" {
					t.Errorf("the request body (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// anyResponses returns a case for each type of JSON that a function may return.
func anyResponses(t *testing.T) []pythonCase {
	t.Helper()
	var all []pythonCase
	for _, value := range []string{`null`, `true`, `1.5`, `"text"`, `[1, null]`, `{"a": {"b": 12345678901234567890}}`} {
		all = append(all, pythonCase{
			name: "function returned " + value, operation: "function_calls.get_function_call_response",
			arguments: map[string]any{"function_id": 1, "call_id": 1},
			response:  `{"callId": 1, "response": ` + value + `}`, want: map[string]any{"response": decode(t, []byte(value))},
		})
	}
	return all
}

// TestPythonClientWithClosedEnums checks that closed enums would fail TestPythonClient.
func TestPythonClientWithClosedEnums(t *testing.T) {
	t.Parallel()
	var cases []pythonCase
	for _, c := range pythonCases {
		if c.unlisted {
			cases = append(cases, c)
		}
	}
	results, _ := runPython(t, pythonClient(t, closedEnums()), cases)
	for i, c := range cases {
		if results[i].Error == "" {
			t.Errorf("%s: the client accepts a value that its enum does not contain", c.name)
		}
	}
}

// TestPythonGeneratorWarns checks that the generator fails on a schema that it cannot read, instead of leaving it out.
func TestPythonGeneratorWarns(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(string(api.OpenAPI), "type: boolean\n      default: false", "type: boolean\n      default: maybe", 1)
	if output, err := generatePython(t, t.TempDir(), broken); err == nil || !strings.Contains(output, "WARNING") {
		t.Errorf("the error is %v, and the generator does not warn:\n%s", err, output)
	}
}

// pythonClient generates a client from a description and returns the directory that contains its package.
func pythonClient(t *testing.T, description string) string {
	t.Helper()
	dir := t.TempDir()
	if output, err := generatePython(t, dir, description); err != nil || strings.Contains(strings.ToLower(output), "warning") {
		t.Fatalf("openapi-python-client: %v\n%s", err, output)
	}
	return dir
}

func generatePython(t *testing.T, dir, description string) (output string, err error) {
	t.Helper()
	generator := tool(t, "bin/python/bin/openapi-python-client")
	settings := filepath.Join(dir, "settings.yaml")
	writeFile(t, settings, "post_hooks: []\n")
	out, err := exec.CommandContext(t.Context(), generator, "generate", "--path", writeDescription(t, description),
		"--output-path", filepath.Join(dir, "client"), "--meta", "none", "--config", settings, "--fail-on-warning").CombinedOutput()
	return string(out), err
}

// pythonResult is what testdata/call.py prints for a case.
type pythonResult struct {
	Attributes map[string]any
	Response   any
	Error      string
}

// runPython runs the cases with the client in a directory, and also returns the request bodies that the client sent.
func runPython(t *testing.T, dir string, cases []pythonCase) (results []pythonResult, sent [][]byte) {
	t.Helper()
	sent = make([][]byte, len(cases))
	mux := http.NewServeMux()
	for i, c := range cases {
		mux.HandleFunc(fmt.Sprintf("/%d/", i), func(w http.ResponseWriter, r *http.Request) {
			sent[i], _ = io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(max(c.status, http.StatusOK))
			_, _ = io.WriteString(w, c.response)
		})
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	var input []map[string]any
	for i, c := range cases {
		in := map[string]any{
			"url": fmt.Sprintf("%s/%d", server.URL, i), "operation": c.operation, "arguments": c.arguments,
			"model": c.model, "body": nil, "attributes": c.want,
		}
		if c.body != "" {
			in["body"] = json.RawMessage(c.body)
		}
		input = append(input, in)
	}
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	var output, problems bytes.Buffer
	cmd := exec.CommandContext(t.Context(), tool(t, "bin/python/bin/python"), "-B", "testdata/call.py", dir)
	cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &output, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	decoder := json.NewDecoder(&output)
	decoder.UseNumber()
	if err := decoder.Decode(&results); err != nil || len(results) != len(cases) {
		t.Fatalf("%d results, %v\n%s", len(results), err, problems.String())
	}
	return results, sent
}
