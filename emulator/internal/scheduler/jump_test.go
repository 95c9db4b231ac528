package scheduler_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/scheduler"
)

// Schedules that are due at the same time fire in the order in which they were added, also after a jump of the clock.
func TestJump(t *testing.T) {
	t.Parallel()
	c, r := clock.New(), &recorder{}
	defer c.Close()
	c.Freeze()
	start := time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)
	c.Set(start)
	s := scheduler.New(c, r.fire)
	for id := range int64(9) {
		if err := s.Add(9-id, "0 0 * * *", start); err != nil {
			t.Fatal(err)
		}
	}
	s.Remove(5)
	c.Set(start.Add(100*24*time.Hour + time.Hour))
	if err := c.Advance(t.Context(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, id := range []string{"9", "8", "7", "6", "4", "3", "2", "1"} {
		want = append(want, id+" 12 00:00")
	}
	if diff := cmp.Diff(want, r.all); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}
	s.Clear()
	if err := c.Advance(t.Context(), 48*time.Hour); err != nil || len(r.all) != len(want) {
		t.Errorf("error %v, fired %v after Clear", err, r.all[len(want):])
	}
}
