package beyondpython

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cogfn/cogfn/schedule"
	functions "github.com/cogfn/cogfn/wrapper"
)

func (p *project) upsert(ctx context.Context, client *functions.Client) error {
	p.create(client, "greet")
	// snippet: upsert
	mornings := functions.ScheduleWrite{Name: "mornings", CronExpression: "0 7 * * MON-FRI", Data: json.RawMessage(`{"name": "all"}`)}
	s, outcome, err := schedule.Upsert(ctx, client, functions.ExternalID("greet"), mornings)
	if err != nil {
		return err
	}
	fmt.Println(s, outcome) // created, replaced or unchanged
	// end
	p.equal("outcome", outcome, schedule.Created)
	_, outcome, err = schedule.Upsert(ctx, client, functions.ExternalID("greet"), mornings)
	p.equal("outcome of an equal schedule", outcome, schedule.Unchanged)
	return err
}

// createSchedule creates a schedule of the function greet.
func (p *project) createSchedule(ctx context.Context, client *functions.Client) *functions.Schedule {
	p.t.Helper()
	s, err := client.Schedules.Create(ctx, p.create(client, "greet").Identifier(), functions.ScheduleWrite{
		Name: "mornings", CronExpression: "0 7 * * MON-FRI", Data: json.RawMessage(`{"name": "all"}`),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *project) pause(ctx context.Context, client *functions.Client) error {
	s := p.createSchedule(ctx, client)
	// snippet: pause
	paused, err := schedule.Pause(ctx, client, s.ID)
	if err != nil {
		return err
	}
	stored, err := json.Marshal(paused) // store it: the service keeps no copy
	if err != nil {
		return err
	}

	var saved schedule.Saved
	if err := json.Unmarshal(stored, &saved); err != nil {
		return err
	}
	resumed, err := schedule.Resume(ctx, client, saved)
	if err != nil {
		return err
	}
	// end
	_, err = client.Schedules.Retrieve(ctx, s.ID)
	p.errorIs(err, functions.ErrNotFound)
	p.equal("cron expression", resumed.CronExpression, s.CronExpression)
	data, err := resumed.InputData(ctx)
	p.equal("data", string(data), `{"name":"all"}`)
	return err
}

func (p *project) health(ctx context.Context, client *functions.Client) error {
	before := p.createSchedule(ctx, client)
	// snippet: health
	all, err := schedule.CheckHealth(ctx, client, functions.SchedulesFilter{Function: functions.ExternalID("greet")})
	if err != nil {
		return err
	}
	for _, health := range all {
		fmt.Println(health.Schedule.Name, health.State, health.Text)
		if health.State == schedule.Good {
			continue
		}
		if _, err := schedule.Refresh(ctx, client, health.Schedule.ID); err != nil { // a new session
			return err
		}
	}
	// end
	p.equal("state", all[0].State, schedule.Good)
	refreshed, err := schedule.Refresh(ctx, client, before.ID)
	if err != nil {
		return err
	}
	p.equal("sessions differ", refreshed.Session() != before.Session(), true)
	return nil
}

func (p *project) nextRuns(context.Context, *functions.Client) error {
	from := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) // a Friday
	// snippet: next-runs
	runs, err := schedule.NextRuns("0 7 * * MON-FRI", 2, from) // in UTC, without a request
	if err != nil {
		return err
	}
	// end
	p.equal("runs", runs, []time.Time{time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)})
	return nil
}
