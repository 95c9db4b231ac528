package functions

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var kinds = []error{
	ErrNotFound, ErrDuplicated, ErrUnauthorized, ErrForbidden, ErrRateLimited, ErrUnavailable, ErrInvalid, ErrCallFailed, ErrCallTimeout,
}

// checkKinds fails the test unless err matches the kinds in want, and no other kind.
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
	want    APIError // the fields that depend on the body and on the request id
	kinds   []error
}{
	"message and request id": {
		400, `{"error":{"code":400,"message":"Bad filter."}}`,
		[]string{"X-Request-Id", "r-1"},
		APIError{Code: 400, Message: "Bad filter.", RequestID: "r-1"}, nil,
	},
	"code that differs from the status": {400, `{"error":{"code":409,"message":"x"}}`, nil, APIError{Code: 409, Message: "x"}, nil},
	"without code":                      {400, `{"error":{"message":"x"}}`, nil, APIError{Code: 400, Message: "x"}, nil},
	"code as string": {
		400, `{"error":{"code":"404","message":"x","missing":[{"id":1}]}}`, nil,
		APIError{Code: 404, Message: "x", Missing: raws(`{"id":1}`)},
		[]error{ErrNotFound},
	},
	"code as list":    {400, `{"error":{"code":[],"message":"x"}}`, nil, APIError{Code: 400, Message: "x"}, nil},
	"error as string": {400, `{"error":"oops"}`, nil, APIError{Code: 400, Message: "oops"}, nil},
	"message as object": {
		400, `{"error":{"code":400,"message":{"limit":["Unknown field."]}}}`, nil, APIError{Code: 400, Message: `{"limit":["Unknown field."]}`}, nil,
	},
	"message of several lines": {
		400, `{"error":{"code":400,"message":"a\n\tb\r\n"}}`, nil, APIError{Code: 400, Message: "a\n\tb\r\n"}, nil,
	},
	"missing": {
		400, `{"error":{"code":400,"message":"x","missing":[{"id":1},{"external_id":"a"}]}}`, nil,
		APIError{Code: 400, Message: "x", Missing: raws(`{"id":1}`, `{"external_id":"a"}`)},
		[]error{ErrNotFound},
	},
	"duplicated": {
		409, `{"error":{"code":409,"message":"x","duplicated":[{"externalId":"a"}]}}`, nil,
		APIError{Code: 409, Message: "x", Duplicated: raws(`{"externalId":"a"}`)},
		[]error{ErrDuplicated},
	},
	"missing as string": {400, `{"error":{"code":400,"message":"x","missing":"a"}}`, nil, APIError{Code: 400, Message: "x"}, nil},
	"401":               {401, `{"error":{"code":401,"message":"x"}}`, nil, APIError{Code: 401, Message: "x"}, []error{ErrUnauthorized}},
	"403":               {403, `{"error":{"code":403,"message":"x"}}`, nil, APIError{Code: 403, Message: "x"}, []error{ErrForbidden}},
	"404":               {404, `{"error":{"code":404,"message":"x"}}`, nil, APIError{Code: 404, Message: "x"}, []error{ErrNotFound}},
	"429":               {429, `{"error":{"code":429,"message":"x"}}`, nil, APIError{Code: 429, Message: "x"}, []error{ErrRateLimited}},
	"502 of a proxy": {
		502, "<html>" + plantedKey, htmlHeader, APIError{Code: 502, Message: "Bad Gateway; the response is not from the API (text/html)"}, []error{ErrUnavailable},
	},
	"status without a name": {
		520, "", nil, APIError{Code: 520, Message: "no reason given; the response is not from the API (application/json)"}, nil,
	},
	"empty error": {500, `{"error":{}}`, nil, APIError{Code: 500, Message: "Internal Server Error"}, nil},
	"null error":  {500, `{"error":null}`, nil, APIError{Code: 500, Message: "Internal Server Error"}, nil},
	"JSON without error": {
		400, `{"message":"x"}`, nil, APIError{Code: 400, Message: "Bad Request; the response is not from the API (application/json)"}, nil,
	},
	"no content type": {
		400, ``, []string{"Content-Type", ""}, APIError{Code: 400, Message: "Bad Request; the response is not from the API (no content type)"}, nil,
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
			want.Action, want.Operation = "list functions", "listFunctions"
			want.Method, want.Path = "POST", "/api/v1/projects/demo/functions/list"
			want.StatusCode, want.Attempts, want.Capability = test.status, 1, "functionsAcl:READ"
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			checkMessage(t, err, "list functions", strconv.Itoa(test.status))
			checkKinds(t, err, test.kinds...)
		})
	}
}

// secondPrefix matches the prefix of the package inside a message, but not the end of "cannot list functions: ".
var secondPrefix = regexp.MustCompile(`[:;,(] *functions: `)

// checkMessage fails the test unless the message of err is one line that begins with the prefix of the package once,
// contains the words, and contains no secret.
func checkMessage(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("error = nil")
	}
	text := err.Error()
	if !strings.HasPrefix(text, "functions: ") || secondPrefix.MatchString(text) || strings.ContainsAny(text, "\n\r") {
		t.Errorf("error = %q, want one line with one prefix", text)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("error = %q, want one that contains %q", text, word)
		}
	}
	for _, secret := range planted {
		if strings.Contains(text, secret) {
			t.Errorf("error = %q, want one without the secret %q", text, secret)
		}
	}
}

func raws(values ...string) []json.RawMessage {
	var all []json.RawMessage
	for _, value := range values {
		all = append(all, json.RawMessage(value))
	}
	return all
}

// For any body, the error has the status, a message of one line, and decoding does not panic.
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
			t.Errorf("error = %#v, want one with status %d and a message", e, status)
		}
		if text := (&APIError{Operation: "x", Message: e.Message}).Error(); strings.ContainsAny(text, "\n\r") {
			t.Errorf("error = %q, want one line", text)
		}
	})
}
