// Package contract holds the recorded exchanges and the description of the API against each other: every exchange must
// follow the description, everything that the description allows must be shown by an exchange, and every change of the
// description must be noticed.
package contract

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/api"
	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/coverage"
	"github.com/cogfn/cogfn/tests/contract/exchange"
	"github.com/cogfn/cogfn/tests/contract/mutation"
)

const (
	recordedDir    = "../recorded"
	exceptionsFile = "exceptions.yaml"
	documentFile   = "../../docs/coverage.md"
)

var update = flag.Bool("update", false, "write docs/coverage.md anew")

func describe(t *testing.T) *check.Description {
	t.Helper()
	description, err := check.Load(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return description
}

func recordings(t *testing.T) []*exchange.Cassette {
	t.Helper()
	cassettes, err := exchange.Load(recordedDir)
	if err != nil {
		t.Fatal(err)
	}
	return cassettes
}

func exceptions(t *testing.T) coverage.Exceptions {
	t.Helper()
	read, err := coverage.ReadExceptions(exceptionsFile)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// TestRecordings holds every recorded exchange against the description.
func TestRecordings(t *testing.T) {
	t.Parallel()
	description := describe(t)
	for _, cassette := range recordings(t) {
		t.Run(cassette.Name, func(t *testing.T) {
			t.Parallel()
			for _, x := range cassette.Exchanges {
				t.Run(strconv.Itoa(x.Number), func(t *testing.T) {
					t.Parallel()
					for _, failure := range description.Check(x) {
						t.Error(failure)
					}
				})
			}
		})
	}
}

// TestCoverage is the gate: everything that the description allows was shown at least once, or is excepted.
func TestCoverage(t *testing.T) {
	t.Parallel()
	report := coverage.Measure(describe(t), recordings(t))
	excepted := exceptions(t)
	unexcused, stale := coverage.Judge(report.Missing(), excepted.Points)
	for _, point := range unexcused {
		t.Errorf("no exchange shows: %s; extend the scenario, add a recording, or give a reason in %s", point, exceptionsFile)
	}
	for _, point := range stale {
		t.Errorf("%s excepts what is shown, or does not exist: %s; remove it", exceptionsFile, point)
	}
	if t.Failed() {
		t.Log("\n" + report.Markdown(excepted, nil))
	}
}

// TestMutants is the negative proof: whatever is changed in the description, the recordings notice. It also keeps
// docs/coverage.md up to date, which tells how it went.
func TestMutants(t *testing.T) {
	t.Parallel()
	cassettes, excepted := recordings(t), exceptions(t)
	outcomes, err := mutation.Run(api.OpenAPI, cassettes, excepted)
	if err != nil {
		t.Fatal(err)
	}
	survivors := mutation.Survivors(outcomes)
	unexcused, stale := coverage.Judge(survivors, excepted.Mutants)
	for _, mutant := range unexcused {
		t.Errorf("no recording notices the change: %s; extend the scenario, or give a reason in %s", mutant, exceptionsFile)
	}
	for _, mutant := range stale {
		t.Errorf("%s excepts a change that is noticed, or does not exist: %s; remove it", exceptionsFile, mutant)
	}
	t.Logf("noticed %d of %d changes of the description, %d of the others are excepted",
		len(outcomes)-len(survivors), len(outcomes), len(survivors)-len(unexcused))
	document := coverage.Measure(describe(t), cassettes).Markdown(excepted, mutation.Scores(outcomes))
	if *update {
		if err := os.WriteFile(documentFile, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(written), "\n"), strings.Split(document, "\n")); diff != "" {
		t.Errorf("docs/coverage.md is not up to date; run make coverage-docs (-written +now):\n%s", diff)
	}
}
