// Package scheduler calls a function at the times of cron expressions.
package scheduler

import (
	"context"
	"sync"
	"time"

	"github.com/cogfn/cogfn/internal/cron"
)

// maxSleep bounds how long the scheduler sleeps at a time, so that it notices a changed wall clock.
const maxSleep = time.Minute

// Scheduler calls a function at the times of many schedules. Times that pass while Run is not running are skipped. It
// is safe for concurrent use.
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

// New returns a scheduler without schedules. Run calls fire with the id of a schedule and the time at which it was
// due; fire must not block.
func New(fire func(id int64, at time.Time)) *Scheduler {
	return &Scheduler{fire: fire, changed: make(chan struct{}, 1), entries: map[int64]entry{}}
}

// Add adds a schedule, or replaces the one with the same id. It is first due after the given time. For an expression that
// matches no date, Add returns cron.ErrNever and adds nothing.
func (s *Scheduler) Add(id int64, expression string, after time.Time) error {
	next, err := cron.Next(expression, after)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.entries[id] = entry{expression, next}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default: // Run has not read the previous signal yet; one is enough
	}
	return nil
}

// Remove removes a schedule. Unknown ids are ignored.
func (s *Scheduler) Remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, id)
}

// Run calls the function of New for each schedule that is due, until ctx ends.
func (s *Scheduler) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		case <-time.After(s.untilNext(time.Now())):
		}
		for _, due := range s.takeDue(time.Now()) {
			s.fire(due.id, due.at)
		}
	}
}

// untilNext returns the time until the next schedule is due, at most maxSleep.
func (s *Scheduler) untilNext(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	sleep := maxSleep
	for _, e := range s.entries {
		sleep = min(sleep, e.next.Sub(now))
	}
	return max(sleep, 0)
}

type dueSchedule struct {
	id int64
	at time.Time
}

// takeDue returns the schedules that are due and advances them to their next time after now.
func (s *Scheduler) takeDue(now time.Time) []dueSchedule {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []dueSchedule
	for id, e := range s.entries {
		if e.next.After(now) {
			continue
		}
		all = append(all, dueSchedule{id, e.next})
		next, err := cron.Next(e.expression, now)
		if err != nil {
			delete(s.entries, id) // there is no next time
			continue
		}
		s.entries[id] = entry{e.expression, next}
	}
	return all
}
