package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cogfn/cogfn/gen"
	functions "github.com/cogfn/cogfn/wrapper"
)

const yearly = "0 0 1 1 *"

func (s *scenario) schedules() error {
	schedules, echo := s.client.Schedules, functions.ID(s.echo.ID)
	var err error
	s.schedule, err = s.createSchedule(echo, functions.ScheduleWrite{
		Name: s.Name + "-yearly", Description: new("Rings the new year in."), CronExpression: yearly,
		Data: json.RawMessage(`{"value": "happy new year"}`),
	})
	if err != nil {
		return err
	}
	bare, err := s.createSchedule(functions.ID(s.minimal.ID), functions.ScheduleWrite{Name: s.Name + "-bare", CronExpression: yearly})
	if err != nil {
		return err
	}
	create := fmt.Sprintf(`{"items": [{"name": %q, "cronExpression": "%%s", "functionId": %d, "nonce": "not-a-nonce"}]}`, s.Name, s.echo.ID)
	return errors.Join(
		rejected(s.send("POST", "/functions/schedules", fmt.Sprintf(create, yearly))),
		rejected(s.send("POST", "/functions/schedules", fmt.Sprintf(create, "every day at noon"))),
		rejected(errorOf(schedules.Create(s.ctx, functions.ID(9007199254740991), functions.ScheduleWrite{Name: s.Name, CronExpression: yearly}))),
		s.listSchedules(),
		errorOf(schedules.Retrieve(s.ctx, bare.ID)),
		errorOf(schedules.RetrieveMultiple(s.ctx, []int64{s.schedule.ID, 9007199254740991}, functions.IgnoreUnknown())),
		rejected(errorOf(schedules.Retrieve(s.ctx, 9007199254740991))),
		s.send("POST", "/functions/schedules/byids", fmt.Sprintf(`{"items": [{"id": %d}]}`, s.schedule.ID)),
		errorOf(s.client.Gen().GetFunctionSchedule(s.ctx, s.schedule.ID)),
		errorOf(s.client.Gen().GetFunctionSchedule(s.ctx, bare.ID)),
		rejected(s.send("GET", "/functions/schedules/"+unknownID, "")),
		errorOf(schedules.InputData(s.ctx, s.schedule.ID)),
		errorOf(schedules.InputData(s.ctx, bare.ID)),
		rejected(s.send("GET", "/functions/schedules/"+unknownID+"/input_data", "")),
		schedules.Delete(s.ctx, []int64{bare.ID}),
		rejected(schedules.Delete(s.ctx, []int64{bare.ID})),
	)
}

func (s *scenario) createSchedule(fn functions.Identifier, w functions.ScheduleWrite) (*functions.Schedule, error) {
	schedule, err := s.client.Schedules.Create(s.ctx, fn, w)
	if err != nil {
		return nil, err
	}
	s.atEnd(func(ctx context.Context) error {
		return s.client.Schedules.Delete(ctx, []int64{schedule.ID})
	})
	return schedule, nil
}

func (s *scenario) listSchedules() error {
	span := recently()
	raw := s.client.Gen()
	errs := []error{
		errorOf(s.client.Schedules.List(s.ctx, functions.SchedulesFilter{
			Name: s.Name + "-yearly", Function: functions.ID(s.echo.ID), CreatedTime: span, CronExpression: yearly,
		})),
		errorOf(s.client.Schedules.List(s.ctx, functions.SchedulesFilter{Function: functions.ExternalID(s.Name + EchoSuffix)})),
		s.send("POST", "/functions/schedules/list", ""),
		s.send("POST", "/functions/schedules/list", `{"filter": {"name": "none", "createdTime": {"min": 10}}}`),
		s.send("POST", "/functions/schedules/list", `{"filter": {"name": "none", "createdTime": {"max": 199}}}`),
		errorOf(raw.GetFunctionSchedules(s.ctx, nil)),
		errorOf(raw.GetFunctionSchedules(s.ctx, &gen.GetFunctionSchedulesParams{Limit: new(int64(1))})),
	}
	return errors.Join(errs...)
}

// scheduledCalls waits until a schedule has started a call.
func (s *scenario) scheduledCalls() error {
	schedule, err := s.createSchedule(functions.ID(s.echo.ID), functions.ScheduleWrite{
		Name: s.Name + "-minutely", CronExpression: "* * * * *", Data: json.RawMessage(`{"value": 1}`),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, 3*time.Minute)
	defer cancel()
	for pause := time.Tick(10 * time.Second); ; <-pause {
		calls, err := s.echo.ListCalls(ctx, functions.CallsFilter{ScheduleID: schedule.ID})
		if err != nil {
			return err
		}
		if len(calls) == 0 {
			continue
		}
		if err := calls[0].Wait(ctx); err != nil {
			return err
		}
		return errors.Join(
			errorOf(s.client.Gen().GetFunctionCall(ctx, calls[0].FunctionID, calls[0].ID)),
			errorOf(s.client.Gen().GetFunctionCalls(ctx, calls[0].FunctionID, nil)),
			s.client.Schedules.Delete(ctx, []int64{schedule.ID}),
		)
	}
}
