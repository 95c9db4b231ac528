package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// The code of these examples' functions; the emulator runs Go functions instead, so that they need no Python.
const greetCode = `
def handle(data):
    print("greeting", data["name"])
    return {"greeting": "Hello, " + data["name"] + "!"}
`

func greet(_ context.Context, call *emulator.Call) (any, error) {
	var in struct{ Name string }
	if err := json.Unmarshal(call.Data, &in); err != nil || in.Name == "" {
		return nil, errors.New("KeyError: 'name'")
	}
	call.Print("greeting ", in.Name)
	return map[string]string{"greeting": "Hello, " + in.Name + "!"}, nil
}

// startEmulator starts a service for an example, and tells how to reach it.
func startEmulator() (service *emulator.Emulator, cfg functions.Config) {
	service, err := emulator.Start(emulator.Options{Handlers: map[string]emulator.Handler{"greet": greet}})
	if err != nil {
		log.Fatal(err)
	}
	return service, functions.Config{
		BaseURL: service.URL(),
		Project: service.Project(),
		TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID:     service.ClientID(),
			ClientSecret: functions.Secret(service.ClientSecret()),
			TokenURL:     service.TokenURL(),
		}),
	}
}

// startWithGreet starts a service on which the function greet is ready.
func startWithGreet(ctx context.Context, opts ...functions.Option) (client *functions.Client, closeAll func()) {
	service, cfg := startEmulator()
	transport := &http.Transport{}
	client, err := functions.NewClient(cfg, append(opts, functions.WithHTTPClient(&http.Client{Transport: transport}))...)
	if err != nil {
		log.Fatal(err)
	}
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "Greeter", ExternalID: new("greet")}, functions.HandlerText(greetCode))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := fn.WaitReady(ctx); err != nil {
		log.Fatal(err)
	}
	return client, func() {
		transport.CloseIdleConnections()
		if err := service.Close(); err != nil {
			log.Print(err)
		}
	}
}

// From code to a response.
func ExampleNewClient() {
	service, cfg := startEmulator() // a real project has functions.ConfigFromEnv
	defer func() { _ = service.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	client, err := functions.NewClient(cfg)
	if err != nil {
		log.Fatal(err)
	}
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "Greeter", ExternalID: new("greet")}, functions.HandlerText(greetCode))
	if err != nil {
		log.Fatal(err)
	}
	if fn, err = fn.WaitReady(ctx); err != nil {
		log.Fatal(err)
	}
	call, err := fn.Call(ctx, map[string]any{"name": "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	response, err := call.Response(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fn.Name, "is", fn.Status)
	fmt.Println("the call is", call.Status)
	fmt.Println(string(response))
	// Output:
	// Greeter is Ready
	// the call is Completed
	// {"greeting":"Hello, Ada!"}
}

// Start returns at once, so that something else can be done before Wait.
func ExampleClient_Start() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]any{"name": "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Status)
	if err := call.Wait(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Status)
	// Output:
	// Running
	// Completed
}

// What a call printed, without and with times.
func ExampleCall_Logs() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	call, err := client.Call(ctx, functions.ExternalID("greet"), map[string]any{"name": "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	lines, err := call.Logs(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(lines.Text(false))
	// Output:
	// greeting Ada
}

func ExampleCallLog_Text() {
	entry := func(ms int64, text string) functions.CallLogEntry {
		var e functions.CallLogEntry
		e.Timestamp, e.Message = &ms, &text
		return e
	}
	lines := functions.CallLog{entry(1_700_000_000_123, "begin"), entry(1_700_000_001_000, "end")}
	fmt.Println(lines.Text(true))
	// Output:
	// [2023-11-14 22:13:20.123] begin
	// [2023-11-14 22:13:21.000] end
}

// List returns 25 functions at most, unless it is told otherwise; All walks them all.
func ExampleClient_List() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	ready := functions.Filter{Status: functions.FunctionReady, ExternalIDPrefix: "gr"}
	listed, err := client.List(ctx, ready, functions.WithLimit(functions.Unlimited))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(listed), "of them")
	for fn, err := range client.All(ctx, ready) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(fn.Name, "is", fn.Status)
	}
	// Output:
	// 1 of them
	// Greeter is Ready
}

// Kinds of failure are told apart with errors.Is, their details with errors.AsType.
func ExampleCallError() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	_, err := client.Call(ctx, functions.ExternalID("greet"), nil)
	if failed, ok := errors.AsType[*functions.CallError](err); ok {
		fmt.Println("failed:", failed.Message)
	}
	_, err = client.Call(ctx, functions.ExternalID("great"), nil)
	if errors.Is(err, functions.ErrNotFound) {
		fmt.Println("there is no such function")
	}
	if refused, ok := errors.AsType[*functions.APIError](err); ok {
		fmt.Println(refused.Operation, refused.StatusCode, string(refused.Missing[0]))
	}
	_, err = client.List(ctx, functions.Filter{}, functions.WithLimit(-5))
	fmt.Println(errors.Is(err, functions.ErrInvalid), err)
	// Output:
	// failed: KeyError: 'name'
	// there is no such function
	// byIdsFunctions 400 {"external_id":"great"}
	// true functions: limit is -5; use a number above zero or functions.Unlimited
}

// ConfigFromEnv names every variable that is missing.
func ExampleConfigFromEnv() {
	for _, name := range []string{"CDF_URL", "CDF_PROJECT", "CDF_TOKEN", "IDP_CLIENT_ID", "IDP_TENANT_ID", "IDP_TOKEN_URL", "LOGIN_FLOW"} {
		_ = os.Unsetenv(name)
	}
	_ = os.Setenv("CDF_CLUSTER", "westeurope-1")
	_ = os.Setenv("IDP_CLIENT_SECRET", "not shown")
	_, err := functions.ConfigFromEnv()
	fmt.Println(err)

	_ = os.Setenv("CDF_PROJECT", "my-project")
	_ = os.Setenv("IDP_CLIENT_ID", "my-client")
	_ = os.Setenv("IDP_TENANT_ID", "my-tenant")
	cfg, err := functions.ConfigFromEnv()
	fmt.Println(cfg.Cluster, cfg.Project, err)
	// Output:
	// functions: the environment lacks settings: set CDF_PROJECT; set IDP_CLIENT_ID, IDP_TOKEN_URL or IDP_TENANT_ID
	// westeurope-1 my-project <nil>
}

// A file is sent to a signed address and read back from another.
func ExampleFilesService_Upload() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	file, err := client.Files.Upload(ctx, functions.FileWrite{Name: "note.txt", ExternalID: new("note")}, []byte("remember the milk"))
	if err != nil {
		log.Fatal(err)
	}
	content, err := client.Files.Download(ctx, functions.ExternalID("note"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(file.Name, file.Uploaded, string(content))
	// Output: note.txt true remember the milk
}

// What the project's cloud allows, and whether Functions are activated in it.
func ExampleClient_Limits() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	if _, err := client.Activate(ctx); err != nil {
		log.Fatal(err)
	}
	status, err := client.Status(ctx)
	if err != nil {
		log.Fatal(err)
	}
	limits, err := client.Limits(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(status.Status)
	fmt.Println(limits.TimeoutMinutes, "minutes,", limits.CPUCores.Max, "cores at most")
	fmt.Println("Python 3.13 is offered:", slices.Contains(limits.Runtimes, string(functions.RuntimePy313)))
	// Output:
	// activated
	// 9 minutes, 3 cores at most
	// Python 3.13 is offered: true
}

// A function can act on somebody else's behalf by a session of its own. Printing a session hides its nonce.
func ExampleSessionsService_Create() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	session, err := client.Sessions.Create(ctx, functions.SessionTokenExchange())
	if err != nil {
		log.Fatal(err)
	}
	call, err := client.Call(ctx, functions.ExternalID("greet"), map[string]any{"name": "Ada"}, functions.WithNonce(session.Nonce))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Status, call.Status)
	// Output: READY Completed
}
