package service_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

const day = 24 * time.Hour

// countRecords counts the stored calls, their logs and responses, and sessions.
func (s *testService) countRecords() (calls, parts, sessions int) {
	s.t.Helper()
	err := s.state.View(s.t.Context(), func(tx *store.Tx) error {
		for _, row := range tx.Calls(s.functionID).Oldest() {
			calls++
			if lines, err := tx.Log(s.functionID, row.Value.ID); err != nil || len(lines) > 0 {
				parts++
			}
			if len(tx.Response(s.functionID, row.Value.ID)) > 0 {
				parts++
			}
		}
		for range tx.Sessions().Oldest() {
			sessions++
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return calls, parts, sessions
}

// skip skips days. The last day passes in fake time, so that the daily removal runs.
func skip(c *clock.Clock, days int) {
	c.Set(c.Now().Add(time.Duration(days-1) * day))
	advance(day)
}

func TestRetention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		c := config(scripted{time.Minute}, service.Limits{})
		s := startService(t, dir, c)
		s.functionID = s.createFunction()
		synctest.Wait()
		_, nonce := s.createSession(false)
		s.createSchedule("0 0 1 12 *", nonce)
		s.createSession(false) // not used
		if err := s.startCall(); err != nil {
			t.Fatal(err)
		}
		advance(time.Hour)
		for _, step := range []struct {
			name                   string
			days                   int
			calls, parts, sessions int
		}{
			{"an unused session is removed", 1, 1, 2, 2},
			{"89 days", 88, 1, 2, 2},
			{"91 days", 2, 0, 0, 1},
			{"the session of a schedule", 100, 0, 0, 1},
		} {
			skip(c.Clock, step.days)
			if calls, parts, sessions := s.countRecords(); calls != step.calls || parts != step.parts || sessions != step.sessions {
				t.Errorf("%s: %d calls, %d logs and responses, %d sessions, want %d, %d, %d",
					step.name, calls, parts, sessions, step.calls, step.parts, step.sessions)
			}
		}
		// The next start removes records that expired while the emulator was not running.
		if err := s.startCall(); err != nil {
			t.Fatal(err)
		}
		advance(time.Hour)
		functionID := s.functionID
		s.stop()
		c.Clock.Set(c.Clock.Now().Add(91 * day))
		s = startService(t, dir, c)
		s.functionID = functionID
		synctest.Wait()
		if calls, _, sessions := s.countRecords(); calls != 0 || sessions != 1 {
			t.Errorf("after the restart: %d calls and %d sessions, want 0 and 1", calls, sessions)
		}
		s.stop()
	})
}

// Running calls are stored regardless of their age. The retention starts at the end of a call.
func TestRetentionOfRunningCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := config(scripted{30 * time.Hour}, service.Limits{})
		s := startService(t, "", c)
		s.functionID = s.createFunction()
		synctest.Wait()
		if err := s.startCall(); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct{ days, calls int }{{100, 1}, {1, 1}, {90, 0}} { // the call ends in the second step
			skip(c.Clock, step.days)
			if calls, _, _ := s.countRecords(); calls != step.calls {
				t.Errorf("after another %d days: %d calls, want %d", step.days, calls, step.calls)
			}
		}
		s.stop()
	})
}
