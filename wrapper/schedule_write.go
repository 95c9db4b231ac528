package functions

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/cogfn/cogfn/gen"
)

// ScheduleWrite is a schedule to create. FunctionID and Nonce may be empty: [SchedulesService.Create] sets them.
//
// Fields:
//
//   - CronExpression (string): the cron expression, in UTC: minute, hour, day of month, month, day of week. The
//     shortest interval is one minute. Length: 0 to 1024 characters.
//   - Data (json.RawMessage): the JSON object that every call of the schedule receives as `data`.
//   - Description (*string): the description of the schedule. Length: 0 to 500 characters.
//   - FunctionID (int64): the id of the function to call.
//   - Name (string): the name of the schedule. Length: 1 to 140 characters.
//   - Nonce (string): the nonce of a session. It is valid once and for about a minute.
//
// Package fmt, package slog and JSON show three asterisks for a nonce. Only the request of Create contains it. Package fmt
// ignores the methods of unexported fields, so a struct with a ScheduleWrite in an unexported field needs its own String
// method.
type ScheduleWrite gen.FunctionScheduleWrite

// Format writes the schedule as JSON without its nonce, for every verb except %p.
func (w ScheduleWrite) Format(f fmt.State, _ rune) { writeJSON(f, w, "schedule "+w.Name) }

// MarshalJSON encodes the schedule as the API does, without its nonce.
func (w ScheduleWrite) MarshalJSON() ([]byte, error) {
	if w.Nonce != "" {
		w.Nonce = redacted
	}
	return json.Marshal(gen.FunctionScheduleWrite(w))
}

// AsWrite returns a copy of the schedule that [SchedulesService.Create] accepts. The copy shares no memory with s. AsWrite
// requests the input data, which the service does not return with the schedule. The nonce is empty, so Create makes a new
// session.
func (s *Schedule) AsWrite(ctx context.Context) (ScheduleWrite, error) {
	data, err := s.InputData(ctx)
	if err != nil {
		return ScheduleWrite{}, err
	}
	functionID := deref(s.FunctionID)
	if functionID == 0 && s.FunctionExternalID != nil {
		fn, err := s.client.Retrieve(ctx, ExternalID(*s.FunctionExternalID))
		if err != nil {
			return ScheduleWrite{}, err
		}
		functionID = fn.ID
	}
	w := ScheduleWrite{CronExpression: s.CronExpression, Data: data, FunctionID: functionID, Name: s.Name}
	if s.Description != nil {
		w.Description = new(*s.Description)
	}
	return w, nil
}
