// Package description holds the tests of api/openapi.yaml: that it is valid, complete, and that every operation works.
package description

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/api"
)

func load(t *testing.T) *openapi3.T {
	t.Helper()
	return parse(t, string(api.OpenAPI))
}

func parse(t *testing.T, text string) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatalf("the description cannot be loaded: %v", err)
	}
	return doc
}

// eachOperation calls do with every operation, whose name is its method and path.
func eachOperation(doc *openapi3.T, do func(name string, op *openapi3.Operation)) {
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			do(method+" "+path, op)
		}
	}
}

func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	if err := load(t).Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
}

// TestWrongExamplesAreNoticed spoils one example of each kind, since TestDescriptionIsValid would not tell if the library
// passed a kind over.
func TestWrongExamplesAreNoticed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new string }{
		{"schema", "example: Queued", "example: 5"},
		{"property", "type: integer, example: 9}", "type: integer, example: nine}"},
		{"request", "value: {filter: {status: Queued,", "value: {filter: {status: 5,"},
		{"response", "- {timestamp: 1585350274000,", "- {timestamp: soon,"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(string(api.OpenAPI), c.old, c.new, 1)
			if text == string(api.OpenAPI) {
				t.Fatalf("the description no longer holds %q; choose another example", c.old)
			}
			if err := parse(t, text).Validate(t.Context(), openapi3.EnableExamplesValidation()); err == nil {
				t.Error("the wrong example passes")
			}
		})
	}
}

// published are the operations of the API reference that this project covers, with their ids and success statuses.
var published = map[string]string{
	"GET /functions":                                      "getFunctions 200",
	"POST /functions":                                     "postFunctions 201",
	"POST /functions/list":                                "listFunctions 200",
	"POST /functions/byids":                               "byIdsFunctions 200",
	"POST /functions/delete":                              "deleteFunctions 200",
	"GET /functions/limits":                               "functionsLimits 200",
	"GET /functions/status":                               "getFunctionsStatus 200",
	"POST /functions/status":                              "postFunctionsStatus 202",
	"GET /functions/{functionId}":                         "getFunction 200",
	"POST /functions/{functionId}/call":                   "postFunctionsCall 201",
	"GET /functions/{functionId}/calls":                   "getFunctionCalls 200",
	"POST /functions/{functionId}/calls/list":             "listFunctionCalls 200",
	"POST /functions/{functionId}/calls/byids":            "byIdsFunctionCalls 200",
	"GET /functions/{functionId}/calls/{callId}":          "getFunctionCall 200",
	"GET /functions/{functionId}/calls/{callId}/response": "getFunctionCallResponse 200",
	"GET /functions/{functionId}/calls/{callId}/logs":     "getFunctionCallLogs 200",
	"GET /functions/schedules":                            "getFunctionSchedules 200",
	"POST /functions/schedules":                           "postFunctionSchedules 201",
	"POST /functions/schedules/list":                      "listFunctionSchedules 200",
	"POST /functions/schedules/byids":                     "byIdsFunctionSchedules 200",
	"POST /functions/schedules/delete":                    "deleteFunctionSchedules 200",
	"GET /functions/schedules/{scheduleId}":               "getFunctionSchedule 200",
	"GET /functions/schedules/{scheduleId}/input_data":    "getFunctionScheduleInputData 200",
	"GET /sessions":                                       "listSessions 200",
	"POST /sessions":                                      "createSessions 200",
	"POST /sessions/byids":                                "getSessionsByIds 200",
	"POST /sessions/revoke":                               "revokeSessions 200",
	"POST /files":                                         "initFileUpload 201",
	"POST /files/byids":                                   "byIdsFiles 200",
	"GET /files/{id}":                                     "getFileByInternalId 200",
	"POST /files/delete":                                  "deleteFiles 200",
	"POST /files/downloadlink":                            "downloadLinks 200",
}

func TestOperationsAreThePublishedOnes(t *testing.T) {
	t.Parallel()
	described := map[string]string{}
	eachOperation(load(t), func(name string, op *openapi3.Operation) {
		for status := range op.Responses.Map() {
			if strings.HasPrefix(status, "2") {
				described[name] += op.OperationID + " " + status
			}
		}
	})
	if diff := cmp.Diff(published, described); diff != "" {
		t.Errorf("published (-) and described (+) operations differ:\n%s", diff)
	}
}

var aclAndAction = regexp.MustCompile(`^(functions|sessions|files)Acl:[A-Z]+$`)

// TestOperationsAreComplete asks of every operation what the project's rules ask: texts, named bodies, the error
// envelope, the retry class and the capability.
func TestOperationsAreComplete(t *testing.T) {
	t.Parallel()
	eachOperation(load(t), func(name string, op *openapi3.Operation) {
		if op.Summary == "" || op.Description == "" {
			t.Errorf("%s: summary or description is missing", name)
		}
		if class := op.Extensions["x-cogfn-retry"]; class != "safe" && class != "unsafe" {
			t.Errorf("%s: x-cogfn-retry is %v; it must be safe or unsafe", name, class)
		}
		if capability, _ := op.Extensions["x-cogfn-capability"].(string); !aclAndAction.MatchString(capability) {
			t.Errorf("%s: x-cogfn-capability is %q; it must name an ACL and an action", name, capability)
		}
		for _, status := range []string{"400", "default"} {
			if r := op.Responses.Value(status); r == nil || r.Ref != "#/components/responses/Failure" {
				t.Errorf("%s: the answer for %s is not the shared error envelope", name, status)
			}
		}
		for _, content := range bodies(op) {
			if schema := content.Get("application/json").Schema; schema.Ref == "" {
				t.Errorf("%s: a body has no named schema", name)
			}
		}
	})
}

func bodies(op *openapi3.Operation) []openapi3.Content {
	var all []openapi3.Content
	if op.RequestBody != nil {
		all = append(all, op.RequestBody.Value.Content)
	}
	for _, r := range op.Responses.Map() {
		all = append(all, r.Value.Content)
	}
	return all
}

func TestEverySchemaAndPropertyIsExplained(t *testing.T) {
	t.Parallel()
	for name, schema := range load(t).Components.Schemas {
		if schema.Value.Description == "" {
			t.Errorf("schema %s: the description is missing", name)
		}
		for property, ref := range schema.Value.Properties {
			if ref.Ref == "" && ref.Value.Description == "" {
				t.Errorf("schema %s: property %s: the description is missing", name, property)
			}
		}
		for _, required := range schema.Value.Required {
			if schema.Value.Properties[required] == nil {
				t.Errorf("schema %s: requires %s, which it does not describe", name, required)
			}
		}
	}
}

// TestResponseSizeIsOptional keeps a field optional that only one cloud sends.
func TestResponseSizeIsOptional(t *testing.T) {
	t.Parallel()
	if slices.Contains(load(t).Components.Schemas["FunctionsLimits"].Value.Required, "responseSizeMb") {
		t.Error("responseSizeMb is required, although only one cloud sends it")
	}
}
