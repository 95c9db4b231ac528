package functions

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestUnusableResponses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		response responder
		word     string
	}{
		"login page":      {respond(200, "<html>"+plantedKey, "Content-Type", "text/html", "X-Request-Id", "r-1"), "text/html"},
		"incomplete JSON": {respond(200, `{"status":`), "byte 10"},
		"list for string": {respond(200, `{"status":["`+plantedKey+`"]}`), "list"},
		"too long":        {respond(200, `{"status":"`+strings.Repeat("x", 100)+`"}`), "WithMaxResponseBytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, []responder{test.response}, WithMaxResponseBytes(100))
			_, err := c.Status(t.Context())
			request := errorAs[*RequestError](t, err)
			check(t, "operation", request.Operation, "getFunctionsStatus")
			check(t, "request id", request.RequestID != "", name == "login page")
			checkMessage(t, err, test.word)
			checkKinds(t, err)
		})
	}
}

// Every 2xx status is a success, also one that the description does not name, and so is JSON without a content type.
func TestUnexpectedSuccesses(t *testing.T) {
	t.Parallel()
	const body = `{"status":"requested"}`
	for name, r := range map[string]responder{
		"200 instead of 202": respond(200, body),
		"201 instead of 202": respond(201, body),
		"no content type":    respond(202, body, "Content-Type", ""),
		"largest response":   respond(202, body),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, []responder{r}, WithMaxResponseBytes(int64(len(body))))
			got, err := c.Activate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			check(t, "status", got.Status, StatusRequested)
			check(t, "request", f.paths()[0], "POST /functions/status")
		})
	}
}

// A success without its required fields is an error that names what is missing. It does not match ErrNotFound, and the
// outcome of a call is unknown.
func TestIncompleteSuccesses(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`{}`, `null`, `[]`, `"text"`, `{"error":{"code":400,"message":"no"}}`, `{"error":"no"}`, `{"message":"no"}`, `{"items":[{}]}`, `{"items":[null]}`,
		`{"items":null}`,
	}
	for name, m := range methods {
		for _, body := range bodies {
			if strings.HasSuffix(m.path, "/delete") && (body == `{}` || strings.Contains(body, "items")) {
				continue // an empty object is a success, also with fields that the service adds
			}
			t.Run(name+" "+body, func(t *testing.T) {
				t.Parallel()
				c := newTestClient(t, responseAt(m.path, respond(200, body)), Config{}, withoutRetries(), WithPoll(ConstantPoll(1)))
				err := m.do(t.Context(), c)
				request := errorAs[*RequestError](t, err)
				if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnavailable) {
					t.Fatalf("error = %v, want one that matches neither ErrNotFound nor ErrUnavailable", err)
				}
				cause := request.Err.Error()
				names := func(word string) bool { return strings.Contains(cause, word) }
				if !slices.ContainsFunc([]string{"missing", "instead of", "none of"}, names) {
					t.Errorf("error = %v, want one that names the missing or unexpected field", err)
				}
				_, unknown := errors.AsType[*UnknownOutcomeError](err)
				check(t, "unknown outcome", unknown, m.path == "/call")
			})
		}
	}
}
