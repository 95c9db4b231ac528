package service

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// Outcome is a scripted outcome of a call: neither a handler nor uploaded code runs.
type Outcome struct {
	runner.Outcome

	// Log contains the lines of the call's log.
	Log []string
	// ErrorForm is the form of the error; "" means as for all calls.
	ErrorForm ErrorForm
	// Transition is when the call ends; nil means as set for all calls.
	Transition *Transition
}

// Check returns an error if the outcome is not valid.
func (o Outcome) Check() error {
	if o.Status == "Running" {
		return errors.New("an outcome cannot have the status Running; use a transition that never ends")
	}
	if o.Transition != nil {
		return cmp.Or(o.ErrorForm.check(), o.Transition.Check())
	}
	return o.ErrorForm.check()
}

// Call returns the outcome. It implements [runner.Function].
func (o Outcome) Call(_ context.Context, _ runner.Call, log func(string)) runner.Outcome {
	for _, line := range o.Log {
		log(line)
	}
	return o.Outcome
}

// Close does nothing. It implements [runner.Function].
func (Outcome) Close() {}

// SetOutcomes sets the outcomes of the next calls of the function with an external id, or else a name. The last outcome
// repeats. Without outcomes, the function runs its handler or its code again.
func (s *Service) SetOutcomes(function string, outcomes []Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(outcomes) == 0 {
		delete(s.outcomes, function)
		return
	}
	s.outcomes[function] = outcomes
}

// Outcomes returns the outcomes that are set for an external id or a name.
func (s *Service) Outcomes(function string) []Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.outcomes[function])
}

// outcomesOf returns the name under which the outcomes of a function are set, and the outcomes. The caller holds s.mu.
func (s *Service) outcomesOf(f *store.Function) (string, []Outcome) {
	for _, name := range []string{valueOrZero(f.Write.ExternalID), f.Write.Name} {
		if outcomes := s.outcomes[name]; name != "" && len(outcomes) > 0 {
			return name, outcomes
		}
	}
	return "", nil
}

// takeOutcome returns the outcome of a new call of a function, or nil if it has none.
func (s *Service) takeOutcome(f *store.Function) *Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, outcomes := s.outcomesOf(f)
	if outcomes == nil {
		return nil
	}
	if len(outcomes) > 1 {
		s.outcomes[name] = outcomes[1:]
	}
	return &outcomes[0]
}

// hasOutcomes reports whether the outcomes of a function's calls are scripted.
func (s *Service) hasOutcomes(f *store.Function) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, outcomes := s.outcomesOf(f)
	return outcomes != nil
}
