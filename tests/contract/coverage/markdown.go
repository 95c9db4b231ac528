package coverage

import (
	"fmt"
	"strings"

	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Score is how many changes of one kind the recordings have noticed.
type Score struct {
	Kind                     string
	Noticed, Excepted, Total int
}

const preface = `# What the recordings show of the description

Made by ` + "`make coverage-docs`" + ` from the recordings in tests/recorded and from api/openapi.yaml; a test fails when it is not up
to date. A point is one thing that the description allows; it counts as shown when an exchange has used it. The columns
say who has shown it: a live project, the published reference, other clients' test suites, or this project's emulator.
What the emulator alone has shown proves that description, emulator and wrapper agree with each other, not that the
service agrees with them.
`

// meaning says what the points of each kind are.
var meaning = map[Kind]string{
	Status: "answers, for each operation", Parameter: "parameters, for each operation",
	Property: "properties in requests and answers, for each operation (those of errors once)",
	Without:  "what is optional, left out", Value: "values of enums", Branch: "branches of oneOf", Null: "null where it is allowed",
}

// Markdown writes the report for people. It depends on nothing but its inputs.
func (r *Report) Markdown(exceptions Exceptions, scores []Score) string {
	var b strings.Builder
	b.WriteString(preface)
	r.writeKinds(&b)
	r.writeOperations(&b)
	r.writeValues(&b)
	writeScores(&b, scores)
	b.WriteString("\n## Exceptions\n\nThey stand in tests/contract/exceptions.yaml.\n")
	for _, exception := range append(exceptions.Points, exceptions.Mutants...) {
		fmt.Fprintf(&b, "\n%s\n\n", exception.Reason)
		for _, one := range exception.These {
			fmt.Fprintf(&b, "- `%s`\n", one)
		}
	}
	return b.String()
}

func (r *Report) writeKinds(b *strings.Builder) {
	b.WriteString("\n## Points\n\n| Kind | What | Points | Shown |")
	for _, provenance := range exchange.Provenances() {
		fmt.Fprintf(b, " %s |", provenance)
	}
	b.WriteString("\n|---|---|--:|--:|" + strings.Repeat("--:|", len(exchange.Provenances())) + "\n")
	for _, kind := range Kinds() {
		t := r.count(func(p Point) bool { return p.Kind == kind })
		fmt.Fprintf(b, "| %s | %s | %d | %d |%s\n", kind, meaning[kind], t.total, t.shown, t.columns())
	}
	all := r.count(func(Point) bool { return true })
	fmt.Fprintf(b, "| all | | %d | %d |%s\n", all.total, all.shown, all.columns())
}

func (t tally) columns() string {
	var b strings.Builder
	for _, provenance := range exchange.Provenances() {
		fmt.Fprintf(&b, " %d |", t.by[provenance])
	}
	return b.String()
}

func (r *Report) writeOperations(b *strings.Builder) {
	b.WriteString("\n## Operations\n\nEach cell says how many points were shown of how many there are.\n\n" +
		"| Operation | Statuses | Parameters | Request | Answer |")
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
			return fmt.Sprintf("%d/%d", t.shown, t.total)
		}
		whole := r.count(func(p Point) bool { return p.Operation == id && p.Kind != Value && p.Kind != Branch && p.Kind != Null })
		name, answer := id, of(Property, "response")
		if id == AnyOperation {
			name, answer = "any, errors and what is optional", of(Property, "error")
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |%s\n", name, of(Status, ""), of(Parameter, ""), of(Property, "request"), answer, whole.columns())
	}
}

func (r *Report) writeValues(b *strings.Builder) {
	b.WriteString("\n## Values, branches and null\n\n| Kind | Where |")
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
	b.WriteString("\n## Changes of the description\n\nA test changes the description in memory, in one place at a time, and sees " +
		"whether the recordings notice: by a failure\nof the check, or by a point that nothing shows any more.\n\n" +
		"| Change | Noticed | Excepted | Of |\n|---|--:|--:|--:|\n")
	sum := Score{Kind: "all"}
	for _, s := range scores {
		fmt.Fprintf(b, "| %s | %d | %d | %d |\n", s.Kind, s.Noticed, s.Excepted, s.Total)
		sum.Noticed, sum.Excepted, sum.Total = sum.Noticed+s.Noticed, sum.Excepted+s.Excepted, sum.Total+s.Total
	}
	fmt.Fprintf(b, "| %s | %d | %d | %d |\n", sum.Kind, sum.Noticed, sum.Excepted, sum.Total)
}
