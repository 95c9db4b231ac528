// Package contract checks requests and responses against the API description.
package contract

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/cogfn/cogfn/api"
	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/internal/openapi"
)

// Contract is the parsed description. It is safe for concurrent use.
type Contract struct {
	operations map[string]*routers.Route // by "METHOD /path", with the path of the description
	options    *openapi3filter.Options
}

// Load returns the contract of the Functions API, LoadControl that of the control API. They parse the embedded description
// once per process.
var (
	Load        = sync.OnceValues(func() (*Contract, error) { return parse(api.OpenAPI) })
	LoadControl = sync.OnceValues(func() (*Contract, error) { return parse(api.Emulator) })
)

func parse(description []byte) (*Contract, error) {
	document, err := openapi.Load(description)
	if err != nil {
		return nil, err
	}
	openapi.Walk(document, rejectUnknownProperties)
	c := &Contract{operations: map[string]*routers.Route{}, options: &openapi3filter.Options{
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		IncludeResponseStatus: true,
		MultiError:            true,
		SkipSettingDefaults:   true, // otherwise, the validator writes defaults into the request
	}}
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			c.operations[method+" "+path] = &routers.Route{
				Spec: document, Path: path, PathItem: item, Method: method, Operation: operation,
			}
		}
	}
	return c, nil
}

// rejectUnknownProperties makes an object schema reject properties that it does not declare, as the service does for
// requests.
func rejectUnknownProperties(schema *openapi3.Schema) {
	if schema.Type.Is("object") && schema.AdditionalProperties.Has == nil && schema.AdditionalProperties.Schema == nil {
		schema.AdditionalProperties.Has = new(false)
	}
}

// Operations returns all operations as "METHOD /path", sorted.
func (c *Contract) Operations() []string { return slices.Sorted(maps.Keys(c.operations)) }

// OperationID returns the operation id of an operation, or "" if the description does not have it.
func (c *Contract) OperationID(operation string) string {
	if route := c.operations[operation]; route != nil {
		return route.Operation.OperationID
	}
	return ""
}

// RequiredFields returns the required fields of the JSON object that an operation returns with a status.
func (c *Contract) RequiredFields(operation string, status int) []string {
	route := c.operations[operation]
	if route == nil || route.Operation.Responses.Status(status) == nil {
		return nil
	}
	content := route.Operation.Responses.Status(status).Value.Content.Get("application/json")
	if content == nil {
		return nil
	}
	return content.Schema.Value.Required
}

// CheckRequest checks a request to an operation. It leaves the body readable. The error is for the client.
func (c *Contract) CheckRequest(r *http.Request, operation string, pathParams map[string]string) *envelope.Error {
	route := c.operations[operation]
	if route == nil {
		return envelope.New(http.StatusNotFound, "the API has no operation %s", operation)
	}
	if problem := checkQuery(r, route); problem != nil {
		return problem
	}
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: pathParams, Route: route, Options: c.options,
	})
	if err == nil {
		return nil
	}
	return envelope.BadRequest("%s", explain(err))
}

// checkQuery rejects query parameters that the description does not declare.
func checkQuery(r *http.Request, route *routers.Route) *envelope.Error {
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil &&
			route.PathItem.Parameters.GetByInAndName("query", name) == nil {
			return envelope.BadRequest("%s", unknownField([]string{name}))
		}
	}
	return nil
}

// CheckResponse checks a response of an operation.
func (c *Contract) CheckResponse(r *http.Request, operation string, status int, header http.Header, body []byte) error {
	route := c.operations[operation]
	if route == nil {
		return fmt.Errorf("the API has no operation %s", operation)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: route, Options: c.options},
		Status:                 status,
		Header:                 header,
		Options:                c.options,
	}
	input.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(r.Context(), input); err != nil {
		return fmt.Errorf("the response %d of %s violates the API description: %s", status, operation, strings.TrimSuffix(explain(err), "."))
	}
	return nil
}
