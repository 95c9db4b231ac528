package pythontogo

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (p *project) schedulesList(ctx context.Context, client *functions.Client) error {
	p.createSchedule(ctx, client)
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
	p.equal("number of schedules", len(schedules), 1)
	p.equal("names", names, []string{"nightly: " + schedules[0].When})
	return nil
}

func (p *project) schedulesRetrieve(ctx context.Context, client *functions.Client) error {
	id := p.createSchedule(ctx, client).ID
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
	p.equal("ids", schedules.IDs(), []int64{schedule.ID})
	return nil
}

func (p *project) schedulesCreate(ctx context.Context, client *functions.Client) error {
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
	p.equal("function id", *schedule.FunctionID, p.fn.ID)
	_, err = client.Schedules.Create(ctx, p.fn.Identifier(), functions.ScheduleWrite{Name: "often", CronExpression: "@hourly"})
	p.errorIs(err, functions.ErrInvalid)
	return nil
}

func (p *project) schedulesSession(ctx context.Context, client *functions.Client) error {
	// snippet: schedules-session
	w := functions.ScheduleWrite{Name: "nightly", CronExpression: "0 3 * * *"}
	robot := functions.SessionClientCredentials("robot", "the robot's secret")
	schedule, err := client.Schedules.Create(ctx, functions.ExternalID("my-function"), w, functions.WithSession(robot))
	if err != nil {
		return err
	}

	session, err := client.Sessions.Create(ctx, functions.SessionOneshotTokenExchange())
	if err != nil {
		return err
	}
	w.Nonce = session.Nonce // or functions.WithNonce(session.Nonce)
	short, err := client.Schedules.Create(ctx, functions.ExternalID("my-function"), w)
	if err != nil {
		return err
	}
	// end
	p.equal("sessions differ", schedule.Session() != short.Session(), true)
	p.equal("session id", short.Session(), strconv.FormatInt(session.ID, 10))
	return nil
}

func (p *project) schedulesDelete(ctx context.Context, client *functions.Client) error {
	id := p.createSchedule(ctx, client).ID
	// snippet: schedules-delete
	if err := client.Schedules.Delete(ctx, []int64{id}); err != nil { // or schedule.Delete(ctx)
		return err
	}
	// end
	_, err := client.Schedules.Retrieve(ctx, id)
	p.errorIs(err, functions.ErrNotFound)
	return nil
}

func (p *project) schedulesData(ctx context.Context, client *functions.Client) error {
	id := p.createSchedule(ctx, client).ID
	// snippet: schedules-data
	data, err := client.Schedules.InputData(ctx, id) // JSON; nil if the schedule has none
	if err != nil {
		return err
	}
	// end
	p.equal("data", string(data), `{"a":1}`)
	return nil
}

func (p *project) scheduleFields(ctx context.Context, client *functions.Client) error {
	schedule := p.createSchedule(ctx, client)
	// snippet: schedule-fields
	fmt.Println(schedule.ID, schedule.Name, schedule.CronExpression, schedule.When)
	fmt.Println(schedule.Created(), schedule.Session()) // a time.Time, and the session id as a string
	data, err := schedule.InputData(ctx)
	if err != nil {
		return err
	}
	if err := schedule.Update(ctx); err != nil { // retrieves it again
		return err
	}
	// end
	p.equal("data", string(data), `{"a":1}`)
	p.equal("created before now", schedule.Created().Before(time.Now().Add(time.Second)), true)
	return nil
}

func (p *project) scheduleWrite(ctx context.Context, client *functions.Client) error {
	schedule := p.createSchedule(ctx, client)
	// snippet: schedule-write
	w, err := schedule.AsWrite(ctx) // requests the input data
	if err != nil {
		return err
	}
	w.CronExpression = "0 4 * * *"
	changed, err := client.Schedules.Create(ctx, functions.ID(w.FunctionID), w)
	if err != nil {
		return err
	}
	if err := schedule.Delete(ctx); err != nil {
		return err
	}
	// end
	p.equal("cron expression", changed.CronExpression, "0 4 * * *")
	data, err := changed.InputData(ctx)
	if err != nil {
		return err
	}
	p.equal("data", string(data), `{"a":1}`)
	_, err = client.Schedules.Retrieve(ctx, schedule.ID)
	p.errorIs(err, functions.ErrNotFound)
	return nil
}
