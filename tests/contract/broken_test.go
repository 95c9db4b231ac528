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

// broken is one exchange and one description, both good, that a test may break.
type broken struct {
	*check.Description
	*exchange.Exchange
}

// answer replaces a part of the answer's text.
func (b broken) answer(old, replacement string) {
	b.Response = exchange.NewBody([]byte(strings.Replace(string(b.Response.Bytes), old, replacement, 1)))
}

// request replaces a part of the request's text.
func (b broken) request(old, replacement string) {
	b.Request = exchange.NewBody([]byte(strings.Replace(string(b.Request.Bytes), old, replacement, 1)))
}

func (b broken) address(old, replacement string) {
	address, err := url.Parse(strings.Replace(b.URL.String(), old, replacement, 1))
	if err != nil {
		panic(err)
	}
	b.URL = address
}

// schema changes a schema of the description.
func (b broken) schema(place string, change func(*openapi3.Schema)) {
	for _, d := range []*check.Document{b.Strict, b.Tolerant} {
		for _, s := range d.Schemas {
			if s.Place == place {
				change(s.Schema)
			}
		}
	}
}

// brokenThings break an exchange or the description, one thing at a time; want is how each failure begins.
var brokenThings = map[string]struct {
	cassette string
	number   int
	breaks   func(broken)
	want     []string
}{
	"type": {
		"documented/functions.yaml", 6,
		func(b broken) { b.answer(`"cpu": 1`, `"cpu": "one"`) },
		[]string{
			"documented/functions.yaml, exchange 6: getFunction, response 200, at /cpu: type: value must be a number",
			"documented/functions.yaml, exchange 6: getFunction, tolerant response 200, at /cpu: type: value must be a number",
		},
	},
	"undeclared property": {
		"documented/calls.yaml", 2,
		func(b broken) { b.answer(`"status": "Running"`, `"status": "Running", "colour": "red"`) },
		[]string{"documented/calls.yaml, exchange 2: getFunctionCalls, response 200, at /items/0/colour: undeclared: the description has no such property"},
	},
	"required property": {
		"documented/schedules.yaml", 4,
		func(b broken) { b.answer(`"when": "Every hour", `, "") },
		[]string{
			"documented/schedules.yaml, exchange 4: getFunctionSchedule, response 200, at /when: required: property \"when\" is missing",
			"documented/schedules.yaml, exchange 4: getFunctionSchedule, tolerant response 200, at /when: required: property \"when\" is missing",
		},
	},
	"unknown value of an extensible enum": {
		"documented/sessions.yaml", 2,
		func(b broken) { b.answer("ACTIVE", "ASLEEP") },
		[]string{"documented/sessions.yaml, exchange 2: getSessionsByIds, response 200, at /items/0/status: enum: "},
	},
	"null": {
		"documented/sessions.yaml", 0,
		func(b broken) { b.request(`"clientSecret": "<string>"`, `"clientSecret": null`) },
		[]string{"documented/sessions.yaml, exchange 0: createSessions, request, at /items/0: oneOf: value doesn't match any schema from \"oneOf\""},
	},
	"unknown query parameter": {
		"documented/functions.yaml", 3,
		func(b broken) { b.address("?limit=100", "?limit=100&cursor=abc") },
		[]string{"documented/functions.yaml, exchange 3: getFunctions, request, at query cursor: undeclared: the description has no such parameter"},
	},
	"query parameter below its bound": {
		"documented/functions.yaml", 3,
		func(b broken) { b.address("limit=100", "limit=0") },
		[]string{"documented/functions.yaml, exchange 3: getFunctions, request, at query limit: minimum: number must be at least 1"},
	},
	"path parameter": {
		"documented/functions.yaml", 6,
		func(b broken) { b.address("4503599627370496", "one") },
		[]string{"documented/functions.yaml, exchange 6: getFunction, request, at path functionId: "},
	},
	"header": {
		"documented/functions.yaml", 6,
		func(b broken) { b.RequestHeader.Set("X-Colour", "red") },
		[]string{"documented/functions.yaml, exchange 6: getFunction, request, at header X-Colour: undeclared: the description has no such parameter"},
	},
	"trailing bytes": {
		"documented/functions.yaml", 9,
		func(b broken) { b.Response = exchange.NewBody(append(b.Response.Bytes, " {}"...)) },
		[]string{
			"documented/functions.yaml, exchange 9: getFunctionsStatus, response 200, at (whole): json: bytes follow after the JSON value",
			"documented/functions.yaml, exchange 9: getFunctionsStatus, tolerant response 200, at (whole): json: bytes follow after the JSON value",
		},
	},
	"content type": {
		"documented/functions.yaml", 7,
		func(b broken) { b.RequestHeader.Set("Content-Type", "text/html") },
		[]string{"documented/functions.yaml, exchange 7: deleteFunctions, request, at (whole): contentType: the description has no \"text/html\" here"},
	},
	"missing body": {
		"documented/functions.yaml", 7,
		func(b broken) { b.Request = exchange.NewBody(nil) },
		[]string{"documented/functions.yaml, exchange 7: deleteFunctions, request, at (whole): required: the body is missing"},
	},
	"status": {
		"documented/functions.yaml", 7,
		func(b broken) { b.Status = 204 },
		[]string{
			"documented/functions.yaml, exchange 7: deleteFunctions, response 204, at (whole): status: the description does not tell of this status",
			"documented/functions.yaml, exchange 7: deleteFunctions, tolerant response 204, at (whole): status: the description does not tell of this status",
		},
	},
	"operation": {
		"documented/functions.yaml", 7,
		func(b broken) { b.address("/delete", "/remove") },
		[]string{"documented/functions.yaml, exchange 7: POST /functions/remove, request, at (whole): operation: the description has no such operation"},
	},
	"server": {
		"documented/functions.yaml", 7,
		func(b broken) { b.address("cluster.cognitedata.com", "example.com") },
		[]string{"documented/functions.yaml, exchange 7: POST /api/v1/projects/project/functions/delete, request, at (whole): server: " +
			"the address is not that of a server of the description"},
	},
	"refused request that is good": {
		"peers/python-sdk-refused.yaml", 0,
		func(b broken) { b.request(`, "cursor": "4zj0Vy2fo0NtNMb229mI9r1V3YG5NBL752kQz1cKtwo"`, "") },
		[]string{"peers/python-sdk-refused.yaml, exchange 0: listFunctionSchedules, request, at (whole): refused: " +
			"the request breaks no rule, although it is recorded as one that does"},
	},
	"refused request that was carried out": {
		"peers/python-sdk-refused.yaml", 0,
		func(b broken) { b.Status, b.Response = 200, exchange.NewBody([]byte(`{"items": []}`)) },
		[]string{"peers/python-sdk-refused.yaml, exchange 0: listFunctionSchedules, request, at /cursor: undeclared: " +
			"the request breaks the rule, yet it was answered with 200"},
	},
	"format in the description": {
		"documented/functions.yaml", 2,
		func(b broken) {
			b.schema("FunctionWrite.indexUrl", func(s *openapi3.Schema) { s.Format = "uri" })
			b.request("https://index.example.com/simple", "simple")
		},
		[]string{"documented/functions.yaml, exchange 2: postFunctions, request, at /items/0/indexUrl: format: " +
			"string doesn't match the format \"uri\" (the text is not an absolute URI)"},
	},
	"bound in the description": {
		"documented/functions.yaml", 2,
		func(b broken) {
			b.schema("FunctionDescription", func(s *openapi3.Schema) { s.MaxLength = new(uint64(28)) })
		},
		[]string{
			"documented/functions.yaml, exchange 2: postFunctions, request, at /items/0/description: maxLength: maximum string length is 28",
			"documented/functions.yaml, exchange 2: postFunctions, response 201, at /items/0/description: maxLength: maximum string length is 28",
			"documented/functions.yaml, exchange 2: postFunctions, tolerant response 201, at /items/0/description: maxLength: maximum string length is 28",
		},
	},
	"status in the description": {
		"documented/errors.yaml", 0,
		func(b broken) {
			for _, d := range []*check.Document{b.Strict, b.Tolerant} {
				op, _ := d.Find("POST", "/functions/list")
				delete(op.Responses, "400")
			}
		},
		[]string{
			"documented/errors.yaml, exchange 0: listFunctions, response 400, at (whole): status: the description does not tell of this status",
			"documented/errors.yaml, exchange 0: listFunctions, tolerant response 400, at (whole): status: the description does not tell of this status",
		},
	},
}

// TestBrokenThings expects failures to name cassette, exchange, operation, side, place and rule.
func TestBrokenThings(t *testing.T) {
	t.Parallel()
	for name, tt := range brokenThings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cassette, err := exchange.Read(recordedDir, tt.cassette)
			if err != nil {
				t.Fatal(err)
			}
			b := broken{describe(t), cassette.Exchanges[tt.number]}
			if failures := b.Check(b.Exchange); len(failures) > 0 {
				t.Fatalf("broken before the test breaks it: %v", failures)
			}
			tt.breaks(b)
			var got []string
			for _, failure := range b.Check(b.Exchange) {
				got = append(got, failure.String())
			}
			if !slices.EqualFunc(tt.want, got, func(want, got string) bool { return strings.HasPrefix(got, want) }) {
				t.Errorf("failures (-want +got):\n%s", cmp.Diff(tt.want, got))
			}
		})
	}
}
