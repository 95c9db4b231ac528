package service

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

const (
	// apiReference is the published API reference. limitsTable is the table of limits for each cloud; the emulator has
	// those of Google.
	apiReference = "API reference"
	limitsTable  = "page of technical limits, Google"
)

// publishedLimits are the published default limits of a project, by field of Limits.
var publishedLimits = map[string]struct {
	value  any
	source string
}{
	"TimeoutMinutes":          {9, limitsTable},
	"CallTimeout":             {9 * time.Minute, limitsTable},
	"DeployTimeout":           {10 * time.Minute, "a guess: deployments take 3 to 10 minutes"},
	"CPU":                     {gen.CPURange{Min: 1, Max: 3, Default: 1}, limitsTable},
	"Memory":                  {gen.MemoryRange{Min: 1.5, Max: 5, Default: 1.5}, limitsTable},
	"DataBytes":               {9_000_000, limitsTable},
	"ResponseBytes":           {1 << 20, limitsTable + ", and responseSizeMb of " + apiReference},
	"FileBytes":               {int64(512 << 20), "a guess: the maximum size of a code file is not published"},
	"Functions":               {100, limitsTable},
	"Schedules":               {1000, limitsTable},
	"SchedulesPerFunction":    {100, limitsTable},
	"RunningCalls":            {250, limitsTable},
	"RunningCallsPerFunction": {100, limitsTable},
}

// publishedDifferences are the limits of other clouds that differ from those of Google Cloud (see limitsTable).
var publishedDifferences = map[Cloud]map[string]any{
	Azure: {
		"TimeoutMinutes": 10, "CallTimeout": 10 * time.Minute, "CPU": gen.CPURange{Min: 1, Max: 1, Default: 1},
		"Memory": gen.MemoryRange{Min: 2, Max: 2, Default: 2}, "DataBytes": 36_000,
	},
	AWS: {
		"TimeoutMinutes": 10, "CallTimeout": 10 * time.Minute, "CPU": gen.CPURange{Min: 1, Max: 1, Default: 1},
		"Memory": gen.MemoryRange{Min: 1.5, Max: 1.5, Default: 1.5}, "DataBytes": 240_000,
	},
}

func TestDefaultLimitsArePublished(t *testing.T) {
	t.Parallel()
	for cloud := range clouds {
		limits := reflect.ValueOf(Limits{}.WithDefaults(cloud))
		for name, want := range publishedLimits {
			value := want.value
			if other, ok := publishedDifferences[cloud][name]; ok {
				value = other
			}
			if diff := cmp.Diff(value, limits.FieldByName(name).Interface()); diff != "" {
				t.Errorf("%s on %s differs from the published value (%s); edit publishedLimits or publishedDifferences in emulator/internal/service/limits_test.go if that has changed (-published +default):\n%s",
					name, cloud, want.source, diff)
			}
		}
	}
}

func TestAllLimitsArePublished(t *testing.T) {
	t.Parallel()
	limits := reflect.ValueOf(Limits{}.WithDefaults(GCP))
	if len(publishedLimits)+1 != limits.NumField() { // Runtimes come from the description
		t.Errorf("%d limits, %d published", limits.NumField(), len(publishedLimits))
	}
	for _, runtime := range []string{"py310", "py311", "py312", "py313"} { // API reference, Function.runtime
		if !slices.Contains(Limits{}.WithDefaults(GCP).Runtimes, runtime) {
			t.Errorf("the runtime %s is not offered; edit TestAllLimitsArePublished in emulator/internal/service/limits_test.go if it was withdrawn", runtime)
		}
	}
	if got := (Limits{}).WithDefaults(GCP).defaultRuntime(); got != "py313" { // API reference, Function.runtime
		t.Errorf("the default runtime is %s", got)
	}
}

func TestPublishedTimesAndSizes(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		got, want any
		source    string
	}{
		"lifetime of upload URLs":            {uploadLifetime, 7 * 24 * time.Hour, apiReference + ", initFileUpload: one week"},
		"lifetime of download URLs":          {downloadLifetime, 30 * time.Second, apiReference + ", downloadLinks"},
		"lifetime of extended download URLs": {extendedLifetime, time.Hour, apiReference + ", downloadLinks"},
		"retention of calls":                 {retention, 90 * 24 * time.Hour, limitsTable + ": 90 days"},
		"length of build traces":             {maxTrace, 2000, apiReference + ", FunctionBuildError"},
		"default function path":              {defaultFunctionPath, "handler.py", apiReference + ", Function.functionPath"},
		"largest id":                         {maxID, int64(9_007_199_254_740_991), apiReference + ", CogniteInternalId"},
		"masked secrets":                     {masked, "***", apiReference + ", Function.secrets"},
		"lifetime of sessions":               {Assumptions{}.withDefaults().SessionLifetime, time.Hour, "a guess"},
	} {
		if test.got != test.want {
			t.Errorf("%s is %v, published is %v (%s); edit the table of TestPublishedTimesAndSizes in emulator/internal/service/limits_test.go if that has changed",
				what, test.got, test.want, test.source)
		}
	}
}
