// Package scheduler calls a function at the times of cron expressions.
package scheduler

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/internal/cron"
)

// Scheduler calls a function at the times of many schedules. It is safe for concurrent use.
type Scheduler struct {
	clock *clock.Clock
	fire  func(id int64, at time.Time)

	mu      sync.Mutex
	entries map[int64]*entry
	added   int // number of schedules so far
}

type entry struct {
	id         int64
	expression string
	number     int // orders schedules that are due at the same time after a jump
	timer      *clock.Timer
}

// New returns a scheduler without schedules. It calls fire with the id of a schedule and the time at which it was due;
// fire must return quickly. Times that a jump of the clock skips are not made up.
func New(c *clock.Clock, fire func(id int64, at time.Time)) *Scheduler {
	s := &Scheduler{clock: c, fire: fire, entries: map[int64]*entry{}}
	c.OnJump(s.restart)
	return s
}

// Add adds a schedule, or replaces the one with the same id. It is first due after the given time. For an expression that
// matches no date, Add returns cron.ErrNever and adds nothing.
func (s *Scheduler) Add(id int64, expression string, after time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added++
	return s.start(&entry{id: id, expression: expression, number: s.added}, after)
}

// start sets the next time of a schedule. If there is none, it removes the schedule.
func (s *Scheduler) start(e *entry, after time.Time) error {
	s.remove(e.id)
	next, err := cron.Next(e.expression, after)
	if err != nil {
		return err
	}
	e.timer = s.clock.At(next, func() { s.due(e, next) })
	s.entries[e.id] = e
	return nil
}

// Remove removes a schedule. Unknown ids are ignored.
func (s *Scheduler) Remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(id)
}

func (s *Scheduler) remove(id int64) {
	if e := s.entries[id]; e != nil {
		e.timer.Stop()
		delete(s.entries, id)
	}
}

// Next returns the next time of a schedule, or the zero time if there is none.
func (s *Scheduler) Next(id int64) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[id]; e != nil {
		return e.timer.Time()
	}
	return time.Time{}
}

// Clear removes all schedules.
func (s *Scheduler) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.entries {
		s.remove(id)
	}
}

// due fires a schedule and sets its next time. If the clock is late, for example after a laptop slept, the times between
// are skipped.
func (s *Scheduler) due(e *entry, at time.Time) {
	s.mu.Lock()
	current := s.entries[e.id] == e
	if current {
		after := s.clock.Now()
		if after.Before(at) {
			after = at
		}
		_ = s.start(e, after) // a schedule without a next time is removed
	}
	s.mu.Unlock()
	if current {
		s.fire(e.id, at)
	}
}

// restart sets the next time of each schedule after a jump of the clock.
func (s *Scheduler) restart(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.SortedFunc(maps.Values(s.entries), func(a, b *entry) int { return cmp.Compare(a.number, b.number) })
	for _, e := range all {
		_ = s.start(e, now)
	}
}
