package schedule

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	functions "github.com/cogfn/cogfn/wrapper"
)

// State describes whether the calls of a schedule can authenticate with its session.
type State string

// The values of State.
const (
	// Good: the session is active.
	Good State = "good"
	// Ending: the session is active, but cannot be renewed and ends within one hour.
	Ending State = "ending"
	// Broken: the session has ended, so every call fails.
	Broken State = "broken"
	// Unknown: the status of the session is not visible or has an unknown value.
	Unknown State = "unknown"
)

// Health is the health of one schedule.
type Health struct {
	// Schedule is the schedule.
	Schedule *functions.Schedule
	// State is the state of its session.
	State State
	// Text is one sentence with the reason for State and what to do.
	Text string
	// Session is the session of the schedule's calls; nil if it is not visible.
	Session *functions.Session
}

// CheckHealth returns the health of every schedule that matches the filter, in the order of the list. The zero filter
// matches all schedules. A session ends when its credentials expire or are revoked; apart from that, only failing calls
// show it. [Refresh] repairs a schedule.
//
// Errors are those of the client. Without the capability sessionsAcl:LIST, all states are Unknown.
//
// Capabilities: functionsAcl:READ and sessionsAcl:LIST.
func CheckHealth(ctx context.Context, client *functions.Client, filter functions.SchedulesFilter) ([]Health, error) {
	schedules, err := client.Schedules.List(ctx, filter, functions.WithLimit(functions.Unlimited))
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, s := range schedules {
		if id, err := strconv.ParseInt(s.Session(), 10, 64); err == nil && id > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	sessions, err := retrieveSessions(ctx, client, slices.Compact(ids))
	forbidden := errors.Is(err, functions.ErrForbidden)
	if err != nil && !forbidden {
		return nil, err
	}
	all := make([]Health, len(schedules))
	for i, s := range schedules {
		all[i] = Health{Schedule: s, Session: sessions[s.Session()]}
		all[i].setState(forbidden)
	}
	return all, nil
}

// retrieveSessions returns sessions by their id as a string. The service rejects a request with a single unknown id, so
// the ids are halved until the unknown ones are alone.
func retrieveSessions(ctx context.Context, client *functions.Client, ids []int64) (map[string]*functions.Session, error) {
	found := map[string]*functions.Session{}
	if len(ids) == 0 {
		return found, nil
	}
	list, err := client.Sessions.RetrieveMultiple(ctx, ids)
	if errors.Is(err, functions.ErrNotFound) {
		if len(ids) == 1 {
			return found, nil
		}
		for _, half := range [][]int64{ids[:len(ids)/2], ids[len(ids)/2:]} {
			part, err := retrieveSessions(ctx, client, half)
			if err != nil {
				return nil, err
			}
			maps.Copy(found, part)
		}
		return found, nil
	}
	for _, session := range list {
		found[strconv.FormatInt(session.ID, 10)] = session
	}
	return found, err
}

// setState sets State and Text from the session.
func (h *Health) setState(forbidden bool) {
	id := h.Schedule.Session()
	switch {
	case forbidden:
		h.State, h.Text = Unknown, "sessions are not visible; ask for the capability sessionsAcl:LIST"
		return
	case h.Session == nil:
		h.State, h.Text = Unknown, fmt.Sprintf("session %s was not found; if calls fail, refresh the schedule", id)
		return
	case h.Session.Status == nil:
		h.State, h.Text = Unknown, "the status of the session is not visible; ask for the capability sessionsAcl:LIST"
		return
	}
	switch status := *h.Session.Status; status {
	case functions.SessionReady, functions.SessionActive:
		h.State, h.Text = Good, fmt.Sprintf("session %s is %s", id, status)
		if deref(h.Session.Type) == functions.SessionTypeOneshotTokenExchange {
			h.State = Ending
			h.Text = fmt.Sprintf("session %s cannot be renewed and ends within one hour; refresh the schedule with client credentials", id)
		}
	case functions.SessionExpired, functions.SessionRevoked, functions.SessionCancelled, functions.SessionAccessLost:
		h.State, h.Text = Broken, fmt.Sprintf("session %s is %s, so every call fails; refresh the schedule", id, status)
	default:
		h.State, h.Text = Unknown, fmt.Sprintf("session %s has the unknown status %q", id, status)
	}
}
