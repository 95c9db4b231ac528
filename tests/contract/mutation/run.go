package mutation

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/coverage"
	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Outcome is the result for one mutant.
type Outcome struct {
	Mutant

	// Detected is the first failure of the check, or the first point that is no longer covered. "" means that the mutant was
	// not detected.
	Detected string
}

// Run checks all exchanges against each mutant of a description. It returns the outcomes in the order of [Mutants].
func Run(description []byte, cassettes []*exchange.Cassette, exceptions coverage.Exceptions) ([]Outcome, error) {
	evidence, err := newEvidence(description, cassettes, exceptions)
	if err != nil {
		return nil, err
	}
	copies := make([]*check.Description, runtime.GOMAXPROCS(0)) // one per worker, because mutants change it
	for i := range copies {
		if copies[i], err = check.Load(description); err != nil {
			return nil, err
		}
	}
	outcomes := make([]Outcome, len(evidence.mutants))
	next := make(chan int)
	var workers sync.WaitGroup
	for _, d := range copies {
		workers.Go(func() {
			for i := range next {
				m := evidence.mutants[i]
				outcomes[i] = Outcome{m, evidence.detect(d, m)}
			}
		})
	}
	for i := range evidence.mutants {
		next <- i
	}
	close(next)
	workers.Wait()
	return outcomes, nil
}

// evidence is the coverage of the unchanged description. It is read-only.
type evidence struct {
	mutants    []Mutant
	exchanges  []*recorded
	exceptions coverage.Exceptions
}

// recorded is an exchange with its operation and the points that it covers.
type recorded struct {
	*exchange.Exchange

	operation string
	points    map[coverage.Point]bool
}

func newEvidence(description []byte, cassettes []*exchange.Cassette, exceptions coverage.Exceptions) (*evidence, error) {
	d, err := check.Load(description)
	if err != nil {
		return nil, err
	}
	e := &evidence{mutants: Mutants(d.Strict), exceptions: exceptions}
	for _, cassette := range cassettes {
		for _, x := range cassette.Exchanges {
			one := &recorded{Exchange: x, points: coverage.Covered(d, x)}
			path, _ := check.PathOf(x.URL)
			if op, _ := d.Strict.Find(x.Method, path); op != nil {
				one.operation = op.ID
			}
			e.exchanges = append(e.exchanges, one)
		}
	}
	// Small exchanges are checked first. They detect most changes.
	slices.SortStableFunc(e.exchanges, func(a, b *recorded) int { return cmp.Compare(a.size(), b.size()) })
	return e, nil
}

func (r *recorded) size() int { return len(r.Request.Bytes) + len(r.Response.Bytes) }

// detect applies a mutant, checks the exchanges of the affected operations and the coverage, and restores the description.
// It returns the reason that detects the mutant, or "".
func (e *evidence) detect(d *check.Description, m Mutant) string {
	defer m.apply(d.Strict)()
	defer m.apply(d.Tolerant)()
	for _, x := range e.exchanges {
		if !slices.Contains(m.Operations, x.operation) {
			continue
		}
		if failures := d.Check(x.Exchange); len(failures) > 0 {
			return failures[0].String()
		}
	}
	covered := map[coverage.Point]bool{}
	for _, x := range e.exchanges {
		points := x.points
		if slices.Contains(m.Operations, x.operation) {
			points = coverage.Covered(d, x.Exchange)
		}
		for point := range points {
			covered[point] = true
		}
	}
	var missing, declared []string
	for point := range coverage.Declared(d.Strict) {
		declared = append(declared, point.String())
		if !covered[point] {
			missing = append(missing, point.String())
		}
	}
	unexcepted, stale := coverage.Apply(missing, declared, e.exceptions.Points)
	switch {
	case len(unexcepted) > 0:
		return "not covered by an exchange: " + unexcepted[0]
	case len(stale) > 0:
		return "stale exception: " + stale[0]
	}
	return ""
}

// Names returns the names of all mutants, in order.
func Names(outcomes []Outcome) []string {
	names := make([]string, len(outcomes))
	for i, o := range outcomes {
		names[i] = o.String()
	}
	return names
}

// Survivors returns the names of the mutants that were not detected, in order.
func Survivors(outcomes []Outcome) []string {
	var names []string
	for _, o := range outcomes {
		if o.Detected == "" {
			names = append(names, o.String())
		}
	}
	return names
}

// Scores counts the outcomes by kind, sorted by name. Mutants that were not detected count as excepted: without an
// exception, the test fails.
func Scores(outcomes []Outcome) []coverage.Score {
	byKind := map[string]*coverage.Score{}
	for _, o := range outcomes {
		s := byKind[o.Kind]
		if s == nil {
			s = &coverage.Score{Kind: o.Kind}
			byKind[o.Kind] = s
		}
		s.Total++
		if o.Detected == "" {
			s.Excepted++
		} else {
			s.Detected++
		}
	}
	scores := make([]coverage.Score, 0, len(byKind))
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		scores = append(scores, *byKind[kind])
	}
	return scores
}
