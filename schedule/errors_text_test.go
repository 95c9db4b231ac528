package schedule_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cogfn/cogfn/schedule"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

// TestErrorTexts has the complete messages of this package. Other tests check types and key words. Of the wrapped error,
// only the package prefix is removed.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		// fail returns the expected message, with the ids of the run, and the error.
		fail func(*testing.T) (want string, err error)
	}{
		{"no name", func(t *testing.T) (string, error) {
			t.Helper()
			p, fn := startProject(t)
			_, _, err := schedule.Upsert(t.Context(), p.Client, fn, functions.ScheduleWrite{})
			return "functions: schedule needs a name and a function, which identify it", err
		}},
		{"old schedule not deleted", func(t *testing.T) (string, error) {
			t.Helper()
			p, fn := startProject(t)
			old := faults.Must[*functions.Schedule](t)(p.Direct.Schedules.Create(t.Context(), fn, nightly()))
			p.Faults.Inject("delete schedule", 1, faults.Reject)
			created, err := schedule.Refresh(t.Context(), p.Client, old.ID)
			return fmt.Sprintf("schedule: schedule nightly was replaced by id %d, but deleting id %d failed, so calls may be made twice; "+
				"delete it: %s", created.ID, old.ID, rejection(t, err)), err
		}},
		{"pause", func(t *testing.T) (string, error) {
			t.Helper()
			p, fn := startProject(t)
			old := faults.Must[*functions.Schedule](t)(p.Direct.Schedules.Create(t.Context(), fn, nightly()))
			p.Faults.Inject("delete schedule", 1, faults.Reject)
			_, err := schedule.Pause(t.Context(), p.Client, old.ID)
			return "schedule: deleting schedule nightly failed; check whether it still exists: " + rejection(t, err), err
		}},
		{"field count", func(*testing.T) (string, error) {
			_, err := schedule.NextRuns("* *", 1, time.Now())
			return `functions: CronExpression "* *" has 2 fields: it needs five, for minute, hour, day of month, month and day of week`, err
		}},
		{"syntax", func(*testing.T) (string, error) {
			_, err := schedule.NextRuns("* * L * *", 1, time.Now())
			return `functions: CronExpression "* * L * *" is not valid: field 3 is "L", which standard cron does not allow there`, err
		}},
		{"range", func(*testing.T) (string, error) {
			_, err := schedule.NextRuns("60 * * * *", 1, time.Now())
			return `functions: CronExpression "60 * * * *" is not valid: a number is out of range`, err
		}},
		{"never", func(*testing.T) (string, error) {
			_, err := schedule.NextRuns("0 0 31 2 *", 1, time.Now())
			return "schedule: the cron expression matches no date", err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want, err := test.fail(t)
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// rejection returns the message of the service's error in err, without the prefix.
func rejection(t *testing.T, err error) string {
	t.Helper()
	api, ok := errors.AsType[*functions.APIError](err)
	if !ok {
		t.Fatalf("got %v, want an error that wraps a *functions.APIError", err)
	}
	return api.Error()[len("functions: "):]
}
