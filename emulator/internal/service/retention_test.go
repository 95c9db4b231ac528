package service_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

const day = 24 * time.Hour

// kept counts what the store holds of calls, with their logs and responses, and of sessions.
func (w *world) kept() (calls, parts, sessions int) {
	w.t.Helper()
	err := w.state.View(w.t.Context(), func(tx *store.Tx) error {
		for _, row := range tx.Calls(w.functionID).Oldest() {
			calls++
			if lines, err := tx.Log(w.functionID, row.Value.ID); err != nil || len(lines) > 0 {
				parts++
			}
			if len(tx.Response(w.functionID, row.Value.ID)) > 0 {
				parts++
			}
		}
		for range tx.Sessions().Oldest() {
			sessions++
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return calls, parts, sessions
}

// leap is a clock that can jump ahead of the bubble's, whose every minute costs the scheduler a look.
type leap struct{ ahead atomic.Int64 }

func (l *leap) now() time.Time { return time.Now().Add(time.Duration(l.ahead.Load())) }

// pass lets whole days go by, and with the last of them one daily check.
func (l *leap) pass(days int) {
	l.ahead.Add(int64(days-1) * int64(day))
	pass(day)
}

func TestRetention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, clock := t.TempDir(), &leap{}
		c := config(scripted{time.Minute}, service.Limits{})
		c.Now = clock.now
		w := begin(t, dir, c)
		w.functionID = w.function()
		synctest.Wait()
		_, nonce := w.session(false)
		w.schedule("0 0 1 12 *", nonce)
		w.session(false) // nobody uses it
		if err := w.call(); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		for _, step := range []struct {
			name                   string
			days                   int
			calls, parts, sessions int
		}{
			{"the unused session is gone", 1, 1, 2, 2},
			{"89 days", 88, 1, 2, 2},
			{"91 days", 2, 0, 0, 1},
			{"a session that a schedule needs", 100, 0, 0, 1},
		} {
			clock.pass(step.days)
			if calls, parts, sessions := w.kept(); calls != step.calls || parts != step.parts || sessions != step.sessions {
				t.Errorf("%s: %d calls, %d logs and responses, %d sessions, want %d, %d, %d",
					step.name, calls, parts, sessions, step.calls, step.parts, step.sessions)
			}
		}
		// What has grown old while nothing ran goes at the next start.
		if err := w.call(); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		c.Now = func() time.Time { return clock.now().Add(91 * day) }
		functionID := w.functionID
		w.end()
		w = begin(t, dir, c)
		w.functionID = functionID
		synctest.Wait()
		if calls, _, sessions := w.kept(); calls != 0 || sessions != 1 {
			t.Errorf("after the restart: %d calls and %d sessions, want none and that of the schedule", calls, sessions)
		}
		w.end()
	})
}

// A call that has not ended is kept, whatever its age, and so is one that ended lately.
func TestRetentionKeepsWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := &leap{}
		c := config(scripted{30 * time.Hour}, service.Limits{})
		c.Now = clock.now
		w := begin(t, "", c)
		w.functionID = w.function()
		synctest.Wait()
		if err := w.call(); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct{ days, calls int }{{100, 1}, {1, 1}, {90, 0}} { // it ends in the second step
			clock.pass(step.days)
			if calls, _, _ := w.kept(); calls != step.calls {
				t.Errorf("another %d days later: %d calls, want %d", step.days, calls, step.calls)
			}
		}
		w.end()
	})
}
