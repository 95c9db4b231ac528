package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/scheduler"
	"github.com/cogfn/cogfn/internal/cron"
)

// recorder records the calls of a scheduler.
type recorder struct {
	mu  sync.Mutex
	all []string
}

func (r *recorder) fire(id int64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, fmt.Sprintf("%d %s", id, at.Format("02 15:04")))
}

func (r *recorder) sorted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.all))
}

// runScheduler runs a scheduler and test with fake time, which begins at midnight UTC on January 1, 2000.
func runScheduler(t *testing.T, test func(t *testing.T, s *scheduler.Scheduler, r *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		c := clock.New()
		test(t, scheduler.New(c, r.fire), r)
		c.Close()
	})
}

// advance waits for a duration of fake time and for the work due in it.
func advance(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestFire(t *testing.T) {
	t.Parallel()
	runScheduler(t, func(t *testing.T, s *scheduler.Scheduler, r *recorder) {
		t.Helper()
		advance(30 * time.Second)
		for id, expression := range map[int64]string{1: "*/20 * * * *", 2: "0 * * * *", 3: "0 1 * * *"} {
			if err := s.Add(id, expression, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		advance(time.Hour)
		want := []string{"1 01 00:20", "1 01 00:40", "1 01 01:00", "2 01 01:00", "3 01 01:00"}
		if diff := cmp.Diff(want, r.sorted()); diff != "" {
			t.Errorf("fired (-want +got):\n%s", diff)
		}
		s.Remove(1)
		s.Remove(17) // unknown ids are ignored
		advance(time.Hour)
		if diff := cmp.Diff(slices.Insert(want, 4, "2 01 02:00"), r.sorted()); diff != "" {
			t.Errorf("fired after removing 1 (-want +got):\n%s", diff)
		}
	})
}

func TestAddStartsAfterTheGivenTime(t *testing.T) {
	t.Parallel()
	runScheduler(t, func(t *testing.T, s *scheduler.Scheduler, r *recorder) {
		t.Helper()
		if err := s.Add(1, "* * * * *", time.Now()); err != nil { // exactly at midnight
			t.Fatal(err)
		}
		advance(59 * time.Second)
		if len(r.sorted()) != 0 {
			t.Errorf("fired %v within the first minute", r.sorted())
		}
		advance(time.Second)
		if diff := cmp.Diff([]string{"1 01 00:01"}, r.sorted()); diff != "" {
			t.Errorf("fired (-want +got):\n%s", diff)
		}
	})
}

func TestFireForTwoMonths(t *testing.T) {
	t.Parallel()
	runScheduler(t, func(t *testing.T, s *scheduler.Scheduler, r *recorder) {
		t.Helper()
		if err := s.Add(1, "0 7 * * MON", time.Now()); err != nil {
			t.Fatal(err)
		}
		advance(60 * 24 * time.Hour)
		if n := len(r.sorted()); n != 9 {
			t.Errorf("fired %d times, want once on each of 9 Mondays", n)
		}
	})
}

func TestAddRejects(t *testing.T) {
	t.Parallel()
	s := scheduler.New(clock.New(), func(int64, time.Time) {})
	if err := s.Add(1, "0 0 31 2 *", time.Now()); !errors.Is(err, cron.ErrNever) {
		t.Errorf("Add for February 31: error %v, want ErrNever", err)
	}
	if err := s.Add(1, "@daily", time.Now()); err == nil {
		t.Error("Add accepted a macro")
	}
}
