package service

import (
	"cmp"
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

// Profile is what depends on the cloud and on assumptions about the service. Cloud determines the default of Limits.
type Profile struct {
	Cloud       Cloud
	Limits      Limits
	Assumptions Assumptions
}

// SetProfile sets the profile, with defaults for zero fields. Only [Service.Reload] may call it for a running service.
func (s *Service) SetProfile(p Profile) {
	p.Cloud = cmp.Or(p.Cloud, GCP)
	p.Limits = p.Limits.WithDefaults(p.Cloud)
	p.Assumptions = p.Assumptions.withDefaults()
	s.Profile = p
}

// CurrentProfile returns the profile.
func (s *Service) CurrentProfile() Profile {
	defer s.Enter()()
	return s.Profile
}
