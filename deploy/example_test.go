package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// startGreeter starts a service for an example; functions called Greeter run in Go instead of the uploaded code.
func startGreeter() (client *functions.Client, closeAll func()) {
	service, err := emulator.Start(emulator.Options{Handlers: map[string]emulator.Handler{
		"Greeter": func(_ context.Context, call *emulator.Call) (any, error) {
			return "Hello from " + call.Env["PLACE"], nil
		},
	}})
	if err != nil {
		log.Fatal(err)
	}
	transport := &http.Transport{}
	client, err = functions.NewClient(functions.Config{
		BaseURL: service.URL(), Project: service.Project(),
		TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID: service.ClientID(), ClientSecret: functions.Secret(service.ClientSecret()), TokenURL: service.TokenURL(),
		}),
	}, functions.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		log.Fatal(err)
	}
	return client, func() {
		transport.CloseIdleConnections()
		if err := service.Close(); err != nil {
			log.Print(err)
		}
	}
}

// Plan, deploy, change, deploy again, and go back.
func Example() {
	ctx := context.Background()
	client, closeAll := startGreeter() // a real project has functions.ConfigFromEnv
	defer closeAll()

	spec := deploy.Spec{
		Function: functions.FunctionWrite{
			Name: "Greeter", ExternalID: new("greeter"), EnvVars: map[string]string{"PLACE": "Oslo"},
			Secrets: map[string]string{"api-key": "sesame"},
		},
		Source:     functions.HandlerText("def handle(data):\n    return 1\n"), // or functions.Folder("./greeter")
		SecretsKey: "kept where the api key is kept",
	}
	up := func() {
		changes, err := deploy.Plan(ctx, client, spec)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(changes)
		if _, err := deploy.Deploy(ctx, client, changes); err != nil {
			log.Fatal(err)
		}
	}
	up()
	up()
	spec.Function.Memory = new(2.5)
	spec.Function.Secrets["api-key"] = "open sesame"
	spec.Source = functions.HandlerText("def handle(data):\n    return 2\n")
	up()

	fn, err := deploy.Rollback(ctx, client, "greeter", deploy.Target{
		Secrets: map[string]functions.Secret{"api-key": "open sesame"}, SecretsKey: spec.SecretsKey,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("versions:", len(deploy.Versions(fn)))
	// Output:
	// greeter: create
	//   code: nothing is deployed under this external id
	// greeter: nothing
	// greeter: replace
	//   code: has the hash 5ed70e0e963b, was 729b4e04329d
	//   memory: is set now
	//   secrets: a value or the key of the digest differs
	// versions: 2
}

// A schedule that is kept as described, paused, resumed and looked after.
func ExampleUpsertSchedule() {
	ctx := context.Background()
	client, closeAll := startGreeter()
	defer closeAll()
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "Greeter", ExternalID: new("greeter")}, functions.HandlerText("def handle(): pass\n"))
	if err != nil {
		log.Fatal(err)
	}

	write := functions.ScheduleWrite{Name: "mornings", CronExpression: "0 7 * * MON-FRI", Data: json.RawMessage(`{"to": "all"}`)}
	var schedule *functions.Schedule
	for range 2 {
		var action deploy.Action
		if schedule, action, err = deploy.UpsertSchedule(ctx, client, functions.ExternalID("greeter"), write); err != nil {
			log.Fatal(err)
		}
		fmt.Println(action)
	}

	paused, err := deploy.PauseSchedule(ctx, client, schedule.ID)
	if err != nil {
		log.Fatal(err)
	}
	saved, err := json.Marshal(paused) // keep it: the service forgets the schedule
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(saved))
	if schedule, err = deploy.ResumeSchedule(ctx, client, *paused); err != nil {
		log.Fatal(err)
	}

	if _, err = deploy.RefreshSchedule(ctx, client, schedule.ID); err != nil { // a new session
		log.Fatal(err)
	}
	all, err := deploy.Health(ctx, client, functions.SchedulesFilter{Function: fn.Identifier()})
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range all {
		fmt.Println(h.Schedule.Name, "is", h.State)
	}
	// Output:
	// create
	// nothing
	// {"name":"mornings","cronExpression":"0 7 * * MON-FRI","data":{"to":"all"},"functionExternalId":"greeter"}
	// mornings is good
}

// When a schedule is due next, in UTC.
func ExampleNextRuns() {
	from := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) // a Friday
	runs, err := deploy.NextRuns("0 7 * * MON-FRI", 2, from)
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

// What happens is told step by step, and a failure says what the state of things is.
func ExampleError() {
	ctx := context.Background()
	client, closeAll := startGreeter()
	defer closeAll()

	spec := deploy.Spec{
		Function: functions.FunctionWrite{Name: "Counter", ExternalID: new("counter")}, // runs in Python
		Source:   functions.HandlerText("import no_such_module\n\ndef handle(data):\n    return 1\n"),
	}
	changes, err := deploy.Plan(ctx, client, spec)
	if err != nil {
		log.Fatal(err)
	}
	_, err = deploy.Deploy(ctx, client, changes, deploy.WithProgress(func(e deploy.Event) { fmt.Println("step:", e.Step) }))
	if failed, ok := errors.AsType[*deploy.Error](err); ok {
		fmt.Println("failed:", failed.Step)
		fmt.Println("serving:", failed.Serving)
		fmt.Println(strings.Contains(failed.Trace, "import no_such_module"))
	}
	// Output:
	// step: upload
	// step: creation
	// step: build
	// failed: build
	// serving: nothing
	// true
}
