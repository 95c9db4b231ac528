package service

import (
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// recover takes up the state that the process before left.
func (s *Service) recover() error {
	var unfinished []*store.Function
	var schedules []*store.Schedule
	now := s.Now()
	err := s.update(func(tx *store.Tx) error {
		for _, row := range tx.Functions().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			if err := failRunning(tx, row.Value.ID, now.UnixMilli()); err != nil {
				return err
			}
			if status := row.Value.Status; status == gen.FunctionStatusQueued || status == gen.FunctionStatusDeploying {
				unfinished = append(unfinished, row.Value)
			}
		}
		for _, row := range tx.Schedules().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			schedules = append(schedules, row.Value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range unfinished {
		s.deploy(f)
	}
	for _, schedule := range schedules {
		s.plan(schedule, now) // times that passed while nothing ran are not made up for
	}
	return nil
}

// failRunning sets a function's calls that were running to Failed: nobody runs them any more.
func failRunning(tx *store.Tx, functionID, now int64) error {
	running, _, err := selection(tx.Calls(functionID).Newest(0), unlimited, func(call *store.Call) (*store.Call, bool) {
		return call, call.Status == gen.FunctionCallStatusRunning
	})
	if err != nil {
		return err
	}
	for _, call := range running {
		call.Status, call.EndTime = gen.FunctionCallStatusFailed, max(now, call.StartTime)
		call.ErrorMessage = errStopped.Error()
		if err := tx.Calls(functionID).Put(call); err != nil {
			return err
		}
	}
	return nil
}
