package functions

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestAnswersThatAreNotOfTheAPI(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer responder
		want   string
	}{
		"login page": {
			respond(200, "<html>"+plantedKey, "Content-Type", "text/html", "X-Request-Id", "r-1"),
			"functions: getFunctionsStatus got no usable answer: status 200, but the body is text/html instead of JSON; check that the base URL is that of the service, not of a proxy or a login page (request id r-1)",
		},
		"broken JSON": {
			respond(200, `{"status":`), "functions: getFunctionsStatus got no usable answer: status 200, but the body is not valid JSON at byte 10",
		},
		"other JSON": {
			respond(200, `{"status":["`+plantedKey+`"]}`), "functions: getFunctionsStatus got no usable answer: status 200, but status is a list instead of a string",
		},
		"too long": {
			respond(200, `{"status":"`+strings.Repeat("x", 100)+`"}`),
			"functions: getFunctionsStatus got no usable answer: the answer is longer than 100 bytes; ask for less, or raise WithMaxResponseBytes",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, []responder{test.answer}, WithMaxResponseBytes(100))
			_, err := c.Status(t.Context())
			request := errorAs[*RequestError](t, err)
			check(t, "operation", request.Operation, "getFunctionsStatus")
			if text := err.Error(); !strings.HasPrefix(text, test.want) || strings.Contains(text, plantedKey) {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
			checkKinds(t, err)
		})
	}
}

// Every 2xx is a success, whichever the description names; and so is JSON without its content type.
func TestAnswersThatDo(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]responder{
		"200 instead of 202": respond(200, `{"status":"requested"}`),
		"201 instead of 202": respond(201, `{"status":"requested"}`),
		"no content type":    respond(202, `{"status":"requested"}`, "Content-Type", ""),
		"exactly the most":   respond(202, `{"status":"requested"}`),
		"unknown fields":     respond(202, `{"status":"requested"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, []responder{a}, WithMaxResponseBytes(int64(len(`{"status":"requested"}`))))
			got, err := c.Activate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			check(t, "status", got.Status, StatusRequested)
			check(t, "request", f.paths()[0], "POST /functions/status")
		})
	}
}

// Functions and calls keep what this version does not know, and encode to the JSON of the API.
func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	const future = `{"createdTime":1,"fileId":7,"id":42,"name":"f","status":"Retired","wings":{"left":2}}`
	c, _ := newFakeClient(t, []responder{respond(200, `{"items":[`+future+`]}`)})
	fn, err := c.Retrieve(t.Context(), ID(42))
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(fn)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "JSON", string(again), future)
}

func TestFaultsOfAnOption(t *testing.T) {
	t.Parallel()
	one := errors.New("functions: one")
	check(t, "none", join(nil, nil), error(nil))
	check(t, "one", join(nil, one), one)
	two := join(one, nil, errors.New("functions: two"))
	check(t, "text", two.Error(), "functions: one; two")
	check(t, "matches", errors.Is(two, one), true)
}
