package coverage

import (
	"maps"
	"slices"

	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Report is the coverage of a description by exchanges.
type Report struct {
	// Operations are the ids of the operations in the order of the description.
	Operations []string
	// Seen has all points of the description, with the provenances of the exchanges that cover them.
	Seen map[Point]map[exchange.Provenance]bool
}

// Measure returns the coverage of a description by the exchanges of cassettes.
func Measure(d *check.Description, cassettes []*exchange.Cassette) *Report {
	r := &Report{Seen: map[Point]map[exchange.Provenance]bool{}}
	for _, op := range d.Strict.Operations {
		r.Operations = append(r.Operations, op.ID)
	}
	for point := range Declared(d.Strict) {
		r.Seen[point] = map[exchange.Provenance]bool{}
	}
	for _, cassette := range cassettes {
		for _, x := range cassette.Exchanges {
			for point := range Covered(d, x) {
				if seen := r.Seen[point]; seen != nil {
					seen[cassette.Provenance] = true
				}
			}
		}
	}
	return r
}

// Points returns all points in order.
func (r *Report) Points() []Point { return slices.SortedFunc(maps.Keys(r.Seen), Compare) }

// Names returns the names of all points in order.
func (r *Report) Names() []string {
	names := make([]string, 0, len(r.Seen))
	for _, point := range r.Points() {
		names = append(names, point.String())
	}
	return names
}

// Missing returns the names of the points that no exchange covers, in order.
func (r *Report) Missing() []string {
	var missing []string
	for _, point := range r.Points() {
		if len(r.Seen[point]) == 0 {
			missing = append(missing, point.String())
		}
	}
	return missing
}

// tally counts points.
type tally struct {
	total, covered int
	by             map[exchange.Provenance]int
}

// count counts the points for which wanted returns true.
func (r *Report) count(wanted func(Point) bool) tally {
	t := tally{by: map[exchange.Provenance]int{}}
	for point, seen := range r.Seen {
		if !wanted(point) {
			continue
		}
		t.total++
		t.covered += min(len(seen), 1)
		for provenance := range seen {
			t.by[provenance]++
		}
	}
	return t
}
