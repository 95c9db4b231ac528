package gen_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/tests/typedmethods"
)

func respond(status int, contentType, body string) typedmethods.Doer {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {contentType}, "X-Request-Id": {"r-1"}}, Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

// Every operation of the table has a method, which puts the operation into the context of its request.
func TestMethodsSendTheirOperation(t *testing.T) {
	t.Parallel()
	sent := map[string]bool{}
	for _, m := range typedmethods.All() {
		_, _ = typedmethods.Call(t.Context(), m, func(req *http.Request) (*http.Response, error) {
			op, ok := gen.OperationFromContext(req.Context())
			if !ok || op.Method != req.Method {
				t.Errorf("%s: the request %s has the operation %+v", m.Name, req.Method, op)
			}
			if want := strings.Count(op.Path, "/"); strings.Count(strings.TrimPrefix(req.URL.Path, "/api/v1/projects/p"), "/") != want {
				t.Errorf("%s: the path is %s, the operation's %s", m.Name, req.URL.Path, op.Path)
			}
			sent[op.ID] = true
			return nil, errors.New("not sent")
		})
	}
	for _, op := range gen.Operations() {
		if !sent[op.ID] {
			t.Errorf("no method sends %s", op.ID)
		}
		if len(op.Capabilities) == 0 {
			t.Errorf("%s has no capability", op.ID)
		}
	}
	if len(sent) != len(gen.Operations()) {
		t.Errorf("%d operations are sent, the table has %d", len(sent), len(gen.Operations()))
	}
}

// A success without the required fields is an error for every operation. Operations without a result accept an empty object.
func TestSuccessWithoutRequiredFields(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`{}`, `null`, `[]`, `"text"`, `7`, `{"error":{"code":400,"message":"no"}}`, `{"error":"no"}`, `{"message":"no"}`,
		`{"items":[{}]}`, `{"items":[null]}`, `{"items":null}`, `{"items":{}}`,
	}
	for _, m := range typedmethods.All() {
		empty := m.Type.Out(0) == reflect.TypeFor[*gen.EmptyObject]()
		for _, body := range bodies {
			if empty && strings.HasPrefix(body, "{") && !strings.Contains(body, "error") && !strings.Contains(body, "message") {
				continue
			}
			for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusAccepted} {
				result, err := typedmethods.Call(t.Context(), m, respond(status, "application/json", body))
				failure, ok := errors.AsType[*gen.ResponseError](err)
				if !ok {
					t.Errorf("%s: %d %s: error = %v and result %+v, want a *ResponseError", m.Name, status, body, err, result)
					continue
				}
				if failure.StatusCode != status || string(failure.Body) != body || failure.Header.Get("X-Request-Id") != "r-1" || failure.Err == nil {
					t.Errorf("%s: %d %s: the error has %d %s %v", m.Name, status, body, failure.StatusCode, failure.Body, failure.Err)
				}
			}
		}
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for name, c := range map[string]struct {
		doer  typedmethods.Doer
		want  string // in the text of the error; "" is success
		cause error
	}{
		"success":            {respond(202, "application/json", `{"status":"requested"}`), "", nil},
		"another 2xx":        {respond(200, "application/json; charset=utf-8", `{"status":"requested"}`), "", nil},
		"JSON as plain text": {respond(202, "text/plain", `{"status":"requested"}`), "", nil},
		"no content type":    {respond(202, "", `{"status":"requested"}`), "", nil},
		"login page":         {respond(200, "text/html", "<html>"), "text/html instead of JSON", nil},
		"empty":              {respond(200, "application/json", ""), "the body is empty", nil},
		"broken JSON":        {respond(200, "application/json", `{"status":`), "not valid JSON", nil},
		"error":              {respond(403, "application/json", `{"error":{"code":403,"message":"secret"}}`), "status 403", nil},
		"redirect":           {respond(302, "text/html", ""), "status 302", nil},
		"not sent":           {func(*http.Request) (*http.Response, error) { return nil, broken }, "connection reset", broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, err := gen.NewAPI("https://example.com/api/v1/projects/p", gen.WithHTTPClient(c.doer))
			if err != nil {
				t.Fatal(err)
			}
			got, err := api.PostFunctionsStatus(context.Background())
			switch {
			case c.want == "":
				if err != nil || got.Status != gen.ActivationStatusRequested {
					t.Errorf("got %+v (%v)", got, err)
				}
			case err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret"):
				t.Errorf("error = %v, want one with %q", err, c.want)
			case c.cause != nil && !errors.Is(err, c.cause):
				t.Errorf("error = %v, want one that wraps %v", err, c.cause)
			}
		})
	}
}

func TestEmptyResponse(t *testing.T) {
	t.Parallel()
	for body, accepted := range map[string]bool{"": true, " ": true, "{}": true, `{"deleted":1}`: true, `{"error":{}}`: false, "null": false, "[]": false} {
		api, err := gen.NewAPI("https://example.com/api/v1/projects/p", gen.WithHTTPClient(respond(200, "application/json", body)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := api.DeleteFunctions(t.Context(), gen.FunctionDeleteRequest{}); (err == nil) != accepted {
			t.Errorf("%q: error = %v, want success: %v", body, err, accepted)
		}
	}
}
