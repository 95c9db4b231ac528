// Package contract checks requests and answers against the description of the API.
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

// Contract is the description, ready to check with. It is safe for concurrent use.
type Contract struct {
	// operations by "METHOD /path" as the description writes them.
	operations map[string]*routers.Route
	options    *openapi3filter.Options
}

// Load returns the contract of the embedded description. The work is done once per process.
var Load = sync.OnceValues(func() (*Contract, error) { return parse(api.OpenAPI) })

func parse(text []byte) (*Contract, error) {
	document, err := openapi.Load(text)
	if err != nil {
		return nil, err
	}
	openapi.Walk(document, tighten)
	c := &Contract{operations: map[string]*routers.Route{}, options: &openapi3filter.Options{
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		IncludeResponseStatus: true,
		MultiError:            true,
		SkipSettingDefaults:   true, // or the check would write defaults into the request
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

// tighten makes objects that list their properties refuse others, as the service does with request bodies.
func tighten(schema *openapi3.Schema) {
	if schema.Type.Is("object") && schema.AdditionalProperties.Has == nil && schema.AdditionalProperties.Schema == nil {
		schema.AdditionalProperties.Has = new(false)
	}
}

// Operations returns all operations as "METHOD /path", sorted.
func (c *Contract) Operations() []string { return slices.Sorted(maps.Keys(c.operations)) }

// OperationID returns the name that the description gives an operation, or "" for an unknown one.
func (c *Contract) OperationID(operation string) string {
	if route := c.operations[operation]; route != nil {
		return route.Operation.OperationID
	}
	return ""
}

// CheckRequest returns nil if the request to an operation follows the description. The request's body can be read again
// afterwards.
func (c *Contract) CheckRequest(r *http.Request, operation string, pathParams map[string]string) *envelope.Error {
	route := c.operations[operation]
	if route == nil {
		return envelope.New(http.StatusNotFound, "the API has no operation %s", operation)
	}
	if problem := unknownQueryParameters(r, route); problem != nil {
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

func unknownQueryParameters(r *http.Request, route *routers.Route) *envelope.Error {
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil &&
			route.PathItem.Parameters.GetByInAndName("query", name) == nil {
			return envelope.BadRequest("%s", unknownField([]string{name}))
		}
	}
	return nil
}

// CheckResponse returns nil if an answer to a request follows the description.
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
		return fmt.Errorf("the answer %d to %s does not follow the description: %s", status, operation,
			strings.TrimSuffix(explain(err), "."))
	}
	return nil
}
