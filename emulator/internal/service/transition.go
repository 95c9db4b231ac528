package service

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// Transition has the fields of emulator.Transition, which documents them.
type Transition struct {
	After time.Duration
	Polls int
	Never bool
}

// Check returns an error if the transition is not valid.
func (t Transition) Check() error {
	if t.After < 0 || t.Polls < 0 {
		return errors.New("a transition cannot end after a negative duration or number of polls; use 0 or more")
	}
	if t.After > 0 && (t.Polls > 0 || t.Never) || t.Polls > 0 && t.Never {
		return errors.New("a transition ends after a duration or after polls or never; use one of them")
	}
	return nil
}

// gate holds back the steps of a deployment or call, as its transition says. The first poll after which a step is due opens
// the step, and waits until its work is stored.
type gate struct {
	Transition

	begin time.Time
	steps []*step

	mu    sync.Mutex
	polls int
}

// step is one step of a gate. The steps of a gate have equal shares of its duration and polls.
type step struct{ opened, stored chan struct{} }

func newGate(transition Transition, steps int, begin time.Time) *gate {
	g := &gate{Transition: transition, begin: begin}
	for range steps {
		g.steps = append(g.steps, &step{make(chan struct{}), make(chan struct{})})
	}
	return g
}

// wait waits until a step is due. It returns the error of ctx if that ends first.
func (g *gate) wait(ctx context.Context, c *clock.Clock, number int) error {
	if g.Never && number == len(g.steps)-1 {
		return clock.Wait(ctx, nil) // until ctx ends
	}
	share := g.After
	if number < len(g.steps)-1 {
		share = g.After / time.Duration(len(g.steps)) * time.Duration(number+1)
	}
	if err := c.Sleep(ctx, share-c.Now().Sub(g.begin)); err != nil {
		return err
	}
	if g.Polls > 0 {
		return clock.Wait(ctx, g.steps[number].opened)
	}
	return nil
}

// poll counts a poll. If a step is due, poll opens it, waits until it is stored or ctx ends, and returns true.
func (g *gate) poll(ctx context.Context) bool {
	if g.Polls == 0 {
		return false
	}
	g.mu.Lock()
	g.polls++
	var due *step
	for number, step := range g.steps {
		if g.polls > g.pollsBefore(number) {
			due = step
			closeOnce(step.opened)
		}
	}
	g.mu.Unlock()
	if due == nil {
		return false
	}
	patience := time.NewTimer(goPatience) // the work may take long, and the request must not
	defer patience.Stop()
	select {
	case <-due.stored:
	case <-patience.C:
	case <-ctx.Done():
	}
	return true
}

// pollsBefore returns the number of polls before a step is due.
func (g *gate) pollsBefore(number int) int {
	if number == len(g.steps)-1 {
		return g.Polls
	}
	return g.Polls / len(g.steps) * (number + 1)
}

// store marks a step as stored.
func (g *gate) store(number int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	closeOnce(g.steps[number].stored)
}

// end opens and marks all steps, so that no poll waits.
func (g *gate) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, step := range g.steps {
		closeOnce(step.opened)
		closeOnce(step.stored)
	}
}

// closeOnce closes a channel that may be closed already. The caller holds the lock of the channel's gate.
func closeOnce(channel chan struct{}) {
	select {
	case <-channel:
	default:
		close(channel)
	}
}

// SetDeployments sets the transition of the deployments that start from now on.
func (s *Service) SetDeployments(transition Transition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Deployments = transition
}

// SetCalls sets the transition of the calls that start from now on.
func (s *Service) SetCalls(transition Transition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls = transition
}

// Transitions returns the current transitions of deployments and calls.
func (s *Service) Transitions() (deployments, calls Transition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Deployments, s.Calls
}

// addGate adds the gate of a deployment, whose key has no call id, or of a call.
func (s *Service) addGate(key callKey, transition Transition, steps int) *gate {
	g := newGate(transition, steps, s.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gates[key] = g
	return g
}

// removeGate removes a gate whose steps have all been stored, or that no longer matters.
func (s *Service) removeGate(key callKey) {
	s.mu.Lock()
	g := s.gates[key]
	delete(s.gates, key)
	s.mu.Unlock()
	if g != nil {
		g.end()
	}
}

// viewPolled runs a read that returns the deployments and calls in its response. Each counts as polled. If one of them
// ends by that, the read runs again.
func (s *Service) viewPolled(ctx context.Context, read func(*store.Tx) ([]callKey, error)) error {
	var polled []callKey
	view := func(tx *store.Tx) (err error) {
		polled, err = read(tx)
		return err
	}
	if err := s.Store.View(ctx, view); err != nil {
		return err
	}
	changed := false
	for _, g := range s.gatesOf(polled) {
		changed = g.poll(ctx) || changed
	}
	if !changed {
		return nil
	}
	return s.Store.View(ctx, view)
}

// deploymentsOf returns the keys of the deployments of functions.
func deploymentsOf(functions ...gen.Function) []callKey {
	keys := make([]callKey, len(functions))
	for i, f := range functions {
		keys[i].functionID = f.ID
	}
	return keys
}

// keysOf returns the keys of calls.
func keysOf(calls ...gen.FunctionCall) []callKey {
	keys := make([]callKey, len(calls))
	for i, call := range calls {
		keys[i] = callKey{call.FunctionID, call.ID}
	}
	return keys
}

// gatesOf returns the gates of the deployments and calls that have not ended.
func (s *Service) gatesOf(keys []callKey) []*gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*gate
	for _, key := range keys {
		if g := s.gates[key]; g != nil {
			found = append(found, g)
		}
	}
	return found
}
