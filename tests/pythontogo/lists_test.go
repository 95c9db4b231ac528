package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (p *project) lists(ctx context.Context, client *functions.Client) error {
	p.createSchedule(ctx, client)
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
	p.equal("ids", fns.IDs(), []int64{p.fn.ID})
	p.equal("number of schedules", len(schedules), 1)
	return nil
}

func (p *project) writeLists(ctx context.Context, client *functions.Client) error {
	p.createSchedule(ctx, client)
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
	scheduleWrites, err := schedules.AsWrite(ctx) // []functions.ScheduleWrite; one request per schedule for its data
	i := slices.IndexFunc(functionWrites, func(w functions.FunctionWrite) bool {
		return w.ExternalID != nil && *w.ExternalID == "my-function"
	})
	// end
	p.equal("index", i, 0)
	p.equal("number of schedules", len(scheduleWrites), 1)
	return err
}

func (p *project) filters(context.Context, *functions.Client) error {
	yesterday := time.Now().AddDate(0, 0, -1)
	// snippet: filters
	day := functions.TimeRange{From: yesterday, To: yesterday.AddDate(0, 0, 1)} // both ends are included
	since := functions.TimeRange{From: yesterday}                               // no end
	ofFunctions := functions.Filter{Owner: "me@example.com", FileID: 42, Metadata: map[string]string{"team": "a"}, CreatedTime: since}
	ofCalls := functions.CallsFilter{ScheduleID: 42, Status: functions.CallTimeout, EndTime: day}
	ofSchedules := functions.SchedulesFilter{Function: functions.ID(42), CreatedTime: since}
	// end
	p.equal("created time", ofFunctions.CreatedTime, ofSchedules.CreatedTime)
	p.equal("end time", ofCalls.EndTime, day)
	return nil
}

func (p *project) limitsOfLists(ctx context.Context, client *functions.Client) error {
	// snippet: limits-of-lists
	all, err := client.List(ctx, functions.Filter{}, functions.WithLimit(functions.Unlimited))
	if truncated, ok := errors.AsType[*functions.TruncatedError](err); ok {
		fmt.Println("more functions may exist than the first", truncated.Limit)
	} else if err != nil {
		return err
	}
	// end
	p.equal("number of functions", len(all), 1)
	_, err = client.List(ctx, functions.Filter{}, functions.WithLimit(-2))
	p.errorIs(err, functions.ErrInvalid)
	return nil
}

func (p *project) enums(context.Context, *functions.Client) error {
	fn := p.fn
	// snippet: enums
	switch fn.Status {
	case functions.FunctionReady:
	case functions.FunctionFailed:
	default:
		if !functions.Known(fn.Status) {
			fmt.Println("unknown status:", fn.Status)
		}
	}
	// end
	p.equal("status is known", functions.Known(fn.Status), true)
	return nil
}

func (p *project) json(context.Context, *functions.Client) error {
	fn := p.fn
	// snippet: json
	encoded, err := json.Marshal(fn)
	if err != nil {
		return err
	}
	fmt.Println(string(encoded)) // {"createdTime":…,"externalId":"my-function",…}
	// end
	p.equal("JSON contains the external id", strings.Contains(string(encoded), `"externalId":"my-function"`), true)
	return nil
}
