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
	// apiReference is the published API reference. limitsTable is the table of limits for each cloud; the emulator has those
	// of Google.
	apiReference = "API reference"
	limitsTable  = "page of technical limits, Google"
)

// publishedLimits are the limits of a project by default, by the fields of Limits.
var publishedLimits = map[string]struct {
	value  any
	source string
}{
	"TimeoutMinutes":          {9, limitsTable},
	"CallTimeout":             {9 * time.Minute, limitsTable},
	"DeployTimeout":           {10 * time.Minute, "a guess: deployments are said to take 3 to 10 minutes"},
	"CPU":                     {gen.CPURange{Min: 1, Max: 3, Default: 1}, limitsTable},
	"Memory":                  {gen.MemoryRange{Min: 1.5, Max: 5, Default: 1.5}, limitsTable},
	"DataBytes":               {9_000_000, limitsTable},
	"ResponseBytes":           {1 << 20, limitsTable + ", and responseSizeMb of " + apiReference},
	"FileBytes":               {int64(512 << 20), "a guess: the greatest size of a code file is not published"},
	"Functions":               {100, limitsTable},
	"Schedules":               {1000, limitsTable},
	"SchedulesPerFunction":    {100, limitsTable},
	"RunningCalls":            {250, limitsTable},
	"RunningCallsPerFunction": {100, limitsTable},
}

func TestDefaultLimitsArePublished(t *testing.T) {
	t.Parallel()
	limits := reflect.ValueOf(Limits{}.WithDefaults())
	if len(publishedLimits)+1 != limits.NumField() { // Runtimes come from the description
		t.Errorf("%d limits, %d published", limits.NumField(), len(publishedLimits))
	}
	for i := range limits.NumField() {
		name := limits.Type().Field(i).Name
		if name == "Runtimes" {
			continue
		}
		want := publishedLimits[name]
		if diff := cmp.Diff(want.value, limits.Field(i).Interface()); diff != "" {
			t.Errorf("%s differs from what is published (%s); edit publishedLimits in emulator/internal/service/limits_test.go if that has changed (-published +default):\n%s",
				name, want.source, diff)
		}
	}
	for _, runtime := range []string{"py310", "py311", "py312", "py313"} { // API reference, Function.runtime
		if !slices.Contains(Limits{}.WithDefaults().Runtimes, runtime) {
			t.Errorf("the runtime %s is not offered; edit TestDefaultLimitsArePublished in emulator/internal/service/limits_test.go if it was withdrawn", runtime)
		}
	}
	if got := (Limits{}).WithDefaults().defaultRuntime(); got != "py313" { // API reference, Function.runtime
		t.Errorf("the default runtime is %s", got)
	}
}

func TestPublishedTimesAndSizes(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		got, want any
		source    string
	}{
		"life of an upload URL":              {uploadLifetime, 7 * 24 * time.Hour, apiReference + ", initFileUpload: one week"},
		"life of a download URL":             {downloadLifetime, 30 * time.Second, apiReference + ", downloadLinks"},
		"life of an extended download URL":   {extendedLifetime, time.Hour, apiReference + ", downloadLinks"},
		"how long calls are kept":            {retention, 90 * 24 * time.Hour, limitsTable + ": 90 days"},
		"characters of a build's trace":      {maxTrace, 2000, apiReference + ", FunctionBuildError"},
		"path of the handler":                {defaultFunctionPath, "handler.py", apiReference + ", Function.functionPath"},
		"greatest id":                        {maxID, int64(9_007_199_254_740_991), apiReference + ", CogniteInternalId"},
		"what is shown instead of a secret":  {masked, "***", apiReference + ", Function.secrets"},
		"life of a session without renewals": {sessionLifetime, time.Hour, "a guess"},
	} {
		if test.got != test.want {
			t.Errorf("%s is %v, published is %v (%s); edit the table of TestPublishedTimesAndSizes in emulator/internal/service/limits_test.go if that has changed",
				what, test.got, test.want, test.source)
		}
	}
}
