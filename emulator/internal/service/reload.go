package service

import (
	"context"
	"errors"
)

// Enter starts an operation. [Service.Reload] waits until the returned function is called. The operation must not wait for a
// client.
func (s *Service) Enter() (leave func()) {
	s.operations.RLock()
	return s.operations.RUnlock
}

// BetweenAdvances calls fn while the clock does not advance.
func (s *Service) BetweenAdvances(fn func() error) error {
	s.advancing.Lock()
	defer s.advancing.Unlock()
	return fn()
}

// Reload stops all work as Close does, replaces the state of the store, and continues as New does. Operations that are in
// progress end first; later ones wait.
func (s *Service) Reload(replace func() error) error {
	s.advancing.Lock()
	defer s.advancing.Unlock()
	s.operations.Lock()
	defer s.operations.Unlock()
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if !s.stop() {
		return errStopped
	}
	for _, d := range s.deployments {
		if d.function != nil {
			d.function.Close()
		}
	}
	err := replace() // with an error, the old state continues
	s.mu.Lock()
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.deployments, s.closed = map[int64]*deployment{}, false
	s.mu.Unlock()
	return errors.Join(err, s.startBackground())
}

// ResetBehavior removes all outcomes and sets the transitions.
func (s *Service) ResetBehavior(deployments, calls Transition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes = map[string][]Outcome{}
	s.Deployments, s.Calls = deployments, calls
}
