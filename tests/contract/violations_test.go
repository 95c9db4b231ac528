package contract

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// subject is a valid exchange and the description. Tests make one of them invalid.
type subject struct {
	*check.Description
	*exchange.Exchange
}

// changeResponse replaces a part of the response.
func (s subject) changeResponse(old, replacement string) {
	s.Response = exchange.NewBody([]byte(strings.Replace(string(s.Response.Bytes), old, replacement, 1)))
}

// changeRequest replaces a part of the request.
func (s subject) changeRequest(old, replacement string) {
	s.Request = exchange.NewBody([]byte(strings.Replace(string(s.Request.Bytes), old, replacement, 1)))
}

// changeURL replaces a part of the URL.
func (s subject) changeURL(old, replacement string) {
	changed, err := url.Parse(strings.Replace(s.URL.String(), old, replacement, 1))
	if err != nil {
		panic(err)
	}
	s.URL = changed
}

// changeSchema changes a schema of the description.
func (s subject) changeSchema(place string, change func(*openapi3.Schema)) {
	for _, d := range []*check.Document{s.Strict, s.Tolerant} {
		for _, schema := range d.Schemas {
			if schema.Place == place {
				change(schema.Schema)
			}
		}
	}
}

// violations violate one rule each. want has the start of each failure.
var violations = map[string]struct {
	cassette string
	number   int
	change   func(subject)
	want     []string
}{
	"type": {
		"documented/functions.yaml", 6,
		func(s subject) { s.changeResponse(`"cpu": 1`, `"cpu": "one"`) },
		[]string{
			"documented/functions.yaml, exchange 6: getFunction, response 200, at /cpu: type: value must be a number",
			"documented/functions.yaml, exchange 6: getFunction, tolerant response 200, at /cpu: type: value must be a number",
		},
	},
	"undeclared property": {
		"documented/calls.yaml", 2,
		func(s subject) { s.changeResponse(`"status": "Running"`, `"status": "Running", "colour": "red"`) },
		[]string{"documented/calls.yaml, exchange 2: getFunctionCalls, response 200, at /items/0/colour: undeclared: the description has no such property"},
	},
	"required property": {
		"documented/schedules.yaml", 4,
		func(s subject) { s.changeResponse(`"when": "Every hour", `, "") },
		[]string{
			"documented/schedules.yaml, exchange 4: getFunctionSchedule, response 200, at /when: required: property \"when\" is missing",
			"documented/schedules.yaml, exchange 4: getFunctionSchedule, tolerant response 200, at /when: required: property \"when\" is missing",
		},
	},
	"unknown value of an extensible enum": {
		"documented/sessions.yaml", 2,
		func(s subject) { s.changeResponse("ACTIVE", "ASLEEP") },
		[]string{"documented/sessions.yaml, exchange 2: getSessionsByIds, response 200, at /items/0/status: enum: "},
	},
	"null": {
		"documented/sessions.yaml", 0,
		func(s subject) { s.changeRequest(`"clientSecret": "<string>"`, `"clientSecret": null`) },
		[]string{"documented/sessions.yaml, exchange 0: createSessions, request, at /items/0: oneOf: value doesn't match any schema from \"oneOf\""},
	},
	"unknown query parameter": {
		"documented/functions.yaml", 3,
		func(s subject) { s.changeURL("?limit=100", "?limit=100&cursor=abc") },
		[]string{"documented/functions.yaml, exchange 3: getFunctions, request, at query cursor: undeclared: the description has no such parameter"},
	},
	"query parameter below its bound": {
		"documented/functions.yaml", 3,
		func(s subject) { s.changeURL("limit=100", "limit=0") },
		[]string{"documented/functions.yaml, exchange 3: getFunctions, request, at query limit: minimum: number must be at least 1"},
	},
	"path parameter": {
		"documented/functions.yaml", 6,
		func(s subject) { s.changeURL("4503599627370496", "one") },
		[]string{"documented/functions.yaml, exchange 6: getFunction, request, at path functionId: "},
	},
	"header": {
		"documented/functions.yaml", 6,
		func(s subject) { s.RequestHeader.Set("X-Colour", "red") },
		[]string{"documented/functions.yaml, exchange 6: getFunction, request, at header X-Colour: undeclared: the description has no such parameter"},
	},
	"trailing bytes": {
		"documented/functions.yaml", 9,
		func(s subject) { s.Response = exchange.NewBody(append(s.Response.Bytes, " {}"...)) },
		[]string{
			"documented/functions.yaml, exchange 9: getFunctionsStatus, response 200, at (whole): json: bytes follow after the JSON value",
			"documented/functions.yaml, exchange 9: getFunctionsStatus, tolerant response 200, at (whole): json: bytes follow after the JSON value",
		},
	},
	"content type": {
		"documented/functions.yaml", 7,
		func(s subject) { s.RequestHeader.Set("Content-Type", "text/html") },
		[]string{"documented/functions.yaml, exchange 7: deleteFunctions, request, at (whole): contentType: the description has no \"text/html\" here"},
	},
	"missing body": {
		"documented/functions.yaml", 7,
		func(s subject) { s.Request = exchange.NewBody(nil) },
		[]string{"documented/functions.yaml, exchange 7: deleteFunctions, request, at (whole): required: the body is missing"},
	},
	"status": {
		"documented/functions.yaml", 7,
		func(s subject) { s.Status = 204 },
		[]string{
			"documented/functions.yaml, exchange 7: deleteFunctions, response 204, at (whole): status: the description does not have this status",
			"documented/functions.yaml, exchange 7: deleteFunctions, tolerant response 204, at (whole): status: the description does not have this status",
		},
	},
	"operation": {
		"documented/functions.yaml", 7,
		func(s subject) { s.changeURL("/delete", "/remove") },
		[]string{"documented/functions.yaml, exchange 7: POST /functions/remove, request, at (whole): operation: the description has no such operation"},
	},
	"server": {
		"documented/functions.yaml", 7,
		func(s subject) { s.changeURL("cluster.cognitedata.com", "example.com") },
		[]string{"documented/functions.yaml, exchange 7: POST /api/v1/projects/project/functions/delete, request, at (whole): server: " +
			"no server of the description has this URL"},
	},
	"valid request recorded as rejected": {
		"peers/python-sdk-refused.yaml", 0,
		func(s subject) { s.changeRequest(`, "cursor": "4zj0Vy2fo0NtNMb229mI9r1V3YG5NBL752kQz1cKtwo"`, "") },
		[]string{"peers/python-sdk-refused.yaml, exchange 0: listFunctionSchedules, request, at (whole): rejected: " +
			"the request violates no rule, but it is recorded as rejected"},
	},
	"rejected request with a successful response": {
		"peers/python-sdk-refused.yaml", 0,
		func(s subject) { s.Status, s.Response = 200, exchange.NewBody([]byte(`{"items": []}`)) },
		[]string{"peers/python-sdk-refused.yaml, exchange 0: listFunctionSchedules, request, at /cursor: undeclared: " +
			"the request violates the rule, but the response is 200"},
	},
	"format in the description": {
		"documented/functions.yaml", 2,
		func(s subject) {
			s.changeSchema("FunctionWrite.indexUrl", func(s *openapi3.Schema) { s.Format = "uri" })
			s.changeRequest("https://index.example.com/simple", "simple")
		},
		[]string{"documented/functions.yaml, exchange 2: postFunctions, request, at /items/0/indexUrl: format: " +
			"string doesn't match the format \"uri\" (it is not an absolute URI)"},
	},
	"bound in the description": {
		"documented/functions.yaml", 2,
		func(s subject) {
			s.changeSchema("FunctionDescription", func(s *openapi3.Schema) { s.MaxLength = new(uint64(28)) })
		},
		[]string{
			"documented/functions.yaml, exchange 2: postFunctions, request, at /items/0/description: maxLength: maximum string length is 28",
			"documented/functions.yaml, exchange 2: postFunctions, response 201, at /items/0/description: maxLength: maximum string length is 28",
			"documented/functions.yaml, exchange 2: postFunctions, tolerant response 201, at /items/0/description: maxLength: maximum string length is 28",
		},
	},
	"status in the description": {
		"documented/errors.yaml", 0,
		func(s subject) {
			for _, d := range []*check.Document{s.Strict, s.Tolerant} {
				op, _ := d.Find("POST", "/functions/list")
				delete(op.Responses, "400")
			}
		},
		[]string{
			"documented/errors.yaml, exchange 0: listFunctions, response 400, at (whole): status: the description does not have this status",
			"documented/errors.yaml, exchange 0: listFunctions, tolerant response 400, at (whole): status: the description does not have this status",
		},
	},
}

// TestViolations checks that failures name cassette, exchange, operation, side, place and rule.
func TestViolations(t *testing.T) {
	t.Parallel()
	for name, tt := range violations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cassette, err := exchange.Read(recordedDir, tt.cassette)
			if err != nil {
				t.Fatal(err)
			}
			s := subject{describe(t), cassette.Exchanges[tt.number]}
			if failures := s.Check(s.Exchange); len(failures) > 0 {
				t.Fatalf("the recorded exchange is invalid: %v", failures)
			}
			tt.change(s)
			var got []string
			for _, failure := range s.Check(s.Exchange) {
				got = append(got, failure.String())
			}
			if !slices.EqualFunc(tt.want, got, func(want, got string) bool { return strings.HasPrefix(got, want) }) {
				t.Errorf("failures (-want +got):\n%s", cmp.Diff(tt.want, got))
			}
		})
	}
}
