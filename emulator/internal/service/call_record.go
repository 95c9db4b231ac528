package service

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// CallRecord has the fields of emulator.CallRecord, which documents them.
type CallRecord struct {
	ID, FunctionID     int64
	Status             gen.FunctionCallStatus
	StartTime, EndTime time.Time
	ScheduleID         int64
	ScheduledTime      time.Time
	Error, Trace       string
	Response           json.RawMessage
	Log                []string
}

func newCallRecord(call *store.Call, response json.RawMessage, lines []store.Line) CallRecord {
	record := CallRecord{
		ID: call.ID, FunctionID: call.FunctionID, Status: call.Status,
		StartTime: timeOf(call.StartTime), EndTime: timeOf(call.EndTime),
		ScheduleID: call.ScheduleID, ScheduledTime: timeOf(call.ScheduledTime),
		Error: call.ErrorMessage, Trace: call.ErrorTrace, Response: response,
	}
	for _, line := range lines {
		record.Log = append(record.Log, line.Message)
	}
	return record
}

// timeOf returns a time in milliseconds since 1970 as a time; 0 is the zero time.
func timeOf(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// CallRecords returns the calls of the function with an external id or else a name, oldest first. There are none if the
// function does not exist.
func (s *Service) CallRecords(ctx context.Context, function string) ([]CallRecord, error) {
	var records []CallRecord
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		f, err := functionNamed(tx, function)
		if err != nil || f == nil {
			return err
		}
		for _, row := range tx.Calls(f.ID).Oldest() {
			if row.Err != nil {
				return row.Err
			}
			record, err := s.recordOf(tx, row.Value)
			if err != nil {
				return err
			}
			records = append(records, record)
		}
		return nil
	})
	return records, err
}

// functionNamed returns the function with an external id, or else the first with a name, or nil.
func functionNamed(tx *store.Tx, name string) (*store.Function, error) {
	f, err := functionResource.find(tx.Functions(), reference{ExternalID: &name})
	if err != nil || f != nil {
		return f, err
	}
	for _, row := range tx.Functions().Oldest() {
		if row.Err != nil || row.Value.Write.Name == name {
			return row.Value, row.Err
		}
	}
	return nil, nil // an unknown name is not an error
}

func (s *Service) recordOf(tx *store.Tx, call *store.Call) (CallRecord, error) {
	key := callKey{call.FunctionID, call.ID}
	lines, err := logOf(tx, key, s.runningCall(key))
	return newCallRecord(call, tx.Response(call.FunctionID, call.ID), lines), err
}

// scheduledCalls are the calls that schedules start while the clock advances. They are recorded when they end, because a
// long advance also removes old calls.
type scheduledCalls struct {
	order []callKey
	ended map[callKey]CallRecord
}

// Advance moves the clock forward and returns the calls that schedules started, oldest first. It returns what it has and
// the error of ctx if that ends first.
func (s *Service) Advance(ctx context.Context, move func(context.Context) error) ([]CallRecord, error) {
	s.advancing.Lock()
	defer s.advancing.Unlock()
	calls := &scheduledCalls{ended: map[callKey]CallRecord{}}
	s.recordScheduled(calls)
	commit := s.Store.Batch()
	err := errors.Join(move(ctx), commit())
	s.recordScheduled(nil)
	records := make([]CallRecord, 0, len(calls.order))
	viewErr := s.Store.View(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		for _, key := range calls.order {
			if record, ended := calls.ended[key]; ended {
				records = append(records, record)
				continue
			}
			call, err := tx.Calls(key.functionID).Get(key.callID)
			if err != nil {
				return err
			}
			if call == nil {
				continue // deleted with its function
			}
			record, err := s.recordOf(tx, call)
			if err != nil {
				return err
			}
			records = append(records, record)
		}
		return nil
	})
	return records, errors.Join(err, viewErr)
}

// recordScheduled starts or, with nil, ends the recording of the calls of schedules.
func (s *Service) recordScheduled(into *scheduledCalls) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scheduled = into
}

// recordStart records that a schedule has started a call.
func (s *Service) recordStart(key callKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scheduled != nil {
		s.scheduled.order = append(s.scheduled.order, key)
	}
}

// recordEnd records the outcome of a call if a schedule has started it.
func (s *Service) recordEnd(call *store.Call, response json.RawMessage, lines []store.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scheduled != nil && call.ScheduleID != 0 {
		s.scheduled.ended[callKey{call.FunctionID, call.ID}] = newCallRecord(call, response, lines)
	}
}
