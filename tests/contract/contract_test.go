// Package contract checks the recorded exchanges and the description of the API against each other. Each exchange must
// follow the description, the exchanges must cover the description, and they must detect each change of the description.
package contract

import (
	"flag"
	"fmt"
	"os"
	"slices"
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

var update = flag.Bool("update", false, "write docs/coverage.md")

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

// TestRecordings checks each recorded exchange against the description.
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

// TestCoverage checks that the exchanges cover all points of the description that have no exception.
func TestCoverage(t *testing.T) {
	t.Parallel()
	report := coverage.Measure(describe(t), recordings(t))
	for _, problem := range coverageProblems(report, exceptions(t)) {
		t.Error(problem)
	}
}

// coverageProblems returns a line for each point that needs a recording and each exception that is stale. If points are
// missing, the last line says what to do.
func coverageProblems(report *coverage.Report, exceptions coverage.Exceptions) []string {
	missing, stale := coverage.Apply(report.Missing(), report.Names(), exceptions.Points)
	var problems []string
	for _, point := range stale {
		problems = append(problems, fmt.Sprintf("%s has an exception that is not needed: %s; remove it", exceptionsFile, point))
	}
	for _, point := range missing {
		problems = append(problems, "no exchange covers: "+point)
	}
	if len(missing) > 0 {
		problems = append(problems, fmt.Sprintf("extend tests/contract/scenario and run make record, add a recording, or give a reason in %s; "+
			"docs/coverage.md shows the coverage of each operation", exceptionsFile))
	}
	return problems
}

// TestCoverageProblems checks that the report about one missing point is short.
func TestCoverageProblems(t *testing.T) {
	t.Parallel()
	report := coverage.Measure(describe(t), recordings(t))
	want := max(len(coverageProblems(report, exceptions(t))), 1) + 1 // TestCoverage reports the other problems
	for point := range report.Seen {
		if point.String() == "getFunction status 200" {
			clear(report.Seen[point])
		}
	}
	problems := coverageProblems(report, exceptions(t))
	if len(problems) != want {
		t.Fatalf("%d lines instead of %d", len(problems), want)
	}
	if !slices.Contains(problems, "no exchange covers: getFunction status 200") {
		t.Error("no line names the point")
	}
	if last := problems[len(problems)-1]; !strings.Contains(last, "docs/coverage.md") {
		t.Errorf("the last line does not name docs/coverage.md: %s", last)
	}
}

// TestMutants checks that the recordings detect each change of the description. It also checks that docs/coverage.md, which
// has the numbers, is up to date.
func TestMutants(t *testing.T) {
	t.Parallel()
	cassettes, excepted := recordings(t), exceptions(t)
	report := coverage.Measure(describe(t), cassettes)
	if len(coverageProblems(report, excepted)) > 0 || !follow(t, cassettes) {
		t.Fatal("the recordings do not match the description; correct the failures of TestRecordings and TestCoverage first")
	}
	outcomes, err := mutation.Run(api.OpenAPI, cassettes, excepted)
	if err != nil {
		t.Fatal(err)
	}
	survivors := mutation.Survivors(outcomes)
	unexcepted, stale := coverage.Apply(survivors, mutation.Names(outcomes), excepted.Mutants)
	for _, mutant := range unexcepted {
		t.Errorf("no recording detects the change: %s; extend the scenario, or give a reason in %s", mutant, exceptionsFile)
	}
	for _, mutant := range stale {
		t.Errorf("%s has an exception for a change that is detected or does not exist: %s; remove it", exceptionsFile, mutant)
	}
	t.Logf("%d of %d changes of the description are detected; %d are excepted",
		len(outcomes)-len(survivors), len(outcomes), len(survivors)-len(unexcepted))
	checkDocument(t, report.Markdown(excepted, mutation.Scores(outcomes)))
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

// checkDocument compares docs/coverage.md with its new content. With -update, it writes the file.
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
