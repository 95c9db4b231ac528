package description

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/cogfn/cogfn/api"
)

// subject is the input of the rules.
type subject struct {
	doc           *openapi3.T
	text, overlay string
}

// rules are the rules of this project for the description. Each returns the violations.
var rules = map[string]func(subject) []string{
	"names":      nameFaults,
	"tags":       tagFaults,
	"components": componentFaults,
	"numbers":    numberFaults,
	"enums":      enumFaults,
	"nullable":   nullableFaults,
	"nonce":      nonceFaults,
	"response":   responseFaults,
	"text":       textFaults,
}

func overlay(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../api/overlay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRules(t *testing.T) {
	t.Parallel()
	for name, faults := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, fault := range faults(subject{load(t), string(api.OpenAPI), overlay(t)}) {
				t.Error(fault)
			}
		})
	}
}

var (
	lowerCamelCase = regexp.MustCompile(`^[a-z]+([A-Z][a-z]*|[0-9]+)*$`)
	upperCamelCase = regexp.MustCompile(`^([A-Z][a-z]*|[0-9]+)+$`)
)

func nameFaults(s subject) []string {
	var faults []string
	seen := map[string]string{}
	eachOperation(s.doc, func(name string, op *openapi3.Operation) {
		if !lowerCamelCase.MatchString(op.OperationID) {
			faults = append(faults, fmt.Sprintf("%s: operationId %q is not in lowerCamelCase", name, op.OperationID))
		}
		if other := seen[op.OperationID]; other != "" {
			faults = append(faults, fmt.Sprintf("operationId %s is used by %s and by %s", op.OperationID, name, other))
		}
		seen[op.OperationID] = name
	})
	for name := range s.doc.Components.Schemas {
		if !upperCamelCase.MatchString(name) {
			faults = append(faults, fmt.Sprintf("schema %s: the name is not in UpperCamelCase", name))
		}
	}
	for _, p := range places(s.doc) {
		for property := range p.ref.Value.Properties {
			if p.ref.Ref == "" && !lowerCamelCase.MatchString(property) {
				faults = append(faults, fmt.Sprintf("%s: property %s is not in lowerCamelCase", p.where, property))
			}
		}
	}
	return faults
}

func tagFaults(s subject) []string {
	var faults []string
	used := map[string]bool{}
	eachOperation(s.doc, func(_ string, op *openapi3.Operation) {
		if len(op.Tags) != 1 {
			faults = append(faults, fmt.Sprintf("%s: has %d tags; it must have one", op.OperationID, len(op.Tags)))
		}
		for _, tag := range op.Tags {
			used[tag] = true
			if s.doc.Tags.Get(tag) == nil {
				faults = append(faults, fmt.Sprintf("%s: the tag %s is not declared", op.OperationID, tag))
			}
		}
	})
	for _, tag := range s.doc.Tags {
		if !used[tag.Name] || tag.Description == "" {
			faults = append(faults, fmt.Sprintf("tag %s: is used by no operation or has no description", tag.Name))
		}
	}
	return faults
}

var reference = regexp.MustCompile(`\$ref: "#/components/(\w+)/(\w+)"`)

// componentFaults reads the text, because the loaded document does not keep every reference.
func componentFaults(s subject) []string {
	used := map[string]bool{}
	for _, ref := range reference.FindAllStringSubmatch(s.text, -1) {
		used[ref[1]+" "+ref[2]] = true
	}
	for _, requirement := range s.doc.Security {
		for scheme := range requirement {
			used["securitySchemes "+scheme] = true
		}
	}
	var components []string
	for name := range s.doc.Components.Schemas {
		components = append(components, "schemas "+name)
	}
	for name := range s.doc.Components.Parameters {
		components = append(components, "parameters "+name)
	}
	for name := range s.doc.Components.Responses {
		components = append(components, "responses "+name)
	}
	for name := range s.doc.Components.SecuritySchemes {
		components = append(components, "securitySchemes "+name)
	}
	var faults []string
	for _, name := range components {
		if !used[name] {
			faults = append(faults, fmt.Sprintf("components: %s is used nowhere", name))
		}
	}
	return faults
}

// longestLine is the largest width of a line in the description.
const longestLine = 120

func textFaults(s subject) []string {
	var faults []string
	for i, line := range strings.Split(strings.TrimSuffix(s.text, "\n"), "\n") {
		if len([]rune(line)) > longestLine {
			faults = append(faults, fmt.Sprintf("line %d is longer than %d characters", i+1, longestLine))
		}
		if strings.TrimRight(line, " \t\r") != line {
			faults = append(faults, fmt.Sprintf("line %d ends in white space", i+1))
		}
	}
	if !strings.HasSuffix(s.text, "\n") || strings.HasSuffix(s.text, "\n\n") {
		faults = append(faults, "the file does not end in one line end")
	}
	return faults
}

// TestRulesDetectFaults violates each rule and checks that the violation is found.
func TestRulesDetectFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, old, new, want string }{
		{"names", "operationId: getFunctions\n", "operationId: get_functions\n", `operationId "get_functions" is not in lowerCamelCase`},
		{"names", "operationId: getFunctions\n", "operationId: getFunction\n", "operationId getFunction is used by"},
		{"names", "  schemas:\n", "  schemas:\n    spare: {type: string}\n", "schema spare: the name is not in UpperCamelCase"},
		{"names", "        lastCalled:", "        last_called:", "schema Function: property last_called is not in lowerCamelCase"},
		{"tags", "tags: [Sessions]", "tags: [Session]", "listSessions: the tag Session is not declared"},
		{"tags", "tags: [Sessions]", "tags: [Sessions, Files]", "listSessions: has 2 tags"},
		{"tags", "tags:\n", "tags:\n  - {name: Spare, description: Unused.}\n", "tag Spare: is used by no operation"},
		{"components", "  schemas:\n", "  schemas:\n    Spare: {type: string}\n", "components: schemas Spare is used nowhere"},
		{"components", "security:\n  - oidc-token: []\n", "security:\n", "components: securitySchemes oidc-token is used nowhere"},
		{"numbers", "The longest duration of a call in minutes.", "The longest duration of a call.", "schema FunctionsLimits: property timeoutMinutes: "},
		{"numbers", "The end of the call, in milliseconds since epoch.", "The end of the call.", "schema FunctionCall: property endTime: "},
		{"numbers", "The memory of a call in GB, ", "The memory of a call, ", "schema FunctionMemory: "},
		{"enums", "enum: [Feature]", "enum: [Feature, Place]", "schema GeoLocation: property type: accepts [Feature Place]"},
		{"enums", ", enum: [Feature]", "", "schema GeoLocation: property type: is listed as closed, but has no enum"},
		{"enums", "        type: {description: The constant Feature., ", "        kind: {description: The constant Feature., ", "is listed as a closed enum, but no longer exists"},
		{"enums", "x-extensible-enum: [inactive,", "enum: [inactive,", "schema ActivationStatus: accepts no new value"},
		{"enums", "x-extensible-enum: [inactive,", "enum: [inactive]\n      x-extensible-enum: [inactive,", "schema ActivationStatus: x-extensible-enum needs the type string and no enum"},
		{"enums", "x-extensible-enum: [inactive,", "x-extensible-enum: [1,", "schema ActivationStatus: x-extensible-enum must be a list of strings"},
		{"enums", "The source of the file.\n      type: string\n", "The source of the file.\n      type: string\n      x-extensible-enum: [a]\n", "schema FileSource: api/overlay.yaml does not copy"},
		{"enums", "        when: {", "        when: {x-extensible-enum: [a], ", "schema FunctionSchedule: property when: x-extensible-enum needs a named schema"},
		{"enums", "x-cogfn-withdrawn: [py38, py39]", "x-cogfn-withdrawn: [py37]", "schema FunctionRuntime: x-cogfn-withdrawn must be"},
		{"enums", "      x-extensible-enum: [py38,", "      x-other: [py38,", "schema FunctionRuntime: has x-cogfn-withdrawn without"},
		{"nullable", "An error of a call, as an object or as a string.\n", "An error of a call, as an object or as a string.\n      nullable: true\n", "schema FunctionCallError: "},
		{"nullable", "type: string\n          nullable: true\n", "nullable: true\n", "schema FunctionBuildError: property trace: "},
		{"nonce", "      x-cogfn-nonce: true\n", "", "POST /functions/{functionId}/call: x-cogfn-nonce is set: false"},
		{"nonce", "      x-cogfn-nonce: true\n", "      x-cogfn-nonce: false\n", "x-cogfn-nonce is false"},
		{"nonce", "      operationId: createSessions\n", "      operationId: createSessions\n      x-cogfn-nonce: true\n", "POST /sessions: x-cogfn-nonce is set: true"},
		{"response", "      type: object\n      x-cogfn-response: true\n      required: [id, createdTime", "      type: object\n      required: [id, createdTime", "schema Function: responses contain this object"},
		{"response", "A function to create.\n      type: object\n", "A function to create.\n      type: object\n      x-cogfn-response: true\n", "schema FunctionWrite: no successful response"},
		{"response", "      x-cogfn-response: true\n", "      x-cogfn-response: false\n", "x-cogfn-response must be true"},
		{
			"response", "properties: {description: The properties of the feature., type: object, additionalProperties: true}",
			"properties: {description: The properties., type: object, properties: {a: {type: string, description: A.}}}", "property properties: an object in responses needs a named schema",
		},
		{"response", "schema: {$ref: \"#/components/schemas/FunctionsStatus\"}", "schema: {$ref: \"#/components/schemas/ActivationStatus\"}", "the response 200 is not an object"},
		{"text", "openapi: 3.0.3\n", "openapi: 3.0.3 \n", "ends in white space"},
		{"text", "title: Cognite Functions\n", "title: Cognite Functions # " + strings.Repeat("x", longestLine) + "\n", "is longer than 120"},
	} {
		t.Run(c.rule+"/"+c.want, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(string(api.OpenAPI), c.old, c.new, 1)
			if text == string(api.OpenAPI) {
				t.Fatalf("the description no longer contains %q; choose another fault", c.old)
			}
			faults := rules[c.rule](subject{parse(t, text), text, overlay(t)})
			if !slices.ContainsFunc(faults, func(fault string) bool { return strings.Contains(fault, c.want) }) {
				t.Errorf("found %q; want a fault with %q", faults, c.want)
			}
		})
	}
}
