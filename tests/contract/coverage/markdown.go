package coverage

import (
	"fmt"
	"strings"

	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Score is the number of mutants of one kind that the recordings detect.
type Score struct {
	Kind                      string
	Detected, Excepted, Total int
}

const preface = `# Coverage of the description by recordings

` + "`make coverage-docs`" + ` generates this page from the recordings in tests/recorded and from api/openapi.yaml. A test fails if the
page is out of date.

A point is a status, parameter, property, enum value or alternative in the description. An exchange covers a point by using
it. The columns show the source of the exchanges: a live project, the published reference, the test suites of other clients,
or the emulator of this project. A point that only the emulator covers shows that description, emulator and wrapper agree.
It does not show that the service agrees.
`

// meaning explains the kinds of points.
var meaning = map[Kind]string{
	Status: "statuses of responses, per operation", Parameter: "parameters, per operation",
	Property: "properties in requests and responses, per operation (those of errors once)",
	Without:  "optional parameters, bodies and properties, absent", Value: "values of enums", Branch: "branches of oneOf", Null: "null where it is allowed",
}

// Markdown returns docs/coverage.md. The result depends only on the arguments.
func (r *Report) Markdown(exceptions Exceptions, scores []Score) string {
	var b strings.Builder
	b.WriteString(preface)
	r.writeKinds(&b)
	r.writeOperations(&b)
	r.writeValues(&b)
	writeScores(&b, scores)
	b.WriteString("\n## Exceptions\n\nFrom tests/contract/exceptions.yaml.\n")
	for _, exception := range append(exceptions.Points, exceptions.Mutants...) {
		fmt.Fprintf(&b, "\n%s\n\n", exception.Reason)
		for _, one := range exception.Names {
			fmt.Fprintf(&b, "- `%s`\n", one)
		}
	}
	return b.String()
}

func (r *Report) writeKinds(b *strings.Builder) {
	b.WriteString("\n## Points\n\n| Kind | Meaning | Points | Covered |")
	for _, provenance := range exchange.Provenances() {
		fmt.Fprintf(b, " %s |", provenance)
	}
	b.WriteString("\n|---|---|--:|--:|" + strings.Repeat("--:|", len(exchange.Provenances())) + "\n")
	for _, kind := range Kinds() {
		t := r.count(func(p Point) bool { return p.Kind == kind })
		fmt.Fprintf(b, "| %s | %s | %d | %d |%s\n", kind, meaning[kind], t.total, t.covered, t.columns())
	}
	all := r.count(func(Point) bool { return true })
	fmt.Fprintf(b, "| all | | %d | %d |%s\n", all.total, all.covered, all.columns())
}

func (t tally) columns() string {
	var b strings.Builder
	for _, provenance := range exchange.Provenances() {
		fmt.Fprintf(&b, " %d |", t.by[provenance])
	}
	return b.String()
}

func (r *Report) writeOperations(b *strings.Builder) {
	b.WriteString("\n## Operations\n\nEach cell has the number of covered points and of all points.\n\n" +
		"| Operation | Statuses | Parameters | Request | Response |")
	for _, provenance := range exchange.Provenances() {
		fmt.Fprintf(b, " %s |", provenance)
	}
	b.WriteString("\n|---|---|---|---|---|" + strings.Repeat("--:|", len(exchange.Provenances())) + "\n")
	for _, id := range append(r.Operations, AnyOperation) {
		of := func(kind Kind, side string) string {
			t := r.count(func(p Point) bool { return p.Operation == id && p.Kind == kind && strings.HasPrefix(p.Place, side) })
			if t.total == 0 {
				return "–"
			}
			return fmt.Sprintf("%d/%d", t.covered, t.total)
		}
		perOperation := r.count(func(p Point) bool { return p.Operation == id && p.Kind != Value && p.Kind != Branch && p.Kind != Null })
		name, response := id, of(Property, "response")
		if id == AnyOperation {
			name, response = "any (errors, optional properties)", of(Property, "error")
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |%s\n", name, of(Status, ""), of(Parameter, ""), of(Property, "request"), response, perOperation.columns())
	}
}

func (r *Report) writeValues(b *strings.Builder) {
	b.WriteString("\n## Values, branches and null\n\n| Kind | Place |")
	for _, provenance := range exchange.Provenances() {
		fmt.Fprintf(b, " %s |", provenance)
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(exchange.Provenances())) + "\n")
	for _, point := range r.Points() {
		if point.Kind != Value && point.Kind != Branch && point.Kind != Null {
			continue
		}
		fmt.Fprintf(b, "| %s | %s |", point.Kind, point.Place)
		for _, provenance := range exchange.Provenances() {
			mark := ""
			if r.Seen[point][provenance] {
				mark = "yes"
			}
			fmt.Fprintf(b, " %s |", mark)
		}
		b.WriteString("\n")
	}
}

func writeScores(b *strings.Builder, scores []Score) {
	b.WriteString("\n## Changes of the description\n\nA test changes the description in memory, one place at a time. The " +
		"recordings detect a change if an exchange violates the\nchanged description, or if a point is no longer covered.\n\n" +
		"| Change | Detected | Excepted | All |\n|---|--:|--:|--:|\n")
	sum := Score{Kind: "all"}
	for _, s := range scores {
		fmt.Fprintf(b, "| %s | %d | %d | %d |\n", s.Kind, s.Detected, s.Excepted, s.Total)
		sum.Detected, sum.Excepted, sum.Total = sum.Detected+s.Detected, sum.Excepted+s.Excepted, sum.Total+s.Total
	}
	fmt.Fprintf(b, "| %s | %d | %d | %d |\n", sum.Kind, sum.Detected, sum.Excepted, sum.Total)
}
