package description

import (
	"fmt"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// closedEnums are the enums of texts to which the service adds no value, with the values, so that no change of theirs goes
// unnoticed: oasdiff and the emulator cannot know which change of a closed enum is meant.
var closedEnums = map[string]struct {
	values []any
	reason string
}{
	"schema GeoLocation: property type": {
		[]any{"Feature"}, "GeoJSON fixes it: the service takes features alone",
	},
	"schema GeoLocationGeometry: property type": {
		[]any{"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"}, "GeoJSON fixes the kinds of geometry",
	},
}

// enumFaults asks that every enum of texts is either marked as one that grows or listed above.
func enumFaults(doc *openapi3.T, _ string) []string {
	var faults []string
	unseen := maps.Clone(closedEnums)
	for _, p := range places(doc) {
		if p.ref.Ref != "" {
			continue
		}
		schema := p.ref.Value
		mark, marked := schema.Extensions["x-cogfn-open"]
		closed, listed := closedEnums[p.where]
		delete(unseen, p.where)
		switch {
		case marked && (mark != true || len(schema.Enum) == 0):
			faults = append(faults, fmt.Sprintf("%s: is marked with x-cogfn-open, but has no enum, or the mark is not true", p.where))
		case listed && len(schema.Enum) == 0:
			faults = append(faults, fmt.Sprintf("%s: is listed as closed, but has no enum", p.where))
		case listed && !slices.Equal(schema.Enum, closed.values):
			faults = append(faults, fmt.Sprintf("%s: can take %v instead of %v; %s", p.where, schema.Enum, closed.values, closed.reason))
		case !marked && !listed && len(schema.Enum) > 0 && schema.Type.Is("string"):
			faults = append(faults, fmt.Sprintf("%s: can take no new value; mark it with x-cogfn-open, or list it here with a reason", p.where))
		}
	}
	for where := range unseen {
		faults = append(faults, where+": is listed as a closed enum, but no longer exists")
	}
	return faults
}
