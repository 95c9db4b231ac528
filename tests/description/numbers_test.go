package description

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

var unit = regexp.MustCompile(`\b(milliseconds|seconds|minutes|GB|MB|kB|bytes|cores)\b`)

// ids and counts are the schemas of numbers that measure nothing.
var (
	ids    = []string{"InternalId", "SessionNumber", "FunctionScheduleSessionNumber"}
	counts = []string{"PageLimit"}
)

// plainPlaces are the numbers without such a schema that measure nothing either.
var plainPlaces = map[string]string{
	"schema Error: property code":   "an HTTP status",
	"parameter Limit":               "counts items",
	"listSessions: parameter limit": "counts items",
}

// numberFaults asks for a unit in the description of every number that measures something. The description is the one
// that a reader sees at the place: that of a $ref alone is its schema's.
func numberFaults(doc *openapi3.T, _ string) []string {
	var faults []string
	for _, p := range places(doc) {
		name, schema := base(p.ref)
		if !schema.Type.Is("integer") && !schema.Type.Is("number") {
			continue
		}
		if name == "" {
			name = strings.TrimPrefix(p.where, "schema ")
		}
		plain := slices.Contains(ids, name) || slices.Contains(counts, name) || plainPlaces[p.where] != ""
		if !plain && !unit.MatchString(p.ref.Value.Description) {
			faults = append(faults, fmt.Sprintf("%s: the description %q of a number names no unit", p.where, p.ref.Value.Description))
		}
	}
	return faults
}

// nullableFaults keeps nullable to schemas with a type, since OpenAPI 3.0 gives it no meaning elsewhere, least of all beside
// allOf. AnyValue is the exception: without a type, it is the one way to say that a value may be anything.
func nullableFaults(doc *openapi3.T, _ string) []string {
	var faults []string
	for _, p := range places(doc) {
		if p.ref.Ref == "" && p.ref.Value.Nullable && p.ref.Value.Type == nil && p.where != "schema AnyValue" {
			faults = append(faults, fmt.Sprintf("%s: nullable has no type beside it", p.where))
		}
	}
	return faults
}
