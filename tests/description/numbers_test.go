package description

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// unit matches a unit, which the description of a number must contain. Counts name the counted items, as "number of items".
var unit = regexp.MustCompile(`\b(milliseconds|seconds|minutes|GB|MB|kB|bytes|cores|number of \w+)\b`)

// identifiers are the schemas of numbers that are ids.
var identifiers = []string{"InternalId", "SessionNumber", "FunctionScheduleSessionNumber"}

// identifier is the description of a parameter that is an id.
var identifier = regexp.MustCompile(`^The id of the \w+\.$`)

// withoutUnit are other numbers without a unit, with the reason.
var withoutUnit = map[string]string{"schema Error: property code": "an HTTP status"}

// numberFaults checks that the description of every number contains its unit. The description is that of the parameter, or
// of the referenced schema.
func numberFaults(s subject) []string {
	var faults []string
	for _, p := range places(s.doc) {
		name, schema := base(p.ref)
		if !schema.Type.Is("integer") && !schema.Type.Is("number") {
			continue
		}
		if name == "" {
			name = strings.TrimPrefix(p.where, "schema ")
		}
		text := cmp.Or(p.text, p.ref.Value.Description)
		isID := slices.Contains(identifiers, name) || p.text != "" && identifier.MatchString(p.text)
		if !isID && withoutUnit[p.where] == "" && !unit.MatchString(text) {
			faults = append(faults, fmt.Sprintf("%s: the description %q of a number has no unit", p.where, text))
		}
	}
	return faults
}

// nullableFaults checks that nullable occurs together with a type. OpenAPI 3.0 gives it no meaning without one.
func nullableFaults(s subject) []string {
	var faults []string
	for _, p := range places(s.doc) {
		if p.ref.Ref == "" && p.ref.Value.Nullable && p.ref.Value.Type == nil {
			faults = append(faults, fmt.Sprintf("%s: nullable has no type beside it", p.where))
		}
	}
	return faults
}
