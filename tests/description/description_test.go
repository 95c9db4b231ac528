// Package description tests that api/openapi.yaml is valid, complete and follows the rules of this project.
package description

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

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

// TestInvalidExamplesAreDetected makes one example of each kind invalid, because TestDescriptionIsValid passes if the
// library ignores a kind.
func TestInvalidExamplesAreDetected(t *testing.T) {
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
				t.Fatalf("the description no longer contains %q; choose another example", c.old)
			}
			if err := parse(t, text).Validate(t.Context(), openapi3.EnableExamplesValidation()); err == nil {
				t.Error("the invalid example is accepted")
			}
		})
	}
}

var aclAndAction = regexp.MustCompile(`^(functions|sessions|files)Acl:[A-Z]+$`)

// TestOperationsAreComplete checks that every operation has texts, a link to the reference, named bodies, the error
// envelope, a retry class and a capability.
func TestOperationsAreComplete(t *testing.T) {
	t.Parallel()
	eachOperation(load(t), func(name string, op *openapi3.Operation) {
		if op.Summary == "" || op.Description == "" {
			t.Errorf("%s: summary or description is missing", name)
		}
		if class := op.Extensions["x-cogfn-retry"]; class != "safe" && class != "unsafe" {
			t.Errorf("%s: x-cogfn-retry is %v; it must be safe or unsafe", name, class)
		}
		if capability := op.Extensions["x-cogfn-capability"]; !isCapability(capability) {
			t.Errorf("%s: x-cogfn-capability is %v; it must be ACL:ACTION or a list of them", name, capability)
		}
		if op.ExternalDocs == nil || !strings.HasSuffix(op.ExternalDocs.URL, "/operation/"+op.OperationID) {
			t.Errorf("%s: externalDocs does not link the operation in the reference", name)
		}
		for _, status := range []string{"400", "default"} {
			if r := op.Responses.Value(status); r == nil || r.Ref != "#/components/responses/Failure" {
				t.Errorf("%s: the response for %s is not the shared error envelope", name, status)
			}
		}
		for _, content := range bodies(op) {
			if schema := content.Get("application/json").Schema; schema.Ref == "" {
				t.Errorf("%s: a body has no named schema", name)
			}
		}
	})
}

// isCapability reports whether v is a capability or a list of at least two.
func isCapability(v any) bool {
	if list, ok := v.([]any); ok {
		return len(list) > 1 && !slices.ContainsFunc(list, func(one any) bool {
			text, _ := one.(string)
			return !aclAndAction.MatchString(text)
		})
	}
	text, _ := v.(string)
	return aclAndAction.MatchString(text)
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

// noun matches a description that begins with an article or a noun. It becomes a Go comment: "Function is a deployed
// function." or "ID: the id of the function."
var noun = regexp.MustCompile(`^(The|A|An|True) [^\n]+`)

func TestEverySchemaAndPropertyIsDescribed(t *testing.T) {
	t.Parallel()
	for name, schema := range load(t).Components.Schemas {
		if !noun.MatchString(schema.Value.Description) {
			t.Errorf("schema %s: the description %q does not begin with an article", name, schema.Value.Description)
		}
		for property, ref := range schema.Value.Properties {
			if ref.Ref == "" && !noun.MatchString(ref.Value.Description) {
				t.Errorf("schema %s: property %s: the description %q does not begin with an article", name, property, ref.Value.Description)
			}
		}
		for _, required := range schema.Value.Required {
			if schema.Value.Properties[required] == nil {
				t.Errorf("schema %s: requires %s, which it does not describe", name, required)
			}
		}
	}
}

// Only one cloud sends the field.
func TestResponseSizeIsOptional(t *testing.T) {
	t.Parallel()
	if slices.Contains(load(t).Components.Schemas["FunctionsLimits"].Value.Required, "responseSizeMb") {
		t.Error("responseSizeMb is required, although only one cloud sends it")
	}
}
