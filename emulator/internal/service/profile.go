package service

import "cmp"

// Profile is what depends on the cloud and on assumptions about the service. Cloud determines the default of Limits.
type Profile struct {
	Cloud       Cloud
	Limits      Limits
	Assumptions Assumptions
}

// SetProfile sets the profile from now on, with defaults for zero fields.
func (s *Service) SetProfile(p Profile) {
	p.Cloud = cmp.Or(p.Cloud, GCP)
	p.Limits = p.Limits.WithDefaults(p.Cloud)
	p.Assumptions = p.Assumptions.withDefaults()
	s.current.Store(&p)
}

// CurrentProfile returns the profile.
func (s *Service) CurrentProfile() Profile { return *s.profile() }

func (s *Service) profile() *Profile { return s.current.Load() }
