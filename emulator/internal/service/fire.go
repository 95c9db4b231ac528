package service

import (
	"fmt"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// fire makes a schedule's call for a time; the scheduler calls it and must not be held up.
func (s *Service) fire(scheduleID int64, at time.Time) {
	s.spawn(func() {
		if err := s.callForSchedule(scheduleID, at); err != nil {
			s.Logger.Error("a schedule could not make its call", "schedule", scheduleID, "error", err)
		}
	})
}

// callForSchedule makes a call and starts it. What stands in the way of starting fails the call, so that it can be seen
// where calls are looked at; that is a guess.
func (s *Service) callForSchedule(scheduleID int64, at time.Time) error {
	var schedule *store.Schedule
	var f *store.Function
	var refused error
	now := s.nowMillis()
	call := &store.Call{
		Status: gen.FunctionCallStatusRunning, StartTime: now, ScheduleID: scheduleID, ScheduledTime: at.UnixMilli(),
	}
	err := s.update(func(tx *store.Tx) error {
		var err error
		if schedule, err = tx.Schedules().Get(scheduleID); err != nil || schedule == nil {
			return err
		}
		if f, err = functionOf(tx, schedule.FunctionID); err != nil {
			return err
		}
		call.ID, call.FunctionID, call.SessionID = newID(tx.Calls(f.ID).Has), f.ID, schedule.SessionID
		if refused = s.mayFire(tx, f, schedule, runKey{f.ID, call.ID}); refused != nil {
			call.Status, call.EndTime, call.ErrorMessage = gen.FunctionCallStatusFailed, now, refused.Error()
		}
		return addCall(tx, f, call)
	})
	if err != nil {
		s.release(runKey{call.FunctionID, call.ID})
		return err
	}
	switch {
	case schedule == nil:
		s.scheduler.Remove(scheduleID) // deleted together with its function
	case refused == nil:
		s.start(f, call, schedule.Data)
	}
	return nil
}

// mayFire takes a place for a schedule's call, or says why there is none.
func (s *Service) mayFire(tx *store.Tx, f *store.Function, schedule *store.Schedule, key runKey) error {
	session, err := tx.Sessions().Get(schedule.SessionID)
	if err != nil {
		return err
	}
	if session == nil || s.sessionStatus(session) != gen.SessionStatusActive {
		status := gen.SessionStatusAccessLost
		if session != nil {
			status = s.sessionStatus(session)
		}
		return fmt.Errorf("the schedule's session %d is %s: create the schedule again with a new session", schedule.SessionID, status)
	}
	if err := callableStatus(f); err != nil {
		return err
	}
	return s.reserve(key)
}
