package schedule_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/schedule"
	"github.com/cogfn/cogfn/tests/emulated"
	functions "github.com/cogfn/cogfn/wrapper"
)

// startGreeter starts an emulator with the function "greeter".
func startGreeter(ctx context.Context) (client *functions.Client, closeAll func()) {
	client, closeAll = emulated.Start(emulator.Options{})
	greeter := functions.FunctionWrite{Name: "Greeter", ExternalID: new("greeter")}
	if _, err := client.Create(ctx, greeter, functions.HandlerText("def handle(): pass\n")); err != nil {
		log.Fatal(err)
	}
	return client, closeAll
}

// Create, pause, resume, refresh and check a schedule.
func Example() {
	ctx := context.Background()
	client, closeAll := startGreeter(ctx) // for a real project, use functions.ConfigFromEnv
	defer closeAll()
	greeter := functions.ExternalID("greeter")

	write := functions.ScheduleWrite{Name: "mornings", CronExpression: "0 7 * * MON-FRI", Data: json.RawMessage(`{"to": "all"}`)}
	s, outcome, err := schedule.Upsert(ctx, client, greeter, write)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcome)
	if _, outcome, err = schedule.Upsert(ctx, client, greeter, write); err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcome)

	paused, err := schedule.Pause(ctx, client, s.ID)
	if err != nil {
		log.Fatal(err)
	}
	stored, err := json.Marshal(paused) // store it: the service keeps no copy
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(stored))
	if s, err = schedule.Resume(ctx, client, *paused); err != nil {
		log.Fatal(err)
	}

	if _, err = schedule.Refresh(ctx, client, s.ID); err != nil { // a new session
		log.Fatal(err)
	}
	all, err := schedule.CheckHealth(ctx, client, functions.SchedulesFilter{Function: greeter})
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range all {
		fmt.Println(h.Schedule.Name, "is", h.State)
	}
	// Output:
	// created
	// unchanged
	// {"name":"mornings","cronExpression":"0 7 * * MON-FRI","data":{"to":"all"},"functionExternalId":"greeter"}
	// mornings is good
}

// The next times of a cron expression, in UTC.
func ExampleNextRuns() {
	from := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) // a Friday
	runs, err := schedule.NextRuns("0 7 * * MON-FRI", 2, from)
	if err != nil {
		log.Fatal(err)
	}
	for _, at := range runs {
		fmt.Println(at.Format(time.RFC1123))
	}
	// Output:
	// Mon, 30 Nov 2026 07:00:00 UTC
	// Tue, 01 Dec 2026 07:00:00 UTC
}
