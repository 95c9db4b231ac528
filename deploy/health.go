package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	functions "github.com/cogfn/cogfn/wrapper"
)

// HealthState says whether the calls of a schedule can act.
type HealthState string

// The values of HealthState.
const (
	// HealthGood: the session is active.
	HealthGood HealthState = "good"
	// HealthEnding: the session is active, but is one that cannot be renewed and ends within the hour.
	HealthEnding HealthState = "ending"
	// HealthBroken: the session has ended, so that every call fails.
	HealthBroken HealthState = "broken"
	// HealthUnknown: the session cannot be seen.
	HealthUnknown HealthState = "unknown"
)

// ScheduleHealth is how one schedule is.
type ScheduleHealth struct {
	Schedule *functions.Schedule
	State    HealthState
	// Text says in one sentence why, and what to do.
	Text string
	// Session is what the schedule's calls act with; nil if it cannot be seen.
	Session *functions.Session
}

// Health tells for each schedule that matches the filter whether its session still lives; sessions end when credentials
// expire or are revoked, and nothing else says so but calls that fail. Without the capability sessionsAcl:LIST the states
// are HealthUnknown. RefreshSchedule mends what is broken.
func Health(ctx context.Context, client *functions.Client, filter functions.SchedulesFilter) ([]ScheduleHealth, error) {
	schedules, err := client.Schedules.List(ctx, filter, functions.WithLimit(functions.Unlimited))
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, schedule := range schedules {
		if id, err := strconv.ParseInt(schedule.Session(), 10, 64); err == nil && id > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	sessions, err := retrieveSessions(ctx, client, slices.Compact(ids))
	forbidden := errors.Is(err, functions.ErrForbidden)
	if err != nil && !forbidden {
		return nil, err
	}
	all := make([]ScheduleHealth, len(schedules))
	for i, schedule := range schedules {
		all[i] = ScheduleHealth{Schedule: schedule, Session: sessions[schedule.Session()]}
		all[i].judge(forbidden)
	}
	return all, nil
}

// retrieveSessions returns sessions by their ids as text. The service fails if a single id is unknown; then the ids are
// halved until the unknown ones stand alone.
func retrieveSessions(ctx context.Context, client *functions.Client, ids []int64) (map[string]*functions.Session, error) {
	found := map[string]*functions.Session{}
	if len(ids) == 0 {
		return found, nil
	}
	list, err := client.Sessions.Retrieve(ctx, ids...)
	if errors.Is(err, functions.ErrNotFound) {
		if len(ids) == 1 {
			return found, nil
		}
		for _, half := range [][]int64{ids[:len(ids)/2], ids[len(ids)/2:]} {
			some, err := retrieveSessions(ctx, client, half)
			if err != nil {
				return nil, err
			}
			maps.Copy(found, some)
		}
		return found, nil
	}
	for _, session := range list {
		found[strconv.FormatInt(session.ID, 10)] = session
	}
	return found, err
}

// judge fills in the state and the text.
func (h *ScheduleHealth) judge(forbidden bool) {
	id := h.Schedule.Session()
	switch {
	case forbidden:
		h.State, h.Text = HealthUnknown, "sessions cannot be seen; ask for the capability sessionsAcl:LIST"
		return
	case h.Session == nil:
		h.State, h.Text = HealthUnknown, fmt.Sprintf("the session %s is not known to the service; if calls fail, refresh the schedule", id)
		return
	case h.Session.Status == nil:
		h.State, h.Text = HealthUnknown, "the service shows no status; ask for the capability sessionsAcl:LIST"
		return
	}
	switch status := *h.Session.Status; status {
	case functions.SessionReady, functions.SessionActive:
		h.State, h.Text = HealthGood, fmt.Sprintf("the session %s is %s", id, status)
		if deref(h.Session.Type) == functions.SessionTypeOneshotTokenExchange {
			h.State = HealthEnding
			h.Text = fmt.Sprintf("the session %s cannot be renewed and ends within the hour; refresh the schedule with client credentials", id)
		}
	case functions.SessionExpired, functions.SessionRevoked, functions.SessionCancelled, functions.SessionAccessLost:
		h.State, h.Text = HealthBroken, fmt.Sprintf("the session %s is %s, so that every call fails; refresh the schedule", id, status)
	default:
		h.State, h.Text = HealthUnknown, fmt.Sprintf("the session %s has the status %q, which this version does not know", id, status)
	}
}
