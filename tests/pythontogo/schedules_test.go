package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (s *fixture) schedulesList(ctx context.Context, client *functions.Client) error {
	s.createSchedule(ctx, client)
	// snippet: schedules-list
	filter := functions.SchedulesFilter{Function: functions.ExternalID("my-function"), CronExpression: "0 3 * * *"}
	schedules, err := client.Schedules.List(ctx, filter, functions.WithLimit(100))
	if err != nil {
		return err
	}
	var names []string
	for schedule, err := range client.Schedules.All(ctx, functions.SchedulesFilter{Name: "nightly"}) {
		if err != nil {
			return err
		}
		names = append(names, schedule.Name+": "+schedule.When)
	}
	// end
	s.want("schedules", len(schedules), 1)
	s.want("names", names, []string{"nightly: " + schedules[0].When})
	return nil
}

func (s *fixture) schedulesRetrieve(ctx context.Context, client *functions.Client) error {
	id := s.createSchedule(ctx, client).ID
	// snippet: schedules-retrieve
	schedule, err := client.Schedules.Retrieve(ctx, id)
	if err != nil {
		return err
	}
	schedules, err := client.Schedules.RetrieveMultiple(ctx, []int64{id, 42}, functions.IgnoreUnknown())
	if err != nil {
		return err
	}
	// end
	s.want("schedules", schedules.IDs(), []int64{schedule.ID})
	return nil
}

func (s *fixture) schedulesCreate(ctx context.Context, client *functions.Client) error {
	// snippet: schedules-create
	schedule, err := client.Schedules.Create(ctx, functions.ExternalID("my-function"), functions.ScheduleWrite{
		Name:           "nightly",
		CronExpression: "0 3 * * *", // UTC
		Description:    new("Adds every night."),
		Data:           json.RawMessage(`{"a": 1, "b": 2}`),
	})
	if err != nil {
		return err
	}
	// end
	s.want("function", *schedule.FunctionID, s.fn.ID)
	_, err = client.Schedules.Create(ctx, s.fn.Identifier(), functions.ScheduleWrite{Name: "often", CronExpression: "@hourly"})
	s.want("five fields", errors.Is(err, functions.ErrInvalid), true)
	return nil
}

func (s *fixture) schedulesCredentials(ctx context.Context, client *functions.Client) error {
	// snippet: schedules-credentials
	w := functions.ScheduleWrite{Name: "nightly", CronExpression: "0 3 * * *"}
	robot := functions.SessionClientCredentials("robot", "the robot's secret")
	schedule, err := client.Schedules.Create(ctx, functions.ExternalID("my-function"), w, functions.WithSession(robot))
	if err != nil {
		return err
	}

	session, err := client.Sessions.Create(ctx, robot) // alternative: create the session first
	if err != nil {
		return err
	}
	second, err := client.Schedules.Create(ctx, functions.ExternalID("my-function"), w, functions.WithNonce(session.Nonce))
	if err != nil {
		return err
	}
	// end
	s.want("another session", schedule.Session() != second.Session(), true)
	s.want("own session", second.Session(), strconv.FormatInt(session.ID, 10))
	return nil
}

func (s *fixture) schedulesDelete(ctx context.Context, client *functions.Client) error {
	id := s.createSchedule(ctx, client).ID
	// snippet: schedules-delete
	if err := client.Schedules.Delete(ctx, []int64{id}); err != nil { // any number of ids
		return err
	}
	// end
	_, err := client.Schedules.Retrieve(ctx, id)
	s.want("it is gone", errors.Is(err, functions.ErrNotFound), true)
	return nil
}

func (s *fixture) schedulesData(ctx context.Context, client *functions.Client) error {
	id := s.createSchedule(ctx, client).ID
	// snippet: schedules-data
	data, err := client.Schedules.InputData(ctx, id) // JSON; nil if the schedule has none
	if err != nil {
		return err
	}
	// end
	s.want("data", string(data), `{"a":1}`)
	return nil
}

func (s *fixture) scheduleFields(ctx context.Context, client *functions.Client) error {
	schedule := s.createSchedule(ctx, client)
	// snippet: schedule-fields
	fmt.Println(schedule.ID, schedule.Name, schedule.CronExpression, schedule.When)
	fmt.Println(schedule.Created(), schedule.Session()) // a time.Time, and the id of the session as a string
	data, err := schedule.InputData(ctx)
	if err != nil {
		return err
	}
	if err := schedule.Update(ctx); err != nil { // retrieves the schedule again and overwrites it
		return err
	}
	// end
	s.want("data", string(data), `{"a":1}`)
	s.want("created", schedule.Created().Before(time.Now().Add(time.Second)), true)
	return nil
}

func (s *fixture) scheduleWrite(ctx context.Context, client *functions.Client) error {
	schedule := s.createSchedule(ctx, client)
	// snippet: schedule-write
	w, err := schedule.AsWrite(ctx) // requests the input data
	if err != nil {
		return err
	}
	w.CronExpression = "0 4 * * *"
	if err := schedule.Delete(ctx); err != nil {
		return err
	}
	replacement, err := client.Schedules.Create(ctx, functions.Identifier{}, w) // for the function with the id w.FunctionID
	if err != nil {
		return err
	}
	// end
	s.want("cron expression", replacement.CronExpression, "0 4 * * *")
	data, err := replacement.InputData(ctx)
	s.want("data", string(data), `{"a":1}`)
	return err
}

func (s *fixture) sessionsCreate(ctx context.Context, client *functions.Client) error {
	// snippet: sessions-create
	var nonces []string
	for _, credentials := range []functions.SessionCredentials{
		functions.SessionClientCredentials("robot", "the robot's secret"),
		functions.SessionTokenExchange(),
		functions.SessionOneshotTokenExchange(),
	} {
		session, err := client.Sessions.Create(ctx, credentials)
		if err != nil {
			return err
		}
		fmt.Println(session) // id and status, without the nonce
		nonces = append(nonces, session.Nonce)
	}
	// end
	s.want("nonces", len(slices.Compact(nonces)), 3)
	return nil
}

func (s *fixture) sessionsList(ctx context.Context, client *functions.Client) error {
	s.createSchedule(ctx, client)
	// snippet: sessions-list
	active := functions.SessionsFilter{Status: functions.SessionActive}
	sessions, err := client.Sessions.List(ctx, active) // 25 at most
	if err != nil {
		return err
	}
	var ids []int64
	for session, err := range client.Sessions.All(ctx, active) { // all of them
		if err != nil {
			return err
		}
		fmt.Println(session.Created(), session.Expires())
		ids = append(ids, session.ID)
	}
	// end
	s.want("sessions", len(ids), len(sessions))
	return nil
}

func (s *fixture) sessionsRevoke(ctx context.Context, client *functions.Client) error {
	created, err := client.Sessions.Create(ctx, functions.SessionTokenExchange())
	if err != nil {
		return err
	}
	id := created.ID
	// snippet: sessions-revoke
	session, err := client.Sessions.Retrieve(ctx, id)
	if err != nil {
		return err
	}
	sessions, err := client.Sessions.RetrieveMultiple(ctx, []int64{id})
	if err != nil {
		return err
	}
	revoked, err := client.Sessions.Revoke(ctx, []int64{id})
	if err != nil {
		return err
	}
	// end
	s.want("status", *session.Status, functions.SessionReady)
	s.want("ids", sessions.IDs(), []int64{id})
	s.want("status after Revoke", *revoked[0].Status, functions.SessionRevoked)
	return nil
}

func (s *fixture) lists(ctx context.Context, client *functions.Client) error {
	s.createSchedule(ctx, client)
	// snippet: lists
	fns, err := client.List(ctx, functions.Filter{}) // a functions.FunctionList
	if err != nil {
		return err
	}
	fmt.Println(fns.IDs(), fns.ExternalIDs())
	if fn := fns.Get(functions.ExternalID("my-function")); fn != nil {
		calls, err := fn.ListCalls(ctx, functions.CallsFilter{}) // a functions.CallList
		if err != nil {
			return err
		}
		fmt.Println(calls.IDs(), calls.Get(42) == nil)
	}
	schedules, err := client.Schedules.List(ctx, functions.SchedulesFilter{}) // a functions.ScheduleList
	if err != nil {
		return err
	}
	fmt.Println(schedules.IDs(), schedules.Get(42) == nil)
	// end
	s.want("ids", fns.IDs(), []int64{s.fn.ID})
	s.want("schedules", len(schedules), 1)
	return nil
}

func (s *fixture) enums(context.Context, *functions.Client) error {
	fn := s.fn
	// snippet: enums
	switch fn.Status {
	case functions.FunctionReady:
	case functions.FunctionFailed:
	default:
		if !functions.Known(fn.Status) {
			fmt.Println("this version does not know the status", fn.Status)
		}
	}
	// end
	s.want("known", functions.Known(fn.Status), true)
	return nil
}

func (s *fixture) filters(context.Context, *functions.Client) error {
	yesterday := time.Now().AddDate(0, 0, -1)
	// snippet: filters
	day := functions.TimeRange{From: yesterday, To: yesterday.AddDate(0, 0, 1)} // both ends are inclusive
	since := functions.TimeRange{From: yesterday}                               // no upper end
	ofFunctions := functions.Filter{Owner: "me@example.com", FileID: 42, Metadata: map[string]string{"team": "a"}, CreatedTime: since}
	ofCalls := functions.CallsFilter{ScheduleID: 42, Status: functions.CallTimeout, EndTime: day}
	ofSchedules := functions.SchedulesFilter{Function: functions.ID(42), CreatedTime: since}
	// end
	s.want("ranges", ofFunctions.CreatedTime == ofSchedules.CreatedTime && ofCalls.EndTime == day, true)
	return nil
}

func (s *fixture) writeLists(ctx context.Context, client *functions.Client) error {
	s.createSchedule(ctx, client)
	fns, err := client.List(ctx, functions.Filter{})
	if err != nil {
		return err
	}
	schedules, err := client.Schedules.List(ctx, functions.SchedulesFilter{})
	if err != nil {
		return err
	}
	// snippet: write-lists
	functionWrites := fns.AsWrite()               // []functions.FunctionWrite, copies
	scheduleWrites, err := schedules.AsWrite(ctx) // []functions.ScheduleWrite; one request for each schedule
	i := slices.IndexFunc(functionWrites, func(w functions.FunctionWrite) bool {
		return w.ExternalID != nil && *w.ExternalID == "my-function"
	})
	// end
	s.want("place", i, 0)
	s.want("schedules", len(scheduleWrites), 1)
	return err
}
