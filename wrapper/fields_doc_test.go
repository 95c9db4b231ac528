package functions

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/gen"
)

// fieldLine matches a line of the field list of a doc comment: name, type and meaning, separated by at least two spaces.
var fieldLine = regexp.MustCompile(`(?m)^\t(\w+) {2,}(\S.*?) {2,}(\S.*)$`)

// units are the words that the description of a field must contain, by the alias or the name of the field.
var units = map[string]string{
	"CreatedTime": "ms since epoch", "LastCalled": "ms since epoch", "StartTime": "ms since epoch", "EndTime": "ms since epoch",
	"ScheduledTime": "ms since epoch", "CreationTime": "ms since epoch", "ExpirationTime": "ms since epoch",
	"Memory": "GB", "CPU": "cores", "CronExpression": "UTC",
}

// limits are the limits that the field lists state, so that they change together with the description of the API.
var limits = map[string][]int{
	"FunctionWrite.Description": {gen.FunctionDescriptionMaxLength},
	"FunctionWrite.EnvVars":     {gen.FunctionEnvVarsMaxProperties},
	"FunctionWrite.ExternalID":  {gen.ExternalIDMaxLength},
	"FunctionWrite.Metadata":    {gen.MetadataMaxProperties, gen.MetadataMaxKeyLength, gen.MetadataMaxValueLength},
	"FunctionWrite.Name":        {gen.FunctionNameMinLength, gen.FunctionNameMaxLength},
	"FunctionWrite.Owner":       {gen.FunctionOwnerMaxLength},
	"FunctionWrite.Secrets":     {gen.FunctionSecretsMaxProperties},
	"ScheduleWrite.Description": {gen.FunctionScheduleDescriptionMaxLength},
	"ScheduleWrite.Name":        {gen.FunctionScheduleNameMinLength, gen.FunctionScheduleNameMaxLength},
}

// The doc comments of the main types list the fields that they embed, because go doc does not show them.
func TestDocCommentsListFields(t *testing.T) {
	t.Parallel()
	types := packageDoc(t).Types
	for name, generated := range map[string]reflect.Type{
		"Function": reflect.TypeFor[gen.Function](), "FunctionWrite": reflect.TypeFor[gen.FunctionWrite](),
		"Call": reflect.TypeFor[gen.FunctionCall](), "Schedule": reflect.TypeFor[gen.FunctionSchedule](),
		"ScheduleWrite": reflect.TypeFor[gen.FunctionScheduleWrite](), "Session": reflect.TypeFor[gen.Session](),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			comment := ""
			for _, typ := range types {
				if typ.Name == name {
					comment = typ.Doc
				}
			}
			listed := map[string][]string{}
			var order []string
			for _, m := range fieldLine.FindAllStringSubmatch(comment, -1) {
				listed[m[1]] = m[2:]
				order = append(order, m[1])
			}
			for field := range generated.Fields() {
				if field.Name == "AdditionalProperties" {
					continue
				}
				line, ok := listed[field.Name]
				if !ok {
					t.Errorf("the doc comment of %s does not list the field %s %s", name, field.Name, goType(field.Type))
					continue
				}
				check(t, "type of "+field.Name, line[0], goType(field.Type))
				if unit := units[field.Name]; !strings.Contains(line[1], unit) {
					t.Errorf("the doc comment of %s.%s does not contain %q", name, field.Name, unit)
				}
				for _, limit := range limits[name+"."+field.Name] {
					if !slices.Contains(regexp.MustCompile(`\d+`).FindAllString(line[1], -1), strconv.Itoa(limit)) {
						t.Errorf("the doc comment of %s.%s does not contain the limit %d", name, field.Name, limit)
					}
				}
				delete(listed, field.Name)
			}
			for field := range listed {
				t.Errorf("the doc comment of %s lists the unknown field %s", name, field)
			}
			check(t, "the fields are sorted", slices.IsSorted(order), true)
		})
	}
}

// goType returns a type as users of the package write it.
func goType(t reflect.Type) string {
	s := strings.NewReplacer("gen.FunctionBuildError", "BuildError", "gen.FunctionCallError", "CallFailure",
		"gen.FunctionScheduleSessionID", "ScheduleSessionID", "gen.FunctionCallStatus", "CallStatus",
		"gen.FunctionRuntime", "Runtime").Replace(t.String())
	return strings.ReplaceAll(s, "gen.", "")
}
