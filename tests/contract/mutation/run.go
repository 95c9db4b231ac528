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

// Outcome is what became of a mutant.
type Outcome struct {
	Mutant

	// Noticed says what noticed the change first: a failure of the check, or a point without coverage. "" means nothing did.
	Noticed string
}

// Run tries every mutant of a description on all exchanges, and returns the outcomes in the order of [Mutants].
func Run(description []byte, cassettes []*exchange.Cassette, exceptions coverage.Exceptions) ([]Outcome, error) {
	evidence, err := newEvidence(description, cassettes, exceptions)
	if err != nil {
		return nil, err
	}
	own := make([]*check.Description, runtime.GOMAXPROCS(0)) // one for each worker, since mutants change it
	for i := range own {
		if own[i], err = check.Load(description); err != nil {
			return nil, err
		}
	}
	outcomes := make([]Outcome, len(evidence.mutants))
	next := make(chan int)
	var workers sync.WaitGroup
	for _, d := range own {
		workers.Go(func() {
			for i := range next {
				m := evidence.mutants[i]
				outcomes[i] = Outcome{m, evidence.notice(d, m)}
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

// evidence is what is known of the exchanges before any change; it is only read.
type evidence struct {
	mutants    []Mutant
	exchanges  []*seen
	exceptions coverage.Exceptions
}

// seen is an exchange, the operation it is of, and the points that it covers.
type seen struct {
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
			one := &seen{Exchange: x, points: coverage.Covered(d, x)}
			path, _ := check.PathOf(x.URL)
			if op, _ := d.Strict.Find(x.Method, path); op != nil {
				one.operation = op.ID
			}
			e.exchanges = append(e.exchanges, one)
		}
	}
	// Short ones first: most changes are noticed soon.
	slices.SortStableFunc(e.exchanges, func(a, b *seen) int { return cmp.Compare(a.size(), b.size()) })
	return e, nil
}

func (s *seen) size() int { return len(s.Request.Bytes) + len(s.Response.Bytes) }

// notice carries a change out, asks the exchanges of the operations concerned, then the coverage, and takes it back.
func (e *evidence) notice(d *check.Description, m Mutant) string {
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
	unexcused, stale := coverage.Judge(missing, declared, e.exceptions.Points)
	switch {
	case len(unexcused) > 0:
		return "not shown by any exchange: " + unexcused[0]
	case len(stale) > 0:
		return "an exception without need: " + stale[0]
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

// Survivors returns the names of the mutants that nothing noticed, in order.
func Survivors(outcomes []Outcome) []string {
	var names []string
	for _, o := range outcomes {
		if o.Noticed == "" {
			names = append(names, o.String())
		}
	}
	return names
}

// Scores counts the outcomes by kind, in order of the kinds' names. What nothing noticed counts as excepted: without an
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
		if o.Noticed == "" {
			s.Excepted++
		} else {
			s.Noticed++
		}
	}
	scores := make([]coverage.Score, 0, len(byKind))
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		scores = append(scores, *byKind[kind])
	}
	return scores
}
