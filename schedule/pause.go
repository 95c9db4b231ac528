package schedule

import (
	"context"
	"encoding/json"

	"github.com/cogfn/cogfn/internal/errtext"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Saved is a schedule without its session: everything that is needed to create it again. Its JSON can be stored. It
// contains no session and no nonce; it contains a secret only if the input data does.
type Saved struct {
	// Name is the name of the schedule.
	Name string `json:"name"`
	// Description is the description of the schedule; "" if it has none.
	Description string `json:"description,omitempty"`
	// CronExpression has the five fields of cron, in UTC.
	CronExpression string `json:"cronExpression"`
	// Data is the input data of the schedule's calls; nil if it has none.
	Data json.RawMessage `json:"data,omitempty"`
	// FunctionExternalID is the external id of the function. A function that was deployed again keeps it.
	FunctionExternalID string `json:"functionExternalId,omitempty"`
	// FunctionID is the id of a function without an external id, otherwise 0.
	FunctionID int64 `json:"functionId,omitempty"`
}

// Save reads a schedule and its input data. It does not change or delete the schedule. functionExternalID is the external
// id of its function; with "", Saved holds the id of the function instead.
//
// Capability: functionsAcl:READ.
func Save(ctx context.Context, s *functions.Schedule, functionExternalID string) (Saved, error) {
	data, err := s.InputData(ctx)
	if err != nil {
		return Saved{}, err
	}
	saved := Saved{
		Name: s.Name, Description: deref(s.Description), CronExpression: s.CronExpression, Data: data,
		FunctionExternalID: functionExternalID,
	}
	if functionExternalID == "" {
		saved.FunctionID = deref(s.FunctionID)
	}
	return saved, nil
}

// AsWrite returns the schedule to create, without its function.
func (s Saved) AsWrite() functions.ScheduleWrite {
	w := functions.ScheduleWrite{Name: s.Name, CronExpression: s.CronExpression, Data: s.Data}
	if s.Description != "" {
		w.Description = &s.Description
	}
	return w
}

// Pause deletes the schedule with this id and returns what [Resume] needs to create it again. The API cannot pause a
// schedule, and the service keeps no copy: store the result.
//
// If the deletion fails, Pause returns the schedule together with the error, since the service may have deleted it. An
// unknown id is an error that matches functions.ErrNotFound.
//
// Capabilities: functionsAcl:READ and functionsAcl:WRITE.
func Pause(ctx context.Context, client *functions.Client, id int64) (*Saved, error) {
	s, err := client.Schedules.Retrieve(ctx, id)
	if err != nil {
		return nil, err
	}
	externalID, err := functionExternalID(ctx, client, s)
	if err != nil {
		return nil, err
	}
	saved, err := Save(ctx, s, externalID)
	if err != nil {
		return nil, err
	}
	if err := client.Schedules.Delete(ctx, []int64{id}); err != nil {
		return &saved, errtext.Errorf("schedule: deleting schedule %s failed; check whether it still exists: %v", saved.Name, err)
	}
	return &saved, nil
}

// Resume creates a paused schedule again, with a new session, for the function that has the external id now. It uses
// [Upsert], so resuming twice creates one schedule, and it has the errors and capabilities of Upsert. Calls of times that
// have passed are not made.
func Resume(ctx context.Context, client *functions.Client, saved Saved, opts ...functions.SessionOption) (*functions.Schedule, error) {
	fn := functions.ID(saved.FunctionID)
	if saved.FunctionExternalID != "" {
		fn = functions.ExternalID(saved.FunctionExternalID)
	}
	s, _, err := Upsert(ctx, client, fn, saved.AsWrite(), opts...)
	return s, err
}

// functionExternalID returns the external id of a schedule's function; "" if it has none. The service often leaves it out
// of the schedule.
func functionExternalID(ctx context.Context, client *functions.Client, s *functions.Schedule) (string, error) {
	if s.FunctionExternalID != nil || s.FunctionID == nil {
		return deref(s.FunctionExternalID), nil
	}
	fn, err := client.Retrieve(ctx, functions.ID(*s.FunctionID))
	if err != nil {
		return "", err
	}
	return deref(fn.ExternalID), nil
}
