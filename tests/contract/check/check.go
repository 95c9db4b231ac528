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

// Description is the description in the two ways in which exchanges are checked.
type Description struct {
	// Strict knows every property and value: what is not described is a failure.
	Strict *Document
	// Tolerant is how clients must read answers: the service adds properties, and values to extensible enums, at any time.
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
	return &Description{Strict: strict.closed(), Tolerant: tolerant}, nil
}

// server is everything before the path of an operation, as the description's list of servers has it.
var server = regexp.MustCompile(`^https://[a-z0-9-]+\.cognitedata\.com/api/v1/projects/[a-z0-9-]+`)

// PathOf returns the path of a request below the project, as the description's paths are written.
func PathOf(address *url.URL) (string, bool) {
	plain := *address
	plain.RawQuery = ""
	whole := plain.String()
	prefix := server.FindString(whole)
	return strings.TrimPrefix(whole, prefix), prefix != ""
}

// Check returns every place where an exchange and the description differ.
func (d *Description) Check(x *exchange.Exchange) []Failure {
	path, ok := PathOf(x.URL)
	if !ok {
		return in(x, x.Method+" "+x.URL.Path, "request", []found{{"", "server", "the address is not that of a server of the description"}})
	}
	op, values := d.Strict.Find(x.Method, path)
	if op == nil {
		return in(x, x.Method+" "+path, "request", []found{{"", "operation", "the description has no such operation"}})
	}
	failures := in(x, op.ID, "request", op.checkRequest(x, values))
	if x.Cassette.Refused {
		failures = in(x, op.ID, "request", refusal(x, failures))
	}
	if x.Cassette.Provenance != exchange.Live && x.Cassette.Tolerant == "" {
		failures = append(failures, in(x, op.ID, fmt.Sprintf("response %d", x.Status), op.checkResponse(x))...)
	}
	if op, _ := d.Tolerant.Find(x.Method, path); op != nil {
		failures = append(failures, in(x, op.ID, fmt.Sprintf("tolerant response %d", x.Status), op.checkResponse(x))...)
	}
	return failures
}

// refusal judges a request that was recorded because it breaks the description: in one place, so that it proves that
// very rule, and it was refused.
func refusal(x *exchange.Exchange, failures []Failure) []found {
	switch {
	case len(failures) == 0:
		return []found{{"", "refused", "the request breaks no rule, although it is recorded as one that does"}}
	case len(failures) > 1:
		return []found{{"", "refused", fmt.Sprintf("the request breaks %d rules instead of one: %v", len(failures), failures)}}
	case x.Status < http.StatusBadRequest:
		return []found{{failures[0].Pointer, failures[0].Rule, fmt.Sprintf("the request breaks the rule, yet it was answered with %d", x.Status)}}
	}
	return nil
}

func (op *Operation) checkRequest(x *exchange.Exchange, values map[string]string) []found {
	all := op.checkParameters(x, values)
	switch {
	case len(x.Request.Bytes) == 0:
		if op.Body != nil && op.Body.Required {
			all = append(all, found{"", "required", "the body is missing"})
		}
		return all
	case op.Body == nil:
		return append(all, found{"", "body", "the operation takes no body"})
	}
	return append(all, checkBody(x.Request, x.RequestHeader, op.Body.Content)...)
}

// generalHeaders belong to every request; descriptions leave them out. Recordings hold no others but parameters.
var generalHeaders = []string{"Accept", "Cdf-Version", "Content-Type"}

func (op *Operation) checkParameters(x *exchange.Exchange, values map[string]string) []found {
	request := &http.Request{Method: x.Method, URL: x.URL, Header: x.RequestHeader}
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: values, QueryParams: x.URL.Query(),
		Route:   &routers.Route{Operation: &openapi3.Operation{}, Spec: &openapi3.T{OpenAPI: "3.0.3"}},
		Options: &openapi3filter.Options{SkipSettingDefaults: true, MultiError: true},
	}
	var all []found
	for _, ref := range op.Parameters {
		err := openapi3filter.ValidateParameter(context.Background(), input, ref.Value)
		all = append(all, explain(err, ref.Value.In+" "+ref.Value.Name)...)
	}
	for _, name := range slices.Sorted(maps.Keys(input.QueryParams)) {
		if op.Parameters.GetByInAndName("query", name) == nil {
			all = append(all, found{"query " + name, "undeclared", "the description has no such parameter"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.RequestHeader)) {
		if !slices.Contains(generalHeaders, name) && op.Parameters.GetByInAndName("header", name) == nil {
			all = append(all, found{"header " + name, "undeclared", "the description has no such parameter"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if op.Parameters.GetByInAndName("path", name) == nil {
			all = append(all, found{"path " + name, "undeclared", "the description has no such parameter"})
		}
	}
	return all
}

func (op *Operation) checkResponse(x *exchange.Exchange) []found {
	_, response := op.Response(x.Status)
	if response == nil {
		return []found{{"", "status", "the description does not tell of this status"}}
	}
	if len(x.Response.Bytes) == 0 {
		return []found{{"", "required", "the body is missing"}}
	}
	return checkBody(x.Response, x.ResponseHeader, response.Content)
}

// formats are those that the validator does not know by itself.
var formats = openapi3.WithStringFormatValidator("uri", openapi3.NewCallbackValidator(func(text string) error {
	address, err := url.Parse(text)
	if err != nil || !address.IsAbs() {
		return fmt.Errorf("the text is not an absolute URI")
	}
	return nil
}))

func checkBody(body exchange.Body, header http.Header, content openapi3.Content) []found {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || content[kind] == nil {
		return []found{{"", "contentType", fmt.Sprintf("the description has no %q here", header.Get("Content-Type"))}}
	}
	if body.Err != nil {
		return []found{{"", "json", body.Err.Error()}}
	}
	return explain(content[kind].Schema.Value.VisitJSON(body.Value, openapi3.MultiErrors(), formats), "")
}
