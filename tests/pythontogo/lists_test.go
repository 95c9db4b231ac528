package pythontogo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

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
	s.want("index", i, 0)
	s.want("schedules", len(scheduleWrites), 1)
	return err
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
	s.want("time ranges", ofFunctions.CreatedTime == ofSchedules.CreatedTime && ofCalls.EndTime == day, true)
	return nil
}

func (s *fixture) limitsOfLists(ctx context.Context, client *functions.Client) error {
	// snippet: limits-of-lists
	all, err := client.List(ctx, functions.Filter{}, functions.WithLimit(functions.Unlimited))
	if truncated, ok := errors.AsType[*functions.TruncatedError](err); ok {
		fmt.Println("there may be more than", truncated.Limit)
	} else if err != nil {
		return err
	}
	// end
	s.want("functions", len(all), 1)
	_, err = client.List(ctx, functions.Filter{}, functions.WithLimit(-2))
	s.want("limit below -1 matches ErrInvalid", errors.Is(err, functions.ErrInvalid), true)
	return nil
}
