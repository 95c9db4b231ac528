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

// TestRecordings checks every recorded exchange against the description.
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
						t.Errorf("%v; correct the description, or record again with make record", failure)
					}
				})
			}
		})
	}
}

// TestCoverage checks that an exchange shows everything that the description allows, except for what is excepted.
func TestCoverage(t *testing.T) {
	t.Parallel()
	missing, stale := judgeCoverage(t)
	for _, point := range missing {
		t.Errorf("no exchange shows: %s", point)
	}
	for _, point := range stale {
		t.Errorf("%s excepts a point that an exchange shows or that does not exist: %s; remove it", exceptionsFile, point)
	}
	if len(missing) > 0 {
		t.Errorf("extend tests/contract/scenario and run make record, add a recording, or give a reason in %s; "+
			"docs/coverage.md lists the points that were shown before", exceptionsFile)
	}
}

func judgeCoverage(t *testing.T) (missing, stale []string) {
	t.Helper()
	report := coverage.Measure(describe(t), recordings(t))
	return coverage.Judge(report.Missing(), report.Names(), exceptions(t).Points)
}

// TestMutants checks that the recordings notice every change of the description. It also keeps docs/coverage.md up to
// date, which has the numbers.
func TestMutants(t *testing.T) {
	t.Parallel()
	cassettes, excepted := recordings(t), exceptions(t)
	if missing, stale := judgeCoverage(t); len(missing)+len(stale) > 0 || !follow(t, cassettes) {
		t.Fatal("the recordings do not match the description, so they cannot show its changes; see TestRecordings and TestCoverage")
	}
	outcomes, err := mutation.Run(api.OpenAPI, cassettes, excepted)
	if err != nil {
		t.Fatal(err)
	}
	survivors := mutation.Survivors(outcomes)
	unexcused, stale := coverage.Judge(survivors, mutation.Names(outcomes), excepted.Mutants)
	for _, mutant := range unexcused {
		t.Errorf("no recording notices the change: %s; extend the scenario, or give a reason in %s", mutant, exceptionsFile)
	}
	for _, mutant := range stale {
		t.Errorf("%s excepts a change that is noticed or that does not exist: %s; remove it", exceptionsFile, mutant)
	}
	t.Logf("noticed %d of %d changes of the description; %d of the others are excepted",
		len(outcomes)-len(survivors), len(outcomes), len(survivors)-len(unexcused))
	checkDocument(t, coverage.Measure(describe(t), cassettes).Markdown(excepted, mutation.Scores(outcomes)))
}

// follow reports whether all exchanges follow the description.
func follow(t *testing.T, cassettes []*exchange.Cassette) bool {
	t.Helper()
	description := describe(t)
	for _, cassette := range cassettes {
		for _, x := range cassette.Exchanges {
			if len(description.Check(x)) > 0 {
				return false
			}
		}
	}
	return true
}

// checkDocument compares docs/coverage.md with its new text, or writes it.
func checkDocument(t *testing.T, document string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(documentFile, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	written, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	old, now := strings.Split(string(written), "\n"), strings.Split(document, "\n")
	for i := range max(len(old), len(now)) {
		if i >= len(old) || i >= len(now) || old[i] != now[i] {
			t.Errorf("docs/coverage.md is out of date from line %d on; run make coverage-docs", i+1)
			return
		}
	}
}
