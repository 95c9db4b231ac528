package coverage

import (
	"maps"
	"slices"

	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Report is which points the exchanges have shown.
type Report struct {
	// Operations are the operations' ids in the order of the description.
	Operations []string
	// Seen holds, for each point of the description, whether it was shown by each provenance.
	Seen map[Point]map[exchange.Provenance]bool
}

// Measure walks through all exchanges.
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

// Missing returns the points that no exchange has shown, in order.
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
	total, shown int
	by           map[exchange.Provenance]int
}

// count counts the points that are wanted.
func (r *Report) count(wanted func(Point) bool) tally {
	t := tally{by: map[exchange.Provenance]int{}}
	for point, seen := range r.Seen {
		if !wanted(point) {
			continue
		}
		t.total++
		t.shown += min(len(seen), 1)
		for provenance := range seen {
			t.by[provenance]++
		}
	}
	return t
}
