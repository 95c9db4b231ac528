package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/exchange"
	functions "github.com/cogfn/cogfn/wrapper"
)

// TestRoundTrip decodes every request and answer with the types of the generated client and of the wrapper, and encodes
// it again: nothing may be lost, not even fields that nobody knows.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	description := describe(t)
	for _, cassette := range recordings(t) {
		t.Run(cassette.Name, func(t *testing.T) {
			t.Parallel()
			for _, x := range cassette.Exchanges {
				path, _ := check.PathOf(x.URL)
				op, _ := description.Strict.Find(x.Method, path)
				if op == nil {
					t.Fatalf("%v: the description has no such operation", x)
				}
				types, known := typesOf()[op.ID]
				if !known {
					t.Fatalf("%v: %s has no types in the table of this test", x, op.ID)
				}
				if x.Request.Value != nil && !cassette.Refused {
					compare(t, x, op.ID+" request, generated type", x.Request.Value, encodedAgain(types.request, x.Request.Bytes))
				}
				if x.Status >= http.StatusBadRequest {
					checkError(t, x, op.ID)
				} else {
					checkAnswer(t, x, op.ID, types, x.Response.Value)
					checkAnswer(t, x, op.ID+" with unknown fields", types, withUnknownFields(op, x))
				}
			}
		})
	}
}

// checkAnswer decodes and encodes the answer to an exchange, which may be another one than was recorded.
func checkAnswer(t *testing.T, x *exchange.Exchange, what string, types operationTypes, answer any) {
	t.Helper()
	text := encoded(t, answer)
	compare(t, x, what+" answer, generated client", answer, generatedAgain(types, x, text))
	if types.item == nil {
		return
	}
	for i, item := range things(answer) {
		compare(t, x, fmt.Sprintf("%s answer, type of the wrapper, item %d", what, i), shown(item), encodedAgain(types.item, encoded(t, item)))
	}
}

// shown is a value as the wrapper shows it: it keeps nonces to itself.
func shown(item any) any {
	if fields, ok := item.(map[string]any); ok && fields["nonce"] != nil {
		fields["nonce"] = "***"
	}
	return item
}

// things returns what an answer holds: its items, or itself.
func things(answer any) []any {
	fields, _ := answer.(map[string]any)
	if items, ok := fields["items"].([]any); ok {
		return items
	}
	return []any{answer}
}

// withUnknownFields returns an answer with a field more in every object that the description lists properties for.
func withUnknownFields(op *check.Operation, x *exchange.Exchange) any {
	answer := exchange.NewBody(x.Response.Bytes).Value // a copy of its own
	_, response := op.Response(x.Status)
	addUnknownFields(response.Content["application/json"].Schema.Value, answer)
	return answer
}

func addUnknownFields(schema *openapi3.Schema, value any) {
	for _, branch := range schema.OneOf {
		if branch.Value.VisitJSON(value) == nil {
			addUnknownFields(branch.Value, value)
		}
	}
	switch value := value.(type) {
	case []any:
		if schema.Items == nil {
			return // whatever the user likes
		}
		for _, item := range value {
			addUnknownFields(schema.Items.Value, item)
		}
	case map[string]any:
		for name, property := range schema.Properties {
			addUnknownFields(property.Value, value[name])
		}
		if len(schema.Properties) > 0 {
			value["unknownField"] = map[string]any{"numbers": []any{json.Number("12345678901234567890"), nil}}
		}
	}
}

// generatedAgain lets the generated client parse an answer, and encodes what it made of it.
func generatedAgain(types operationTypes, x *exchange.Exchange, text []byte) any {
	result, err := types.parse(&http.Response{
		StatusCode: x.Status, Header: x.ResponseHeader, Body: io.NopCloser(bytes.NewReader(text)),
	})
	if failure, ok := errors.AsType[*gen.ResponseError](err); ok && failure.Err == nil {
		return exchange.NewBody(failure.Body).Value
	}
	if err != nil {
		return err
	}
	return decodedFrom(result)
}

// encodedAgain decodes text into a new value of a type, and encodes that.
func encodedAgain(create func() any, text []byte) any {
	value := create()
	if err := json.Unmarshal(text, value); err != nil {
		return err
	}
	return decodedFrom(value)
}

func decodedFrom(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return exchange.NewBody(text).Value
}

// checkError lets the wrapper make its error of an answer, which must hold what the answer says.
func checkError(t *testing.T, x *exchange.Exchange, operation string) {
	t.Helper()
	client, err := functions.NewClient(functions.Config{
		BaseURL: "https://cluster.cognitedata.com", Project: "project", TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "any"}),
	}, functions.WithHTTPClient(&http.Client{Transport: replay{x}}), functions.WithRetry(functions.RetryOptions{MaxRetries: -1}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Limits(t.Context())
	failure, ok := asAPIError(err)
	if !ok {
		t.Errorf("%v: %s: the wrapper made %v of the answer; want an *APIError", x, operation, err)
		return
	}
	again := map[string]any{"code": failure.Code, "message": failure.Message}
	if len(failure.Missing) > 0 {
		again["missing"] = failure.Missing
	}
	if len(failure.Duplicated) > 0 {
		again["duplicated"] = failure.Duplicated
	}
	compare(t, x, operation+" error, type of the wrapper", x.Response.Value, decodedFrom(map[string]any{"error": again}))
	compare(t, x, operation+" error, generated client", x.Response.Value, generatedAgain(typesOf()[operation], x, x.Response.Bytes))
}

// replay answers every request as was recorded.
type replay struct{ *exchange.Exchange }

func (r replay) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: r.Status, Header: r.ResponseHeader, Body: io.NopCloser(bytes.NewReader(r.Response.Bytes)), Request: req,
	}, nil
}
