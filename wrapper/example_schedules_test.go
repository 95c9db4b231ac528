package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strconv"

	functions "github.com/cogfn/cogfn/wrapper"
)

// startWithSchedule starts an emulator with the function greet and a schedule that calls it every morning.
func startWithSchedule(ctx context.Context) (client *functions.Client, schedule *functions.Schedule, closeAll func()) {
	client, closeAll = startWithGreet(ctx)
	schedule, err := client.Schedules.Create(ctx, functions.ExternalID("greet"), functions.ScheduleWrite{
		Name: "morning", CronExpression: "0 7 * * *", Data: json.RawMessage(`{"name": "Ada"}`),
	})
	if err != nil {
		log.Fatal(err)
	}
	return client, schedule, closeAll
}

// Create makes a session for the calls of the schedule, with the credentials of the client.
func ExampleSchedulesService_Create() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	schedule, err := client.Schedules.Create(ctx, functions.ExternalID("greet"), functions.ScheduleWrite{
		Name: "morning", CronExpression: "0 7 * * *", Data: json.RawMessage(`{"name": "Ada"}`),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(schedule.Name, schedule.CronExpression, *schedule.FunctionExternalID)

	_, err = client.Schedules.Create(ctx, functions.ExternalID("greet"), functions.ScheduleWrite{Name: "often", CronExpression: "@hourly"})
	if invalid, ok := errors.AsType[*functions.ArgumentError](err); ok {
		fmt.Println("invalid:", invalid.Field)
	}
	// Output:
	// morning 0 7 * * * greet
	// invalid: CronExpression
}

// The calls of this schedule use another machine identity than the client.
func ExampleWithSession() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	robot := functions.SessionClientCredentials("robot", "the robot's secret")
	_, err := client.Schedules.Create(ctx, functions.ExternalID("greet"),
		functions.ScheduleWrite{Name: "night", CronExpression: "0 3 * * *"}, functions.WithSession(robot))
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := client.Sessions.List(ctx, functions.SessionsFilter{Status: functions.SessionActive})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(robot, "|", *sessions[0].ClientID, *sessions[0].Type)
	// Output: client credentials of robot | robot CLIENT_CREDENTIALS
}

func ExampleSchedulesService_List() {
	ctx := context.Background()
	client, _, closeAll := startWithSchedule(ctx)
	defer closeAll()

	filter := functions.SchedulesFilter{Function: functions.ExternalID("greet"), CronExpression: "0 7 * * *"}
	schedules, err := client.Schedules.List(ctx, filter, functions.WithLimit(10))
	if err != nil {
		log.Fatal(err)
	}
	for _, schedule := range schedules {
		fmt.Println(schedule.Name, "at", schedule.CronExpression)
	}
	// Output: morning at 0 7 * * *
}

func ExampleSchedulesService_All() {
	ctx := context.Background()
	client, _, closeAll := startWithSchedule(ctx)
	defer closeAll()

	for schedule, err := range client.Schedules.All(ctx, functions.SchedulesFilter{Name: "morning"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(schedule.Name)
	}
	// Output: morning
}

func ExampleSchedulesService_Retrieve() {
	ctx := context.Background()
	client, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	found, err := client.Schedules.Retrieve(ctx, schedule.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Name)
	_, err = client.Schedules.Retrieve(ctx, 1)
	fmt.Println("unknown:", errors.Is(err, functions.ErrNotFound))
	// Output:
	// morning
	// unknown: true
}

// The result has the order of the ids. IgnoreUnknown leaves out unknown schedules.
func ExampleSchedulesService_RetrieveMultiple() {
	ctx := context.Background()
	client, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	found, err := client.Schedules.RetrieveMultiple(ctx, []int64{1, schedule.ID}, functions.IgnoreUnknown())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(found), found[0].Name)
	// Output: 1 morning
}

func ExampleSchedulesService_Delete() {
	ctx := context.Background()
	client, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	if err := client.Schedules.Delete(ctx, []int64{schedule.ID}); err != nil {
		log.Fatal(err)
	}
	err := client.Schedules.Delete(ctx, []int64{schedule.ID})
	fmt.Println("not found:", errors.Is(err, functions.ErrNotFound))
	// Output: not found: true
}

// Lists of schedules do not contain the input data. InputData requests it.
func ExampleSchedulesService_InputData() {
	ctx := context.Background()
	client, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	data, err := client.Schedules.InputData(ctx, schedule.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(data))
	// Output: {"name":"Ada"}
}

func ExampleSchedule_InputData() {
	ctx := context.Background()
	_, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	data, err := schedule.InputData(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(data))
	// Output: {"name":"Ada"}
}

// The API cannot change a schedule. Delete it and create it again.
func ExampleSchedule_AsWrite() {
	ctx := context.Background()
	client, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	write, err := schedule.AsWrite(ctx) // reads the input data
	if err != nil {
		log.Fatal(err)
	}
	write.CronExpression = "0 8 * * *"
	if err := schedule.Delete(ctx); err != nil {
		log.Fatal(err)
	}
	later, err := client.Schedules.Create(ctx, functions.Identifier{}, write)
	if err != nil {
		log.Fatal(err)
	}
	data, err := later.InputData(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(later.Name, later.CronExpression, string(data))
	// Output: morning 0 8 * * * {"name":"Ada"}
}

func ExampleSchedule_Update() {
	ctx := context.Background()
	_, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	schedule.Name = "local change"
	if err := schedule.Update(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(schedule.Name, schedule.Created().IsZero())
	// Output: morning false
}

// The session of a schedule is active while the schedule exists.
func ExampleSchedule_Session() {
	ctx := context.Background()
	client, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	active, err := client.Sessions.List(ctx, functions.SessionsFilter{Status: functions.SessionActive})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(schedule.Session() == strconv.FormatInt(active[0].ID, 10))
	// Output: true
}

func ExampleFunction_ListSchedules() {
	ctx := context.Background()
	client, _, closeAll := startWithSchedule(ctx)
	defer closeAll()

	fn, err := client.Retrieve(ctx, functions.ExternalID("greet"))
	if err != nil {
		log.Fatal(err)
	}
	schedules, err := fn.ListSchedules(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(schedules), schedules[0].Name)
	// Output: 1 morning
}

func ExampleScheduleList_AsWrite() {
	ctx := context.Background()
	client, _, closeAll := startWithSchedule(ctx)
	defer closeAll()

	schedules, err := client.Schedules.List(ctx, functions.SchedulesFilter{})
	if err != nil {
		log.Fatal(err)
	}
	writes, err := schedules.AsWrite(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(writes), writes[0].Name, string(writes[0].Data))
	// Output: 1 morning {"name":"Ada"}
}

func ExampleScheduleList_IDs() {
	ctx := context.Background()
	client, _, closeAll := startWithSchedule(ctx)
	defer closeAll()

	schedules, err := client.Schedules.List(ctx, functions.SchedulesFilter{})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Schedules.Delete(ctx, schedules.IDs()); err != nil {
		log.Fatal(err)
	}
	fmt.Println("deleted", len(schedules))
	// Output: deleted 1
}

func ExampleScheduleList_Get() {
	ctx := context.Background()
	client, schedule, closeAll := startWithSchedule(ctx)
	defer closeAll()

	schedules, err := client.Schedules.List(ctx, functions.SchedulesFilter{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(schedules.Get(schedule.ID).Name, schedules.Get(1) == nil)
	// Output: morning true
}
