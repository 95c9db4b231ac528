package faults_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/cogfn/cogfn/api"
	"github.com/cogfn/cogfn/emulator/internal/faults"
	"github.com/cogfn/cogfn/gen"
)

// valid returns a valid fault of a kind.
func valid(kind faults.Kind) faults.Fault {
	f := faults.Fault{Kind: kind}
	switch kind { //nolint:exhaustive // the other kinds have no required option
	case faults.Status:
		f.Status = 503
	case faults.Delay:
		f.Delay = 1
	case faults.SlowBody:
		f.Duration = 1
	}
	return f
}

// The description of the control API has the same kinds.
func TestKindsAreDescribed(t *testing.T) {
	t.Parallel()
	var description struct {
		Components struct {
			Schemas struct {
				Fault struct {
					Properties struct{ Kind struct{ Enum []faults.Kind } }
				} `yaml:"Fault"`
			}
		}
	}
	if err := yaml.Unmarshal(api.Emulator, &description); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(faults.Kinds(), description.Components.Schemas.Fault.Properties.Kind.Enum); diff != "" {
		t.Errorf("kinds in api/emulator.yaml (-faults +description):\n%s", diff)
	}
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	operations := []string{"", faults.TokenOperation, faults.UploadOperation, faults.DownloadOperation}
	for _, operation := range gen.Operations() {
		operations = append(operations, operation.ID)
	}
	limited := []faults.Kind{faults.StaleRead, faults.ExpiredNonce, faults.ExpiredToken}
	for _, kind := range faults.Kinds() {
		for _, operation := range operations {
			f := valid(kind)
			f.Operation = operation
			if err := f.Check(); err != nil && !slices.Contains(limited, kind) {
				t.Errorf("%s of %q: %v", kind, operation, err)
			}
		}
	}
	headers := valid(faults.NullBody)
	headers.Headers = map[string]string{"X-A_b": "c\td é", "Cdf-Is-Auto-Retryable": "true"}
	if err := headers.Check(); err != nil {
		t.Error(err)
	}
	for operation, kind := range map[string]faults.Kind{
		"listFunctions": faults.StaleRead, "getFunctionCall": faults.StaleRead, "byIdsFunctions": faults.StaleRead,
		"downloadLinks": faults.StaleRead, faults.DownloadOperation: faults.StaleRead, "createSessions": faults.ExpiredToken,
		"postFunctionsCall": faults.ExpiredNonce, "postFunctionSchedules": faults.ExpiredNonce,
	} {
		f := valid(kind)
		f.Operation = operation
		if err := f.Check(); err != nil {
			t.Errorf("%s of %s: %v", kind, operation, err)
		}
	}
}

// Each error names the option that is wrong.
func TestCheckRejects(t *testing.T) {
	t.Parallel()
	with := func(kind faults.Kind, change func(*faults.Fault)) faults.Fault {
		f := valid(kind)
		change(&f)
		return f
	}
	for want, f := range map[string]faults.Fault{
		"kind":                  {},
		"operation":             with(faults.Reset, func(f *faults.Fault) { f.Operation = "PostFunctionsCall" }),
		"skip":                  with(faults.Reset, func(f *faults.Fault) { f.Skip = -1 }),
		"times":                 with(faults.Reset, func(f *faults.Fault) { f.Times = -1 }),
		"between 0 and 1":       with(faults.Reset, func(f *faults.Fault) { f.Probability = math.NaN() }),
		"probability":           with(faults.Reset, func(f *faults.Fault) { f.Probability = 1.1 }),
		"delay":                 with(faults.Reset, func(f *faults.Fault) { f.Delay = -1 }),
		"needs a delay":         {Kind: faults.Delay},
		"needs a duration":      {Kind: faults.SlowBody},
		"either":                with(faults.Status, func(f *faults.Fault) { f.RetryAfter, f.RetryAfterDate = "1", new(time.Second) }),
		"has no retryAfter":     with(faults.Reset, func(f *faults.Fault) { f.RetryAfter = "1" }),
		"has no afterWork":      with(faults.NullBody, func(f *faults.Fault) { f.AfterWork = true }),
		"has no status":         with(faults.Gzip, func(f *faults.Fault) { f.Status = 500 }),
		"has no message":        with(faults.NullBody, func(f *faults.Fault) { f.Message = "m" }),
		"has no duration":       with(faults.Delay, func(f *faults.Fault) { f.Duration = 1 }),
		"has no field":          with(faults.NullBody, func(f *faults.Fault) { f.Field = "id" }),
		"has no headers":        with(faults.Reset, func(f *faults.Fault) { f.Headers = map[string]string{"A": "b"} }),
		`header "a b"`:          with(faults.NullBody, func(f *faults.Fault) { f.Headers = map[string]string{"a b": "c"} }),
		`header ""`:             with(faults.NullBody, func(f *faults.Fault) { f.Headers = map[string]string{"": "c"} }),
		`header "A"`:            with(faults.NullBody, func(f *faults.Fault) { f.Headers = map[string]string{"A": "b\r\nC: d"} }),
		"needs no token":        with(faults.ExpiredToken, func(f *faults.Fault) { f.Operation = faults.TokenOperation }),
		"has no location":       with(faults.Status, func(f *faults.Fault) { f.Location = "http://x" }),
		"status 0":              {Kind: faults.Status},
		"status 600":            with(faults.Status, func(f *faults.Fault) { f.Status = 600 }),
		"redirect is not valid": with(faults.Redirect, func(f *faults.Fault) { f.Status = 200 }),
		"has no nonce":          with(faults.ExpiredNonce, func(f *faults.Fault) { f.Operation = "createSessions" }),
		"does not read":         with(faults.StaleRead, func(f *faults.Fault) { f.Operation = "postFunctions" }),
		"read the state":        with(faults.StaleRead, func(f *faults.Fault) { f.Operation = faults.TokenOperation }),
	} {
		if err := f.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", f, err, want)
		}
	}
}
