package check

import (
	"context"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Description is the description of the API, read in two ways.
type Description struct {
	// Strict rejects properties and values that are not in the description.
	Strict *Document
	// Tolerant accepts them in responses, as clients must. The service can add properties, and values of extensible enums, at
	// any time.
	Tolerant *Document
}

// Load reads a description, an OpenAPI document in YAML or JSON.
func Load(text []byte) (*Description, error) {
	strict, err := parse(text)
	if err != nil {
		return nil, err
	}
	tolerant, err := parse(text)
	if err != nil {
		return nil, err
	}
	return &Description{Strict: strict.strict(), Tolerant: tolerant}, nil
}

// server matches the part of a URL before the path of an operation, as in the servers of the description.
var server = regexp.MustCompile(`^https://[a-z0-9-]+\.cognitedata\.com/api/v1/projects/[a-z0-9-]+`)

// PathOf returns the path of a request relative to the project, as in the description. It reports whether the URL is that of
// a server of the description.
func PathOf(address *url.URL) (string, bool) {
	plain := *address
	plain.RawQuery = ""
	full := plain.String()
	prefix := server.FindString(full)
	return strings.TrimPrefix(full, prefix), prefix != ""
}

// Check returns all places where an exchange violates the description.
func (d *Description) Check(x *exchange.Exchange) []Failure {
	path, ok := PathOf(x.URL)
	if !ok {
		return locate(x, x.Method+" "+x.URL.Path, "request", []violation{{"", "server", "no server of the description has this URL"}})
	}
	op, values := d.Strict.Find(x.Method, path)
	if op == nil {
		return locate(x, x.Method+" "+path, "request", []violation{{"", "operation", "the description has no such operation"}})
	}
	failures := locate(x, op.ID, "request", op.checkRequest(x, values))
	if x.Cassette.Rejected {
		failures = locate(x, op.ID, "request", checkRejected(x, failures))
	}
	if x.Cassette.Provenance != exchange.Live && x.Cassette.Tolerant == "" {
		failures = append(failures, locate(x, op.ID, fmt.Sprintf("response %d", x.Status), op.checkResponse(x))...)
	}
	if op, _ := d.Tolerant.Find(x.Method, path); op != nil {
		failures = append(failures, locate(x, op.ID, fmt.Sprintf("tolerant response %d", x.Status), op.checkResponse(x))...)
	}
	return failures
}

// checkRejected checks a request that was recorded because it violates the description. It must violate exactly one rule,
// so that the recording is evidence for this rule, and the service must reject it.
func checkRejected(x *exchange.Exchange, failures []Failure) []violation {
	switch {
	case len(failures) == 0:
		return []violation{{"", "rejected", "the request violates no rule, but it is recorded as rejected"}}
	case len(failures) > 1:
		return []violation{{"", "rejected", fmt.Sprintf("the request violates %d rules; want one: %v", len(failures), failures)}}
	case x.Status < http.StatusBadRequest:
		return []violation{{failures[0].Pointer, failures[0].Rule, fmt.Sprintf("the request violates the rule, but the response is %d", x.Status)}}
	}
	return nil
}

func (op *Operation) checkRequest(x *exchange.Exchange, values map[string]string) []violation {
	all := op.checkParameters(x, values)
	switch {
	case len(x.Request.Bytes) == 0:
		if op.Body != nil && op.Body.Required {
			all = append(all, violation{"", "required", "the body is missing"})
		}
		return all
	case op.Body == nil:
		return append(all, violation{"", "body", "the operation takes no body"})
	}
	return append(all, checkBody(x.Request, x.RequestHeader, op.Body.Content)...)
}

// generalHeaders are part of all requests and not in the description. All other headers in recordings are parameters.
var generalHeaders = []string{"Accept", "Cdf-Version", "Content-Type"}

func (op *Operation) checkParameters(x *exchange.Exchange, values map[string]string) []violation {
	request := &http.Request{Method: x.Method, URL: x.URL, Header: x.RequestHeader}
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: values, QueryParams: x.URL.Query(),
		Route:   &routers.Route{Operation: &openapi3.Operation{}, Spec: &openapi3.T{OpenAPI: "3.0.3"}},
		Options: &openapi3filter.Options{SkipSettingDefaults: true, MultiError: true},
	}
	var all []violation
	for _, ref := range op.Parameters {
		err := openapi3filter.ValidateParameter(context.Background(), input, ref.Value)
		all = append(all, explain(err, ref.Value.In+" "+ref.Value.Name)...)
	}
	for _, name := range slices.Sorted(maps.Keys(input.QueryParams)) {
		if op.Parameters.GetByInAndName("query", name) == nil {
			all = append(all, violation{"query " + name, "undeclared", "the description has no such parameter"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.RequestHeader)) {
		if !slices.Contains(generalHeaders, name) && op.Parameters.GetByInAndName("header", name) == nil {
			all = append(all, violation{"header " + name, "undeclared", "the description has no such parameter"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if op.Parameters.GetByInAndName("path", name) == nil {
			all = append(all, violation{"path " + name, "undeclared", "the description has no such parameter"})
		}
	}
	return all
}

func (op *Operation) checkResponse(x *exchange.Exchange) []violation {
	_, response := op.Response(x.Status)
	if response == nil {
		return []violation{{"", "status", "the description does not have this status"}}
	}
	if len(x.Response.Bytes) == 0 {
		return []violation{{"", "required", "the body is missing"}}
	}
	return checkBody(x.Response, x.ResponseHeader, response.Content)
}

// formats adds the formats that the validator does not check.
var formats = openapi3.WithStringFormatValidator("uri", openapi3.NewCallbackValidator(func(value string) error {
	address, err := url.Parse(value)
	if err != nil || !address.IsAbs() {
		return fmt.Errorf("it is not an absolute URI")
	}
	return nil
}))

func checkBody(body exchange.Body, header http.Header, content openapi3.Content) []violation {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || content[kind] == nil {
		return []violation{{"", "contentType", fmt.Sprintf("the description has no %q here", header.Get("Content-Type"))}}
	}
	if body.Err != nil {
		return []violation{{"", "json", body.Err.Error()}}
	}
	return explain(content[kind].Schema.Value.VisitJSON(body.Value, openapi3.MultiErrors(), formats), "")
}
