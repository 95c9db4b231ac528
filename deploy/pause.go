package deploy

import (
	"context"
	"encoding/json"
	"fmt"

	functions "github.com/cogfn/cogfn/wrapper"
)

// PausedSchedule is everything about a schedule but its session, so that it can be created again. It encodes to JSON and
// holds no session and no secret, unless the input data does.
type PausedSchedule struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// CronExpression is in UTC.
	CronExpression string `json:"cronExpression"`
	// Data is the input data of the schedule's calls; nil if it has none.
	Data json.RawMessage `json:"data,omitempty"`
	// FunctionExternalID names the function, which may have another id by the time that the schedule is resumed. FunctionID
	// is used for functions without an external id.
	FunctionExternalID string `json:"functionExternalId,omitempty"`
	FunctionID         int64  `json:"functionId,omitempty"`
}

// PauseSchedule deletes a schedule and returns what ResumeSchedule needs to create it again; the API knows no pause. Keep
// the value: it is the only place where the schedule still is. It also comes with the error of a deletion, which may have
// been carried out.
func PauseSchedule(ctx context.Context, client *functions.Client, id int64) (*PausedSchedule, error) {
	schedule, err := client.Schedules.Retrieve(ctx, id)
	if err != nil {
		return nil, err
	}
	externalID, err := functionOf(ctx, client, schedule)
	if err != nil {
		return nil, err
	}
	paused, err := saveSchedule(ctx, schedule, externalID)
	if err != nil {
		return nil, err
	}
	if err := client.Schedules.Delete(ctx, id); err != nil {
		return &paused, fmt.Errorf("deploy: whether the schedule %s was deleted is not sure: %w", paused.Name, err)
	}
	return &paused, nil
}

// ResumeSchedule creates a paused schedule for the function that its external id names now, with a new session. Resuming
// it again does nothing: it works by UpsertSchedule. Times that passed meanwhile are not made up for.
func ResumeSchedule(ctx context.Context, client *functions.Client, paused PausedSchedule, opts ...functions.SessionOption) (*functions.Schedule, error) {
	fn := functions.ID(paused.FunctionID)
	if paused.FunctionExternalID != "" {
		fn = functions.ExternalID(paused.FunctionExternalID)
	}
	schedule, _, err := UpsertSchedule(ctx, client, fn, paused.write(), opts...)
	return schedule, err
}

// write is the schedule to create.
func (p PausedSchedule) write() functions.ScheduleWrite {
	w := functions.ScheduleWrite{Name: p.Name, CronExpression: p.CronExpression, Data: p.Data}
	if p.Description != "" {
		w.Description = &p.Description
	}
	return w
}

// saveSchedule reads what there is to know about a schedule, its input data included.
func saveSchedule(ctx context.Context, s *functions.Schedule, functionExternalID string) (PausedSchedule, error) {
	data, err := s.InputData(ctx)
	if err != nil {
		return PausedSchedule{}, err
	}
	p := PausedSchedule{
		Name: s.Name, Description: deref(s.Description), CronExpression: s.CronExpression, Data: data,
		FunctionExternalID: functionExternalID,
	}
	if functionExternalID == "" {
		p.FunctionID = deref(s.FunctionID)
	}
	return p, nil
}

// functionOf returns the external id of a schedule's function, "" if it has none. The service often leaves it out.
func functionOf(ctx context.Context, client *functions.Client, s *functions.Schedule) (string, error) {
	if s.FunctionExternalID != nil || s.FunctionID == nil {
		return deref(s.FunctionExternalID), nil
	}
	fn, err := client.Retrieve(ctx, functions.ID(*s.FunctionID))
	if err != nil {
		return "", err
	}
	return deref(fn.ExternalID), nil
}
