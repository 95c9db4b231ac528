package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/service"
)

// CallRecord is a call with its response and log.
type CallRecord struct {
	// ID is the id of the call, FunctionID that of its function.
	ID, FunctionID int64
	Status         CallStatus
	// StartTime and EndTime are in UTC. EndTime is zero while the call is running.
	StartTime, EndTime time.Time
	// ScheduleID is the id of the schedule that made the call, ScheduledTime the time at which it was due. Both are zero if
	// there is no schedule.
	ScheduleID    int64
	ScheduledTime time.Time
	// Error is the message of the error, Trace its traceback. Both are empty for a completed call.
	Error, Trace string
	// Response is the response as JSON; nil means that there is none.
	Response json.RawMessage
	// Log contains the lines of the log.
	Log []string
}

func callRecords(records []service.CallRecord) []CallRecord {
	all := make([]CallRecord, len(records))
	for i, record := range records {
		all[i] = CallRecord(record)
	}
	return all
}

// Now returns the time of the emulator's clock. It is the real time until a test moves or freezes the clock. Timestamps,
// schedules, transitions, delays, the timeouts of Go functions, and the lifetimes of nonces, sessions, tokens and calls
// follow it. The timeouts of Python code do not.
func (e *Emulator) Now() time.Time { return e.clock.Now() }

// Advance moves the clock forward by d. Schedules that are due on the way make their calls in order. Advance waits for
// each call to end before it continues, except for a call that waits for the clock. It waits at most one second of real
// time for a Go function, and as long as necessary for Python code. It returns the calls that the schedules made, oldest
// first.
//
// A clock that was frozen is frozen again at the new time. Otherwise, it continues from there. Thousands of calls take a
// second. Advance panics if d is negative, if the new time is after 9999, or if the state cannot be written. If the
// emulator is closed meanwhile, it returns the calls so far.
func (e *Emulator) Advance(d time.Duration) []CallRecord {
	must(e.checkAdvance(d))
	calls, err := e.advance(context.Background(), d)
	if !errors.Is(err, context.Canceled) { // Close ends the advance
		must(err)
	}
	return calls
}

func (e *Emulator) checkAdvance(d time.Duration) error {
	if d < 0 {
		return errors.New("the clock cannot advance by a negative duration; use SetTime to move it back")
	}
	return checkTime(e.Now().Add(d))
}

func (e *Emulator) advance(ctx context.Context, d time.Duration) ([]CallRecord, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.closing, cancel)()
	records, err := e.service.Advance(ctx, func(ctx context.Context) error { return e.clock.Advance(ctx, d) })
	return callRecords(records), err
}

// SetTime sets the clock without passing through the times between. Deployments and calls that are due by then end.
// Schedules make no calls for the times between, and continue with their first time after t.
//
// SetTime panics if t is not between 1970 and 9999, the range of timestamps.
func (e *Emulator) SetTime(t time.Time) {
	must(checkTime(t))
	e.clock.Set(t)
}

func checkTime(t time.Time) error {
	if t.UnixMilli() <= 0 || t.UTC().Year() > 9999 {
		return fmt.Errorf("the clock cannot show %v; use a time between 1970 and 9999", t)
	}
	return nil
}

// Freeze stops the clock. [Emulator.Advance] and [Emulator.SetTime] move a frozen clock.
func (e *Emulator) Freeze() { e.clock.Freeze() }

// Unfreeze lets a frozen clock continue from its time.
func (e *Emulator) Unfreeze() { e.clock.Unfreeze() }

// Calls returns the calls of the function with an external id, or else a name, oldest first.
func (e *Emulator) Calls(function string) []CallRecord {
	records, err := e.service.CallRecords(context.Background(), function)
	must(err)
	return callRecords(records)
}
