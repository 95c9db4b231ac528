package clock_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
)

// Advance waits for the patience of a task that starts while it waits for another one.
func TestPatienceOfLaterTask(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		_, endFirst := c.Start(t.Context(), 0)
		advanced := make(chan error, 1)
		go func() { advanced <- c.Advance(t.Context(), time.Minute) }()
		synctest.Wait()
		_, endSecond := c.Start(t.Context(), time.Second)
		defer endSecond()
		endFirst()
		began := time.Now()
		if err := <-advanced; err != nil || time.Since(began) > time.Minute {
			t.Errorf("error %v after %v, want that Advance waits a second", err, time.Since(began))
		}
	})
}

// A timer that is firing when Advance begins sees its own time.
func TestAdvanceWaitsForFiringTimer(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		due := c.Now().Add(time.Minute)
		seen := make(chan time.Time, 1)
		c.At(due, func() {
			<-time.After(time.Second)
			seen <- c.Now()
		})
		<-time.After(time.Minute)
		synctest.Wait()
		advance(t, c, 365*24*time.Hour)
		if at := <-seen; at.Sub(due) > time.Minute {
			t.Errorf("the timer sees a time %v after its own", at.Sub(due))
		}
	})
}

// Timers of the same time fire one after the other, also if the first adds another timer.
func TestRunningClockKeepsOrder(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		at := c.Now().Add(time.Minute)
		var order []int
		for i := range 5 {
			c.At(at, func() {
				c.At(at.Add(time.Hour), func() {})
				<-time.After(time.Second)
				order = append(order, i)
			})
		}
		<-time.After(2 * time.Minute)
		synctest.Wait()
		if !slices.Equal(order, []int{0, 1, 2, 3, 4}) {
			t.Errorf("order %v", order)
		}
	})
}

func TestFarTimes(t *testing.T) {
	t.Parallel()
	for _, year := range []int{1700, 2400, 9000} {
		withClock(t, func(t *testing.T, c *clock.Clock) {
			t.Helper()
			want := time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
			c.Set(want)
			if !c.Now().Equal(want) {
				t.Errorf("the clock shows %v, want %v", c.Now(), want)
			}
			for range 3 {
				const d = 200 * 365 * 24 * time.Hour
				advance(t, c, d)
				if want = want.Add(d); !c.Now().Equal(want) {
					t.Errorf("the clock shows %v after an advance, want %v", c.Now(), want)
				}
			}
		})
	}
}

// Set waits for a task that is about to sleep.
func TestSetWaitsForTasks(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		ctx, end := c.Start(t.Context(), 0)
		woken := make(chan time.Time, 1)
		begin := c.Now()
		go func() {
			defer end()
			<-time.After(time.Second)
			if err := c.Sleep(ctx, time.Minute); err != nil {
				t.Error(err)
			}
			woken <- c.Now()
		}()
		c.Set(begin.Add(time.Hour))
		if at := <-woken; at.Sub(begin) > 2*time.Hour {
			t.Errorf("the task woke after %v", at.Sub(begin))
		}
	})
}
