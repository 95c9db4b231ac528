package functions

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var kinds = []error{
	ErrNotFound, ErrDuplicated, ErrUnauthorized, ErrForbidden, ErrRateLimited, ErrUnavailable, ErrInvalid, ErrCallFailed, ErrCallTimeout,
}

// checkKinds holds what err matches against the wanted kinds, and everything else against not matching.
func checkKinds(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, kind := range kinds {
		check(t, "matches "+kind.Error(), errors.Is(err, kind), slices.Contains(want, kind))
	}
}

var htmlHeader = []string{"Content-Type", "text/html; charset=utf-8"}

var apiErrorTests = map[string]struct {
	status  int
	body    string
	headers []string
	want    APIError // the fields that differ from test to test
	text    string   // after "functions: listFunctions was refused with "
	kinds   []error
}{
	"plain": {
		400, `{"error":{"code":400,"message":"Bad filter."}}`,
		[]string{"X-Request-Id", "r-1"},
		APIError{Code: 400, Message: "Bad filter.", RequestID: "r-1"},
		"status 400: Bad filter (request id r-1)", nil,
	},
	"code of the body": {
		400, `{"error":{"code":409,"message":"x"}}`, nil, APIError{Code: 409, Message: "x"}, "status 400: x", nil,
	},
	"without code": {400, `{"error":{"message":"x"}}`, nil, APIError{Code: 400, Message: "x"}, "status 400: x", nil},
	"code as text": {
		400, `{"error":{"code":"404","message":"x","missing":[{"id":1}]}}`, nil,
		APIError{Code: 404, Message: "x", Missing: raws(`{"id":1}`)},
		`status 400: x (missing: {"id":1})`,
		[]error{ErrNotFound},
	},
	"odd code":   {400, `{"error":{"code":[],"message":"x"}}`, nil, APIError{Code: 400, Message: "x"}, "status 400: x", nil},
	"plain text": {400, `{"error":"oops"}`, nil, APIError{Code: 400, Message: "oops"}, "status 400: oops", nil},
	"message as object": {
		400, `{"error":{"code":400,"message":{"limit":["Unknown field."]}}}`, nil,
		APIError{Code: 400, Message: `{"limit":["Unknown field."]}`},
		`status 400: {"limit":["Unknown field."]}`, nil,
	},
	"message of many lines": {
		400, `{"error":{"code":400,"message":"a\n\tb\r\n"}}`, nil, APIError{Code: 400, Message: "a\n\tb\r\n"}, "status 400: a b", nil,
	},
	"missing": {
		400, `{"error":{"code":400,"message":"x","missing":[{"id":1},{"external_id":"a"}]}}`, nil,
		APIError{Code: 400, Message: "x", Missing: raws(`{"id":1}`, `{"external_id":"a"}`)},
		`status 400: x (missing: {"id":1}, {"external_id":"a"})`,
		[]error{ErrNotFound},
	},
	"duplicated": {
		409, `{"error":{"code":409,"message":"x","duplicated":[{"externalId":"a"}]}}`, nil,
		APIError{Code: 409, Message: "x", Duplicated: raws(`{"externalId":"a"}`)},
		`status 409: x (duplicated: {"externalId":"a"})`,
		[]error{ErrDuplicated},
	},
	"missing of another form": {
		400, `{"error":{"code":400,"message":"x","missing":"a"}}`, nil, APIError{Code: 400, Message: "x"}, "status 400: x", nil,
	},
	"401": {
		401, `{"error":{"code":401,"message":"x"}}`, nil,
		APIError{Code: 401, Message: "x"},
		"status 401: x; check the credentials and the project",
		[]error{ErrUnauthorized},
	},
	"403": {
		403, `{"error":{"code":403,"message":"x"}}`, nil,
		APIError{Code: 403, Message: "x"},
		"status 403: x; ask for the capability functionsAcl:READ",
		[]error{ErrForbidden},
	},
	"404": {404, `{"error":{"code":404,"message":"x"}}`, nil, APIError{Code: 404, Message: "x"}, "status 404: x", []error{ErrNotFound}},
	"429": {
		429, `{"error":{"code":429,"message":"x"}}`, nil,
		APIError{Code: 429, Message: "x"},
		"status 429: x; try again later",
		[]error{ErrRateLimited},
	},
	"502 of a proxy": {
		502, "<html>" + plantedKey, htmlHeader,
		APIError{Code: 502, Message: "Bad Gateway, with an answer that is not of the API (text/html)"},
		"status 502: Bad Gateway, with an answer that is not of the API (text/html); try again later",
		[]error{ErrUnavailable},
	},
	"status without a name": {
		520, "", nil,
		APIError{Code: 520, Message: "no reason given, with an answer that is not of the API (application/json)"},
		"status 520: no reason given, with an answer that is not of the API (application/json)", nil,
	},
	"empty error": {500, `{"error":{}}`, nil, APIError{Code: 500, Message: "Internal Server Error"}, "status 500: Internal Server Error", nil},
	"null error":  {500, `{"error":null}`, nil, APIError{Code: 500, Message: "Internal Server Error"}, "status 500: Internal Server Error", nil},
	"JSON of somebody else": {
		400, `{"message":"x"}`, nil,
		APIError{Code: 400, Message: "Bad Request, with an answer that is not of the API (application/json)"},
		"status 400: Bad Request, with an answer that is not of the API (application/json)", nil,
	},
	"no content type": {
		400, ``,
		[]string{"Content-Type", ""},
		APIError{Code: 400, Message: "Bad Request, with an answer that is not of the API (no content type)"},
		"status 400: Bad Request, with an answer that is not of the API (no content type)", nil,
	},
}

func TestAPIErrors(t *testing.T) {
	t.Parallel()
	for name, test := range apiErrorTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, []responder{respond(test.status, test.body, test.headers...)}, WithRetry(RetryOptions{MaxRetries: -1}))
			_, err := c.List(t.Context(), Filter{})
			got := errorAs[*APIError](t, err)
			want := test.want
			want.Operation, want.Method, want.Path = "listFunctions", "POST", "/api/v1/projects/demo/functions/list"
			want.StatusCode, want.Attempts, want.Capability = test.status, 1, "functionsAcl:READ"
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			check(t, "text", got.Error(), "functions: listFunctions was refused with "+test.text)
			checkKinds(t, err, test.kinds...)
		})
	}
}

func raws(texts ...string) []json.RawMessage {
	var all []json.RawMessage
	for _, text := range texts {
		all = append(all, json.RawMessage(text))
	}
	return all
}

// Whatever comes, the error keeps the status, has a text of one line and does not panic.
func FuzzAPIErrorDecode(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", `{"error":{"code":1e400}}`, `{"error":{"code":-1,"message":[1],"missing":[null,{}],"duplicated":{}}}`,
		`{"error":[]}`, `{"error":"a\nb"}`, `{"error":{"isAutoRetryable":"yes"}}`, "<html>",
	} {
		f.Add(400, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		resp := &http.Response{StatusCode: status, Header: http.Header{}}
		e := &APIError{Operation: "x", StatusCode: status, Code: status}
		e.decode(resp, body)
		if e.StatusCode != status || e.Message == "" {
			t.Errorf("got %#v", e)
		}
		if text := (&APIError{Operation: "x", Message: e.Message}).Error(); strings.ContainsAny(text, "\n\r") {
			t.Errorf("more than one line: %q", text)
		}
	})
}
