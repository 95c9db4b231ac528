package clock_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/emulator/internal/clock"
)

// withClock runs a test in a bubble of fake time, which begins at midnight UTC on January 1, 2000.
func withClock(t *testing.T, test func(t *testing.T, c *clock.Clock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := clock.New()
		defer c.Close()
		test(t, c)
	})
}

func advance(t *testing.T, c *clock.Clock, d time.Duration) {
	t.Helper()
	if err := c.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestClockFollowsRealTime(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		fired := time.Time{}
		c.At(c.Now().Add(3*time.Hour), func() { fired = c.Now() })
		<-time.After(5 * time.Hour)
		synctest.Wait()
		if got := fired.UTC().Hour(); got != 3 {
			t.Errorf("the timer fired at %v, want 3 o'clock", fired)
		}
		if !c.Now().Equal(time.Now()) {
			t.Errorf("the clock shows %v, want %v", c.Now(), time.Now())
		}
	})
}

func TestAdvanceFiresTimersInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := clock.New()
		defer c.Close()
		c.Freeze()
		begin := c.Now()
		var want, got []time.Duration
		for _, minutes := range rapid.SliceOf(rapid.IntRange(0, 20)).Draw(t, "minutes") {
			d := time.Duration(minutes) * time.Minute
			timer := c.At(begin.Add(d), func() {
				if now := c.Now(); now.Sub(begin) != d {
					t.Errorf("the timer of %v fires after %v", d, now.Sub(begin))
				}
				got = append(got, d)
			})
			if rapid.Bool().Draw(t, "stopped") {
				timer.Stop()
				timer.Stop() // does nothing
				continue
			}
			want = append(want, d)
		}
		until := time.Duration(rapid.IntRange(0, 25).Draw(t, "until")) * time.Minute
		if err := c.Advance(context.Background(), until); err != nil {
			t.Fatal(err)
		}
		slices.SortStableFunc(want, func(a, b time.Duration) int { return int(a - b) })
		want = slices.DeleteFunc(want, func(d time.Duration) bool { return d > until })
		if !slices.Equal(want, got) {
			t.Errorf("fired %v, want %v", got, want)
		}
		if passed := c.Now().Sub(begin); passed != until {
			t.Errorf("%v passed, want %v", passed, until)
		}
	})
}

// The tasks that a timer starts end before the time of the next timer.
func TestAdvanceWaitsForTasks(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		begin := c.Now()
		events := make(chan string, 10)
		log := func(text string) { events <- c.Now().Sub(begin).String() + " " + text }
		c.At(begin.Add(time.Hour), func() {
			ctx, end := c.Start(t.Context(), 0)
			go func() {
				defer end()
				<-time.After(time.Minute) // of real time
				log("worked")
				if err := c.Sleep(ctx, 2*time.Hour); err != nil {
					t.Error(err)
				}
				<-time.After(time.Minute)
				log("woke")
			}()
		})
		c.At(begin.Add(2*time.Hour), func() { log("timer") })
		c.At(begin.Add(4*time.Hour), func() { log("timer") })
		c.Freeze()
		advance(t, c, 5*time.Hour)
		close(events)
		var got []string
		for event := range events {
			got = append(got, event)
		}
		if diff := cmp.Diff([]string{"1h0m0s worked", "2h0m0s timer", "3h0m0s woke", "4h0m0s timer"}, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestAdvanceGivesUpBlockedTasks(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		ctx, end := c.Start(t.Context(), time.Second)
		limited, cancel := c.WithTimeout(ctx, time.Hour)
		defer cancel()
		timedOut := make(chan time.Time, 1)
		go func() {
			defer end()
			<-limited.Done()
			timedOut <- c.Now()
		}()
		began := time.Now()
		for range 10 {
			c.At(c.Now().Add(time.Minute), func() {})
		}
		c.Freeze()
		begin := c.Now()
		advance(t, c, 2*time.Hour)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the advance took %v, want it to wait once", took)
		}
		if at := <-timedOut; at.Sub(begin) != time.Hour {
			t.Errorf("timed out after %v, want an hour", at.Sub(begin))
		}
		if cause := context.Cause(limited); !errors.Is(cause, context.DeadlineExceeded) {
			t.Errorf("cause %v, want DeadlineExceeded", cause)
		}
	})
}

func TestAdvanceEndsWithContext(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		begin := c.Now()
		c.At(begin.Add(time.Hour), cancel)
		c.Freeze()
		if err := c.Advance(ctx, 2*time.Hour); !errors.Is(err, context.Canceled) || c.Now().Sub(begin) != time.Hour {
			t.Errorf("error %v after %v, want Canceled after an hour", err, c.Now().Sub(begin))
		}
	})
}

func TestSleepEndsWithContext(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		for name, sleep := range map[string]func(context.Context) error{
			"sleep": func(ctx context.Context) error { return c.Sleep(ctx, time.Hour) },
			"wait":  func(ctx context.Context) error { return clock.Wait(ctx, make(chan struct{})) },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			began := time.Now()
			if err := sleep(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
				t.Errorf("%s: error %v after %v, want DeadlineExceeded after a minute", name, err, time.Since(began))
			}
			cancel()
			if err := sleep(ctx); err == nil {
				t.Errorf("%s with an ended context: no error", name)
			}
		}
		if err := c.Sleep(t.Context(), -1); err != nil {
			t.Errorf("negative duration: error %v", err)
		}
		done := make(chan struct{})
		close(done)
		if err := clock.Wait(t.Context(), done); err != nil {
			t.Errorf("closed channel: error %v", err)
		}
	})
}

func TestSet(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		begin := c.Now()
		var events []string
		c.OnJump(func(now time.Time) { events = append(events, "jump to "+now.UTC().Format("Jan 2 15:04")) })
		c.At(begin.Add(time.Hour), func() { events = append(events, "timer at "+c.Now().UTC().Format("Jan 2 15:04")) })
		c.Set(begin.Add(-24 * time.Hour))
		c.Set(begin.Add(24 * time.Hour))
		if diff := cmp.Diff([]string{"jump to Dec 31 00:00", "jump to Jan 2 00:00", "timer at Jan 2 00:00"}, events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		<-time.After(time.Hour)
		if passed := c.Now().Sub(begin); passed != 25*time.Hour {
			t.Errorf("%v passed, want 25 hours", passed)
		}
	})
}

func TestRestore(t *testing.T) {
	t.Parallel()
	withClock(t, func(t *testing.T, c *clock.Clock) {
		t.Helper()
		running := c.State()
		advance(t, c, time.Hour)
		c.Freeze()
		frozen, at := c.State(), c.Now()
		advance(t, c, time.Hour)
		c.Unfreeze()
		c.Restore(frozen)
		if !c.Frozen() || !c.Now().Equal(at) {
			t.Errorf("frozen: %t, time %v, want it frozen at %v", c.Frozen(), c.Now(), at)
		}
		c.Restore(running)
		if c.Frozen() || !c.Now().Equal(time.Now()) {
			t.Errorf("frozen: %t, time %v, want the real time", c.Frozen(), c.Now())
		}
	})
}
