package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// UpsertSchedule sees to it that a function has exactly one schedule with the name w.Name, and that it is as w says. It
// returns the schedule and what was done: Nothing if cron expression, description and data are the same already, Create,
// or Replace. Sessions are not compared; see RefreshSchedule. The Nonce of w, as WithNonce, serves once and only if
// something is created.
//
// Schedules cannot be changed, so replacing means creating another one, with another id and a new session. The new one is
// created before the old one is deleted, so that a failure never leaves the function without; until then both are there,
// and a time that both are due at makes two calls. When the deletion fails, the new schedule comes with the error;
// another UpsertSchedule then deletes what is too many.
func UpsertSchedule(ctx context.Context, client *functions.Client, fn functions.Identifier, w functions.ScheduleWrite, opts ...functions.SessionOption) (*functions.Schedule, Action, error) {
	if w.FunctionID != 0 && fn == (functions.Identifier{}) {
		fn = functions.ID(w.FunctionID)
	}
	if fn == (functions.Identifier{}) || w.Name == "" {
		return nil, "", refuse("schedule", "lacks its name or its function; both are needed to find it again")
	}
	filter := functions.SchedulesFilter{Function: fn, Name: w.Name}
	found, err := client.Schedules.List(ctx, filter, functions.WithLimit(functions.Unlimited))
	if err != nil {
		return nil, "", err
	}
	var same *functions.Schedule
	for _, schedule := range found {
		equal, err := isAs(ctx, schedule, w)
		if err != nil {
			return nil, "", err
		}
		if equal {
			same = schedule
		}
	}
	action := Nothing
	if same == nil {
		if same, err = client.Schedules.Create(ctx, fn, w, opts...); err != nil {
			return nil, "", err
		}
		action = Create
	}
	others := othersThan(same.ID, found)
	if len(others) == 0 {
		return same, action, nil
	}
	return same, Replace, deleteReplaced(ctx, client, same, others)
}

// RefreshSchedule replaces a schedule with an equal one that has a new session, and returns it. Do so when the session of
// the old one has ended, or would; see Health. It replaces in the same order as UpsertSchedule.
func RefreshSchedule(ctx context.Context, client *functions.Client, id int64, opts ...functions.SessionOption) (*functions.Schedule, error) {
	old, err := client.Schedules.Retrieve(ctx, id)
	if err != nil {
		return nil, err
	}
	write, err := old.AsWrite(ctx)
	if err != nil {
		return nil, err
	}
	fresh, err := client.Schedules.Create(ctx, functions.ID(write.FunctionID), write, opts...)
	if err != nil {
		return nil, err
	}
	return fresh, deleteReplaced(ctx, client, fresh, []int64{id})
}

// deleteReplaced deletes the schedules that another one stands in for. The end of ctx must not leave two.
func deleteReplaced(ctx context.Context, client *functions.Client, by *functions.Schedule, ids []int64) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	if err := client.Schedules.Delete(ctx, ids...); err != nil {
		texts := make([]string, len(ids))
		for i, id := range ids {
			texts[i] = strconv.FormatInt(id, 10)
		}
		return fmt.Errorf("deploy: the schedule %s is in place with id %d, but what it replaces (id %s) may still be there too, so that calls may be made twice; delete it: %w",
			by.Name, by.ID, strings.Join(texts, ", "), err)
	}
	return nil
}

func othersThan(id int64, list functions.ScheduleList) []int64 {
	var others []int64
	for _, schedule := range list {
		if schedule.ID != id {
			others = append(others, schedule.ID)
		}
	}
	return others
}

// isAs tells whether a schedule calls at the times, with the data and under the description of w.
func isAs(ctx context.Context, s *functions.Schedule, w functions.ScheduleWrite) (bool, error) {
	cron := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	if cron(s.CronExpression) != cron(w.CronExpression) || deref(s.Description) != deref(w.Description) {
		return false, nil
	}
	data, err := s.InputData(ctx)
	if err != nil {
		return false, err
	}
	return sameData(data, w.Data), nil
}

// sameData compares input data as JSON: spaces and the order of keys do not matter, and no data is an empty object. What
// cannot be read differs from everything.
func sameData(a, b json.RawMessage) bool {
	left, leftErr := decoded(a)
	right, rightErr := decoded(b)
	return leftErr == nil && rightErr == nil && sameJSON(left, right)
}

func decoded(data json.RawMessage) (value any, err error) {
	if len(bytes.TrimSpace(data)) == 0 || string(bytes.TrimSpace(data)) == "null" {
		return map[string]any{}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // a float64 would take large ids for equal
	err = decoder.Decode(&value)
	return value, err
}

func sameJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !sameJSON(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameJSON(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(a, b)
	}
	return a == b
}

// sameNumber takes 1, 1.0 and 1e0 for equal, but tells apart integers that no float64 can.
func sameNumber(a, b json.Number) bool {
	_, intA := a.Int64()
	_, intB := b.Int64()
	if a == b || intA == nil && intB == nil {
		return a == b
	}
	x, errA := a.Float64()
	y, errB := b.Float64()
	return errA == nil && errB == nil && x == y
}
