package service

import (
	"context"
	"slices"
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
	// LastCalls are the last calls, oldest first, and Calls the number of all calls.
	LastCalls []CallRecord
	Calls     int
}

// ScheduleRecord is a schedule.
type ScheduleRecord struct {
	ID, FunctionID       int64
	Name, CronExpression string
	// Next is the time of the next call; the zero time means that there is none.
	Next          time.Time
	SessionStatus gen.SessionStatus
}

// Describe returns the state of the project, with at most lastCalls calls of each function.
func (s *Service) Describe(ctx context.Context, lastCalls int) (*State, error) {
	state := &State{}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		for _, row := range tx.Functions().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			f := FunctionRecord{
				ID: row.Value.ID, ExternalID: valueOrZero(row.Value.Write.ExternalID), Name: row.Value.Write.Name,
				Status: row.Value.Status, Error: row.Value.ErrorMessage,
			}
			if err := s.describeCalls(tx, &f, lastCalls); err != nil {
				return err
			}
			state.Functions = append(state.Functions, f)
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

// describeCalls adds the calls of a function. It reads the logs and responses of the last calls only.
func (s *Service) describeCalls(tx *store.Tx, f *FunctionRecord, last int) error {
	for _, row := range tx.Calls(f.ID).Newest(0) {
		if row.Err != nil {
			return row.Err
		}
		f.Calls++
		if len(f.LastCalls) == last {
			continue
		}
		record, err := s.recordOf(tx, row.Value)
		if err != nil {
			return err
		}
		f.LastCalls = append(f.LastCalls, record)
	}
	slices.Reverse(f.LastCalls)
	return nil
}
