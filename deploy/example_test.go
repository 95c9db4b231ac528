package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/emulated"
	functions "github.com/cogfn/cogfn/wrapper"
)

// startGreeter starts an emulator. Functions with the name Greeter run in Go instead of the uploaded code.
func startGreeter() (client *functions.Client, closeAll func()) {
	return emulated.Start(emulator.Options{Overrides: map[string]emulator.Handler{
		"Greeter": func(_ context.Context, call *emulator.Call) (any, error) {
			return "Hello from " + call.Env["PLACE"], nil
		},
	}})
}

// Plan, deploy, change, deploy again and roll back.
func Example() {
	ctx := context.Background()
	client, closeAll := startGreeter() // for a real project, use functions.ConfigFromEnv
	defer closeAll()

	spec := deploy.Spec{
		Function: functions.FunctionWrite{
			Name: "Greeter", ExternalID: new("greeter"), EnvVars: map[string]string{"PLACE": "Oslo"},
			Secrets: map[string]string{"api-key": "sesame"},
		},
		Source:     functions.HandlerText("def handle(data):\n    return 1\n"), // or functions.Folder("./greeter")
		SecretsKey: "stored where the api key is stored",
	}
	planAndDeploy := func() {
		changes, err := deploy.Plan(ctx, client, spec)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(changes)
		if _, err := deploy.Deploy(ctx, client, changes); err != nil {
			log.Fatal(err)
		}
	}
	planAndDeploy()
	planAndDeploy()
	spec.Function.Memory = new(2.5)
	spec.Function.Secrets["api-key"] = "open sesame"
	spec.Source = functions.HandlerText("def handle(data):\n    return 2\n")
	planAndDeploy()

	fn, err := deploy.Rollback(ctx, client, "greeter", deploy.Target{
		Secrets: map[string]functions.Secret{"api-key": "open sesame"}, SecretsKey: spec.SecretsKey,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("versions:", len(deploy.Versions(fn)))
	// Output:
	// greeter: create
	//   code: no function has this external id
	// greeter: nothing
	// greeter: replace
	//   code: was hash 729b4e04329d, is 5ed70e0e963b
	//   memory: is set now
	//   secrets: a value or SecretsKey differs
	// versions: 2
}

// Report each step and handle a failure.
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
