package description

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// bound is the bound of a schema in the API reference.
type bound struct {
	bounds string
	// source is the schema, the parameter or the text of the published reference.
	source string
}

// publishedBounds are all bounds of the description. Client and emulator take their limits from the description, so only
// this table detects a wrong number there.
var publishedBounds = map[string]bound{
	"schema InternalId":                                    {"minimum 1, maximum 9007199254740991", "CogniteInternalId"},
	"schema ExternalId":                                    {"maxLength 255", "CogniteExternalId"},
	"schema Timestamp":                                     {"minimum 0", "EpochTimestamp"},
	"schema TimestampRange: property min":                  {"minimum 0", "EpochTimestampRange"},
	"schema TimestampRange: property max":                  {"minimum 0", "EpochTimestampRange"},
	"parameter Limit":                                      {"minimum 1, default 100", "LimitQuery"},
	"schema PageLimit":                                     {"minimum 1, default 100", "LimitList"},
	"schema IgnoreUnknownIds":                              {"default false", "IgnoreUnknownIdsField"},
	"schema Metadata":                                      {"maxProperties 16, x-cogfn-max-bytes 4096, x-cogfn-max-key-length 32, x-cogfn-max-value-length 512", "text of Function.metadata"},
	"schema FunctionName":                                  {"minLength 1, maxLength 140", "FunctionName"},
	"schema FunctionOwner":                                 {"maxLength 128", "FunctionOwner"},
	"schema FunctionDescription":                           {"maxLength 500", "Function.description"},
	"schema FunctionPath":                                  {"maxLength 500", "Function.functionPath"},
	"schema FunctionSecrets":                               {"maxProperties 30, x-cogfn-key-pattern ^[a-z0-9-]{1,15}$, x-cogfn-max-entry-bytes 25000, x-cogfn-reserved-keys [token indexUrl extraIndexUrls]", "Function.secrets and its text"},
	"schema FunctionEnvVars":                               {"maxProperties 100, x-cogfn-key-pattern ^[A-Za-z0-9_]+$", "Function.envVars and its text"},
	"schema FunctionCreateRequest: property items":         {"minItems 1, maxItems 1", "body of postFunctions"},
	"schema FunctionReferences":                            {"minItems 1, maxItems 10", "FunctionIdEitherList, FunctionDeleteRequest"},
	"schema FunctionCallReferences":                        {"minItems 1, maxItems 10000, uniqueItems", "FunctionCallIds and its text"},
	"schema FunctionCallResponse":                          {"minProperties 1", "none: every response has one of the fields"},
	"schema FunctionCallLogEntry":                          {"minProperties 1", "none: every line has one of the fields"},
	"schema FunctionScheduleName":                          {"minLength 1, maxLength 140", "FunctionScheduleName"},
	"schema FunctionScheduleDescription":                   {"maxLength 500", "FunctionScheduleDescription"},
	"schema FunctionScheduleCron":                          {"maxLength 1024", "FunctionScheduleCronExpression"},
	"schema FunctionScheduleCreateRequest: property items": {"minItems 1, maxItems 1", "body of postFunctionSchedules"},
	"schema FunctionScheduleReferences":                    {"minItems 1, maxItems 10000, uniqueItems", "FunctionScheduleIds and its text"},
	"schema FunctionScheduleDeleteReferences":              {"minItems 1, maxItems 10000", "FunctionScheduleIdArray"},
	"schema SessionCreateRequest: property items":          {"minItems 1, maxItems 1", "CreateSessionRequestList"},
	"schema SessionReferences":                             {"minItems 1, maxItems 1000", "SessionReferenceIds"},
	"schema SessionLimit":                                  {"maximum 1000, default 25", "parameter limit of listSessions"},
	"schema SessionRevokeRequest: property items":          {"minItems 1", "RevokeSessionRequestList"},
	"schema FileName":                                      {"maxLength 256", "FileName"},
	"schema FileDirectory":                                 {"maxLength 512", "FileDirectory"},
	"schema FileSource":                                    {"maxLength 128", "FileSource"},
	"schema MimeType":                                      {"maxLength 256", "MimeType"},
	"schema AssetIds":                                      {"minItems 1, maxItems 1000", "ExternalFilesMetadata.assetIds"},
	"schema SecurityCategories":                            {"maxItems 100", "ExternalFilesMetadata.securityCategories"},
	"schema Labels":                                        {"maxItems 10, uniqueItems", "LabelList"},
	"schema InstanceSpace":                                 {"minLength 1, maxLength 43, pattern ^[a-zA-Z][a-zA-Z0-9_-]{0,41}[a-zA-Z0-9]?$", "InstanceSpace"},
	"schema InstanceExternalId":                            {"minLength 1, maxLength 255, pattern ^[a-zA-Z]([a-zA-Z0-9_]{0,253}[a-zA-Z0-9])?$", "InstanceExternalId"},
	"schema FileByIdsRequest: property items":              {"minItems 1, maxItems 1000", "FileDataIdsWithIgnoreUnknownIds"},
	"schema FileDeleteReferences":                          {"minItems 1, maxItems 1000", "FileDeleteByIds"},
	"schema FileDownloadLinkRequest: property items":       {"minItems 1, maxItems 100", "FileLinkIds"},
	"initFileUpload: parameter overwrite":                  {"default false", "parameter overwrite of initFileUpload"},
	"downloadLinks: parameter extendedExpiration":          {"default false", "parameter extendedExpiration of downloadLinks"},
}

func TestBoundsArePublished(t *testing.T) {
	t.Parallel()
	for _, fault := range boundFaults(load(t), publishedBounds) {
		t.Error(fault)
	}
}

// boundFaults compares the bounds of the description with a table.
func boundFaults(doc *openapi3.T, table map[string]bound) []string {
	var faults []string
	unseen := maps.Clone(table)
	for _, p := range places(doc) {
		if p.ref.Ref != "" {
			continue
		}
		delete(unseen, p.where)
		want := table[p.where]
		if got := boundsOf(p.ref.Value); got != want.bounds {
			faults = append(faults, fmt.Sprintf("%s has the bounds %q, published (%s) is %q; edit publishedBounds in tests/description/bounds_test.go if the reference has changed",
				p.where, got, want.source, want.bounds))
		}
	}
	for _, where := range slices.Sorted(maps.Keys(unseen)) {
		faults = append(faults, where+" does not exist; remove it from publishedBounds in tests/description/bounds_test.go")
	}
	return faults
}

// boundsOf returns the bounds of a schema that exclude some value, and its default.
func boundsOf(schema *openapi3.Schema) string {
	var bounds []string
	number := func(name string, value *float64) {
		if value != nil {
			bounds = append(bounds, name+" "+strconv.FormatFloat(*value, 'f', -1, 64))
		}
	}
	count := func(name string, value *uint64) {
		if value != nil {
			bounds = append(bounds, fmt.Sprintf("%s %d", name, *value))
		}
	}
	least := func(name string, value uint64) {
		if value > 0 {
			count(name, &value)
		}
	}
	number("minimum", schema.Min)
	number("maximum", schema.Max)
	least("minLength", schema.MinLength)
	count("maxLength", schema.MaxLength)
	least("minItems", schema.MinItems)
	count("maxItems", schema.MaxItems)
	least("minProperties", schema.MinProps)
	count("maxProperties", schema.MaxProps)
	if schema.UniqueItems {
		bounds = append(bounds, "uniqueItems")
	}
	if schema.Pattern != "" {
		bounds = append(bounds, "pattern "+schema.Pattern)
	}
	if schema.Default != nil {
		bounds = append(bounds, fmt.Sprint("default ", schema.Default))
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Extensions)) {
		if strings.HasPrefix(name, "x-cogfn-max-") || name == "x-cogfn-key-pattern" || name == "x-cogfn-reserved-keys" {
			bounds = append(bounds, fmt.Sprint(name, " ", schema.Extensions[name]))
		}
	}
	return strings.Join(bounds, ", ")
}

func TestChangedBoundsAreDetected(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*openapi3.T, map[string]bound){
		"schema FunctionName has": func(doc *openapi3.T, _ map[string]bound) {
			*doc.Components.Schemas["FunctionName"].Value.MaxLength++
		},
		"schema Timestamp has": func(doc *openapi3.T, _ map[string]bound) { doc.Components.Schemas["Timestamp"].Value.Min = nil },
		"schema Nonce has":     func(doc *openapi3.T, _ map[string]bound) { doc.Components.Schemas["Nonce"].Value.MinLength = 16 },
		"schema Metadata has": func(doc *openapi3.T, _ map[string]bound) {
			doc.Components.Schemas["Metadata"].Value.Extensions["x-cogfn-max-bytes"] = 1
		},
		"schema Removed does not exist": func(_ *openapi3.T, table map[string]bound) { table["schema Removed"] = bound{} },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			doc, table := load(t), maps.Clone(publishedBounds)
			change(doc, table)
			faults := boundFaults(doc, table)
			if !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, what) && strings.Contains(f, "bounds_test.go") }) {
				t.Errorf("faults: %q", faults)
			}
		})
	}
}
