package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	s.want("@hourly matches ErrInvalid", errors.Is(err, functions.ErrInvalid), true)
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
	s.want("sessions differ", schedule.Session() != second.Session(), true)
	s.want("session of WithNonce", second.Session(), strconv.FormatInt(session.ID, 10))
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
	s.want("Retrieve after Delete matches ErrNotFound", errors.Is(err, functions.ErrNotFound), true)
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
	s.want("created in the past", schedule.Created().Before(time.Now().Add(time.Second)), true)
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
