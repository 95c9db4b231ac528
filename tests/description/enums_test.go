package description

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/cogfn/cogfn/internal/openapi"
)

// closedEnums are the enums of strings to which the service adds no value. The values are repeated because neither oasdiff
// nor the emulator knows which change of a closed enum is intended.
var closedEnums = map[string]struct {
	values []any
	reason string
}{
	"schema GeoLocation: property type": {
		[]any{"Feature"}, "GeoJSON fixes it: the service accepts features only",
	},
	"schema GeoLocationGeometry: property type": {
		[]any{"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"}, "GeoJSON fixes the kinds of geometry",
	},
}

// enumFaults checks that every enum of strings is either extensible or listed above.
func enumFaults(s subject) []string {
	var faults []string
	unseen := maps.Clone(closedEnums)
	for _, p := range places(s.doc) {
		if p.ref.Ref != "" {
			continue
		}
		schema := p.ref.Value
		closed, listed := closedEnums[p.where]
		delete(unseen, p.where)
		switch {
		case schema.Extensions["x-extensible-enum"] != nil:
			faults = append(faults, extensibleFaults(p, s.overlay)...)
		case schema.Extensions["x-cogfn-withdrawn"] != nil:
			faults = append(faults, fmt.Sprintf("%s: has x-cogfn-withdrawn without x-extensible-enum", p.where))
		case listed && len(schema.Enum) == 0:
			faults = append(faults, fmt.Sprintf("%s: is listed as closed, but has no enum", p.where))
		case listed && !slices.Equal(schema.Enum, closed.values):
			faults = append(faults, fmt.Sprintf("%s: accepts %v instead of %v; %s", p.where, schema.Enum, closed.values, closed.reason))
		case !listed && len(schema.Enum) > 0 && schema.Type.Is("string"):
			faults = append(faults, fmt.Sprintf("%s: accepts no new value; use x-extensible-enum, or list it in closedEnums with a reason", p.where))
		}
	}
	for where := range unseen {
		faults = append(faults, where+": is listed as a closed enum, but no longer exists")
	}
	return faults
}

var schemaPlace = regexp.MustCompile(`^schema (\w+)$`)

// extensibleFaults checks a schema with x-extensible-enum. The overlay must copy the values, because otherwise the Go
// generator generates no constants for them.
func extensibleFaults(p place, overlay string) []string {
	var faults []string
	fault := func(text string) { faults = append(faults, p.where+": "+text) }
	schema := p.ref.Value
	known := openapi.KnownValues(schema)
	name := schemaPlace.FindStringSubmatch(p.where)
	if len(schema.Enum) > 0 || !schema.Type.Is("string") {
		fault("x-extensible-enum needs the type string and no enum")
	}
	if len(known) == 0 || slices.ContainsFunc(known, func(one any) bool { _, ok := one.(string); return !ok }) {
		fault("x-extensible-enum must be a list of strings")
	}
	switch {
	case name == nil:
		fault("x-extensible-enum needs a named schema")
	case !copies(overlay, name[1]):
		fault("api/overlay.yaml does not copy x-extensible-enum to enum, so the values have no Go constants")
	}
	if withdrawn, ok := schema.Extensions["x-cogfn-withdrawn"]; ok {
		list, _ := withdrawn.([]any)
		if len(list) == 0 || slices.ContainsFunc(list, func(one any) bool { return !slices.Contains(known, one) }) {
			fault("x-cogfn-withdrawn must be a list of values of x-extensible-enum")
		}
	}
	return faults
}

// copies reports whether the overlay has the action that copies the known values of a schema.
func copies(overlay, schema string) bool {
	action := fmt.Sprintf(`target: \$\.components\.schemas\.%[1]s\.enum, copy: "\$\.components\.schemas\.%[1]s\['x-extensible-enum'\]"`, schema)
	return regexp.MustCompile(action).MatchString(overlay)
}
