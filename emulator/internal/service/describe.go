package service

import (
	"context"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// State describes everything in the project, oldest first.
type State struct {
	Functions []FunctionRecord
	Schedules []ScheduleRecord
}

// FunctionRecord is a function with its calls.
type FunctionRecord struct {
	ID               int64
	ExternalID, Name string
	Status           gen.FunctionStatus
	Error            string
	Calls            []CallRecord
}

// ScheduleRecord is a schedule.
type ScheduleRecord struct {
	ID, FunctionID       int64
	Name, CronExpression string
	// Next is the time of the next call; the zero time means that there is none.
	Next          time.Time
	SessionStatus gen.SessionStatus
}

// Describe returns the state of the project.
func (s *Service) Describe(ctx context.Context) (*State, error) {
	state := &State{}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		for _, row := range tx.Functions().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			calls, err := s.callRecords(tx, row.Value.ID)
			if err != nil {
				return err
			}
			f := row.Value
			state.Functions = append(state.Functions, FunctionRecord{
				ID: f.ID, ExternalID: valueOrZero(f.Write.ExternalID), Name: f.Write.Name, Status: f.Status, Error: f.ErrorMessage, Calls: calls,
			})
		}
		for _, row := range tx.Schedules().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			schedule := row.Value
			status, err := s.sessionStatusOf(tx, schedule)
			if err != nil {
				return err
			}
			state.Schedules = append(state.Schedules, ScheduleRecord{
				ID: schedule.ID, FunctionID: schedule.FunctionID, Name: schedule.Name, CronExpression: schedule.CronExpression,
				Next: s.scheduler.Next(schedule.ID), SessionStatus: status,
			})
		}
		return nil
	})
	return state, err
}
