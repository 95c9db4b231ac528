package schedule

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/cogfn/cogfn/internal/errtext"
	functions "github.com/cogfn/cogfn/wrapper"
)

// cleanupTimeout bounds the deletion of replaced schedules after the end of the caller's context.
const cleanupTimeout = 2 * time.Minute

// Outcome is what [Upsert] did.
type Outcome string

// The values of Outcome.
const (
	// Unchanged: an equal schedule existed, nothing was created or deleted.
	Unchanged Outcome = "unchanged"
	// Created: no schedule had the name.
	Created Outcome = "created"
	// Replaced: schedules of that name were deleted, so that one is left.
	Replaced Outcome = "replaced"
)

// Upsert makes sure that a function has exactly one schedule with the name w.Name, and that it equals w. It returns that
// schedule and what it did.
//
// Two schedules are equal if they have the same cron expression, description and input data. Input data is compared as
// JSON: white space and the order of keys do not matter. Sessions are not compared; see [Refresh].
//
// Schedules cannot be changed, so Upsert creates a new schedule, with another id and a new session, and then deletes the
// old one. The function therefore always has a schedule. While both exist, a time that matches both starts two calls.
// The Nonce of w, like functions.WithNonce, is used only if a schedule is created.
//
// If fn is the zero Identifier, w.FunctionID names the function.
//
// Errors:
//   - *functions.ArgumentError: the name or the function is missing, or a field of w is invalid.
//   - An error together with a schedule: the schedule is in place, but the deletion of old ones failed. Call Upsert again
//     to delete them.
//   - Other errors are those of the client.
//
// Capabilities: functionsAcl:READ, functionsAcl:WRITE and those to create a session.
func Upsert(
	ctx context.Context, client *functions.Client, fn functions.Identifier, w functions.ScheduleWrite, opts ...functions.SessionOption,
) (*functions.Schedule, Outcome, error) {
	if w.FunctionID != 0 && fn == (functions.Identifier{}) {
		fn = functions.ID(w.FunctionID)
	}
	if fn == (functions.Identifier{}) || w.Name == "" {
		return nil, "", &functions.ArgumentError{Field: "schedule", Rule: "needs a name and a function, which identify it"}
	}
	filter := functions.SchedulesFilter{Function: fn, Name: w.Name}
	existing, err := client.Schedules.List(ctx, filter, functions.WithLimit(functions.Unlimited))
	if err != nil {
		return nil, "", err
	}
	var match *functions.Schedule
	for _, s := range existing {
		equal, err := equals(ctx, s, w)
		if err != nil {
			return nil, "", err
		}
		if equal {
			match = s
		}
	}
	outcome := Unchanged
	if match == nil {
		if match, err = client.Schedules.Create(ctx, fn, w, opts...); err != nil {
			return nil, "", err
		}
		outcome = Created
	}
	var others []int64
	for _, id := range existing.IDs() {
		if id != match.ID {
			others = append(others, id)
		}
	}
	if len(others) == 0 {
		return match, outcome, nil
	}
	return match, Replaced, deleteReplaced(ctx, client, match, others)
}

// Refresh replaces the schedule with this id by an equal one with a new session, and returns the new one. Use it if the
// session of a schedule has ended or will end; see [CheckHealth]. Like [Upsert], it creates the new schedule before it
// deletes the old one, and returns the new one also if the deletion fails.
//
// An unknown id is an error that matches functions.ErrNotFound.
//
// Capabilities: functionsAcl:READ, functionsAcl:WRITE and those to create a session.
func Refresh(ctx context.Context, client *functions.Client, id int64, opts ...functions.SessionOption) (*functions.Schedule, error) {
	old, err := client.Schedules.Retrieve(ctx, id)
	if err != nil {
		return nil, err
	}
	write, err := old.AsWrite(ctx)
	if err != nil {
		return nil, err
	}
	created, err := client.Schedules.Create(ctx, functions.ID(write.FunctionID), write, opts...)
	if err != nil {
		return nil, err
	}
	return created, deleteReplaced(ctx, client, created, []int64{id})
}

// deleteReplaced deletes the schedules that another one replaces, even if ctx has ended: otherwise both would run.
func deleteReplaced(ctx context.Context, client *functions.Client, replacement *functions.Schedule, ids []int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	err := client.Schedules.Delete(ctx, ids)
	if err == nil {
		return nil
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return errtext.Errorf("schedule: schedule %s was replaced by id %d, but deleting id %s failed, so calls may be made twice; delete it: %v",
		replacement.Name, replacement.ID, strings.Join(texts, ", "), err)
}
