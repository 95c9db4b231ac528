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

// TestRoundTrip decodes each request and response with the types of the generated client and of the wrapper, and encodes it
// again. All fields must remain, including unknown ones.
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
					t.Fatalf("%v: gen.API has no method for %s", x, op.ID)
				}
				if x.Request.Value != nil && !cassette.Rejected {
					compare(t, x, op.ID+" request, generated type", x.Request.Value, recode(types.request, x.Request.Bytes))
				}
				if x.Status >= http.StatusBadRequest {
					checkError(t, x, op.ID)
				} else {
					checkResponse(t, x, op.ID, types, x.Response.Value)
					checkResponse(t, x, op.ID+" with unknown fields", types, withUnknownFields(op, x))
				}
			}
		})
	}
}

// checkResponse decodes and encodes a response to an exchange. It can differ from the recorded one.
func checkResponse(t *testing.T, x *exchange.Exchange, what string, types operationTypes, response any) {
	t.Helper()
	compare(t, x, what+" response, generated client", response, recodeGenerated(types, x, encode(t, response)))
	if types.item == nil {
		return
	}
	for i, item := range itemsOf(response) {
		compare(t, x, fmt.Sprintf("%s response, type of the wrapper, item %d", what, i), withHiddenNonce(item), recode(types.item, encode(t, item)))
	}
}

// withHiddenNonce returns a value as the wrapper encodes it, without the nonce.
func withHiddenNonce(item any) any {
	if fields, ok := item.(map[string]any); ok && fields["nonce"] != nil {
		fields["nonce"] = "***"
	}
	return item
}

// itemsOf returns the items of a list, or the response itself.
func itemsOf(response any) []any {
	fields, _ := response.(map[string]any)
	if items, ok := fields["items"].([]any); ok {
		return items
	}
	return []any{response}
}

// withUnknownFields returns the response with an unknown field in each object that has listed properties.
func withUnknownFields(op *check.Operation, x *exchange.Exchange) any {
	value := exchange.NewBody(x.Response.Bytes).Value // a copy
	_, response := op.Response(x.Status)
	addUnknownFields(response.Content["application/json"].Schema.Value, value)
	return value
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
			return // JSON of the user
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

// recodeGenerated decodes a response with the generated client and encodes the result.
func recodeGenerated(types operationTypes, x *exchange.Exchange, response []byte) any {
	result, err := types.parse(&http.Response{
		StatusCode: x.Status, Header: x.ResponseHeader, Body: io.NopCloser(bytes.NewReader(response)),
	})
	if failure, ok := errors.AsType[*gen.ResponseError](err); ok && failure.Err == nil {
		return exchange.NewBody(failure.Body).Value
	}
	if err != nil {
		return err
	}
	return toJSON(result)
}

// recode decodes JSON into a new value of a type and encodes it.
func recode(create func() any, raw []byte) any {
	value := create()
	if err := json.Unmarshal(raw, value); err != nil {
		return err
	}
	return toJSON(value)
}

// toJSON encodes a value and returns the decoded JSON, or the error.
func toJSON(value any) any {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return exchange.NewBody(raw).Value
}

// checkError checks that the wrapper's error and the generated client's error contain all fields of a response.
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
		t.Errorf("%v: %s: the wrapper returns %v; want an *APIError", x, operation, err)
		return
	}
	fields := map[string]any{"code": failure.Code, "message": failure.Message}
	if len(failure.Missing) > 0 {
		fields["missing"] = failure.Missing
	}
	if len(failure.Duplicated) > 0 {
		fields["duplicated"] = failure.Duplicated
	}
	compare(t, x, operation+" error, type of the wrapper", x.Response.Value, toJSON(map[string]any{"error": fields}))
	compare(t, x, operation+" error, generated client", x.Response.Value, recodeGenerated(typesOf()[operation], x, x.Response.Bytes))
}

// replay returns the recorded response to each request.
type replay struct{ *exchange.Exchange }

func (r replay) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: r.Status, Header: r.ResponseHeader, Body: io.NopCloser(bytes.NewReader(r.Response.Bytes)), Request: req,
	}, nil
}
