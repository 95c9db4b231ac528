package cron

import (
	"context"
	"sync"
	"time"
)

// longestWait bounds how long the scheduler sleeps at a time, so that a changed wall clock is noticed soon.
const longestWait = time.Minute

// Scheduler calls a function at the times of many schedules. Times that pass while nobody runs it are not made up for,
// and a slow schedule does not hold up its own next time.
type Scheduler struct {
	fire    func(id int64, at time.Time)
	changed chan struct{}

	mu      sync.Mutex
	entries map[int64]entry
}

type entry struct {
	expression string
	next       time.Time
}

// NewScheduler makes a scheduler; fire is called from Run with a schedule's id and the time that it was due, and must
// not block.
func NewScheduler(fire func(id int64, at time.Time)) *Scheduler {
	return &Scheduler{fire: fire, changed: make(chan struct{}, 1), entries: map[int64]entry{}}
}

// Add adds a schedule, due at the first time after a time. It returns ErrNever, and adds nothing, for an expression
// that is never due.
func (s *Scheduler) Add(id int64, expression string, after time.Time) error {
	next, err := Next(expression, after)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.entries[id] = entry{expression, next}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default: // Run will look anyway
	}
	return nil
}

// Remove removes a schedule; an unknown one is fine.
func (s *Scheduler) Remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, id)
}

// Run fires schedules until ctx ends.
func (s *Scheduler) Run(ctx context.Context) {
	for {
		timer := time.NewTimer(s.wait(time.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.changed:
			timer.Stop()
		case <-timer.C:
		}
		for _, due := range s.due(time.Now()) {
			s.fire(due.id, due.at)
		}
	}
}

// wait returns how long it is to the next schedule, at most longestWait.
func (s *Scheduler) wait(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := longestWait
	for _, e := range s.entries {
		wait = min(wait, e.next.Sub(now))
	}
	return max(wait, 0)
}

type due struct {
	id int64
	at time.Time
}

// due returns the schedules whose time has come and moves them on to their next time after now.
func (s *Scheduler) due(now time.Time) []due {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []due
	for id, e := range s.entries {
		if e.next.After(now) {
			continue
		}
		all = append(all, due{id, e.next})
		next, err := Next(e.expression, now)
		if err != nil {
			delete(s.entries, id) // its last time was this one
			continue
		}
		s.entries[id] = entry{e.expression, next}
	}
	return all
}
