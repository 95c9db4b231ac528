package cron_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/cron"
)

// fired records what a scheduler fires.
type fired struct {
	mu  sync.Mutex
	all []string
}

func (f *fired) fire(id int64, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, fmt.Sprintf("%d %s", id, at.Format("02 15:04")))
}

func (f *fired) sorted() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(slices.Values(f.all))
}

// bubble runs a scheduler on fake time, which begins at midnight of 1 January 2000.
func bubble(t *testing.T, use func(t *testing.T, s *cron.Scheduler, f *fired)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fired{}
		s := cron.NewScheduler(f.fire)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.Run(ctx) })
		use(t, s, f)
		cancel()
		running.Wait()
	})
}

// pass lets fake time pass.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestSchedulerFires(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, s *cron.Scheduler, f *fired) {
		t.Helper()
		pass(30 * time.Second)
		for id, expression := range map[int64]string{1: "*/20 * * * *", 2: "0 * * * *", 3: "0 1 * * *"} {
			if err := s.Add(id, expression, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Hour)
		want := []string{"1 01 00:20", "1 01 00:40", "1 01 01:00", "2 01 01:00", "3 01 01:00"}
		if diff := cmp.Diff(want, f.sorted()); diff != "" {
			t.Errorf("fired (-want +got):\n%s", diff)
		}
		s.Remove(1)
		s.Remove(17) // unknown ones are fine
		pass(time.Hour)
		if diff := cmp.Diff(slices.Insert(want, 4, "2 01 02:00"), f.sorted()); diff != "" {
			t.Errorf("fired after removing 1 (-want +got):\n%s", diff)
		}
	})
}

func TestSchedulerFiresStrictlyAfterwards(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, s *cron.Scheduler, f *fired) {
		t.Helper()
		if err := s.Add(1, "* * * * *", time.Now()); err != nil { // midnight sharp
			t.Fatal(err)
		}
		pass(59 * time.Second)
		if len(f.sorted()) != 0 {
			t.Errorf("fired %v within the minute of its creation", f.sorted())
		}
		pass(time.Second)
		if diff := cmp.Diff([]string{"1 01 00:01"}, f.sorted()); diff != "" {
			t.Errorf("fired (-want +got):\n%s", diff)
		}
	})
}

func TestSchedulerThroughTwoMonths(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, s *cron.Scheduler, f *fired) {
		t.Helper()
		if err := s.Add(1, "0 7 * * MON", time.Now()); err != nil {
			t.Fatal(err)
		}
		pass(60 * 24 * time.Hour)
		if n := len(f.sorted()); n != 9 {
			t.Errorf("fired %d times, want once on each of 9 Mondays", n)
		}
	})
}

func TestSchedulerRefusesWhatNeverComes(t *testing.T) {
	t.Parallel()
	s := cron.NewScheduler(func(int64, time.Time) {})
	if err := s.Add(1, "0 0 31 2 *", time.Now()); !errors.Is(err, cron.ErrNever) {
		t.Errorf("error %v", err)
	}
	if err := s.Add(1, "@daily", time.Now()); err == nil {
		t.Error("a macro was accepted")
	}
}
