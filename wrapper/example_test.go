package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/functionstest"
	"github.com/cogfn/cogfn/tests/emulated"
	functions "github.com/cogfn/cogfn/wrapper"
)

// greetCode is the uploaded code. The emulator runs the Go function greet instead, so the examples do not need Python.
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

// startWithGreet starts an emulator with the function greet, which is ready.
func startWithGreet(ctx context.Context, opts ...functions.Option) (client *functions.Client, closeAll func()) {
	client, closeAll = emulated.Start(emulator.Options{Overrides: map[string]emulator.Handler{"greet": greet}}, opts...)
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "Greeter", ExternalID: new("greet")}, functions.HandlerText(greetCode))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := fn.WaitReady(ctx); err != nil {
		log.Fatal(err)
	}
	return client, closeAll
}

// The example creates a function from its code, calls it and prints the response.
func ExampleNewClient() {
	service, err := emulator.Start(emulator.Options{Overrides: map[string]emulator.Handler{"greet": greet}})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = service.Close() }()
	cfg := functionstest.Config(service) // for a real project, use functions.ConfigFromEnv
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

// Start does not wait for the end of the call. Wait does.
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

// The log contains what the call printed.
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

// List returns a slice of at most 25 functions unless WithLimit sets another limit. All iterates over all functions.
func ExampleClient_List() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	ready := functions.Filter{Status: functions.FunctionReady, ExternalIDPrefix: "gr"}
	listed, err := client.List(ctx, ready, functions.WithLimit(functions.Unlimited))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(listed), "function")
	for fn, err := range client.All(ctx, ready) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(fn.Name, "is", fn.Status)
	}
	// Output:
	// 1 function
	// Greeter is Ready
}

// errors.Is distinguishes kinds of errors. errors.AsType returns the details.
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
		fmt.Println("unknown function")
	}
	if rejected, ok := errors.AsType[*functions.APIError](err); ok {
		fmt.Println(rejected.Operation, rejected.StatusCode, string(rejected.Missing[0]))
	}
	_, err = client.List(ctx, functions.Filter{}, functions.WithLimit(-5))
	if invalid, ok := errors.AsType[*functions.ArgumentError](err); ok {
		fmt.Println("invalid:", invalid.Field)
	}
	// Output:
	// failed: KeyError: 'name'
	// unknown function
	// byIdsFunctions 400 {"external_id":"great"}
	// invalid: limit
}

// The error of ConfigFromEnv names each missing variable.
func ExampleConfigFromEnv() {
	for _, name := range []string{"CDF_URL", "CDF_PROJECT", "CDF_TOKEN", "IDP_CLIENT_ID", "IDP_TENANT_ID", "IDP_TOKEN_URL", "LOGIN_FLOW"} {
		_ = os.Unsetenv(name)
	}
	_ = os.Setenv("CDF_CLUSTER", "westeurope-1")
	_ = os.Setenv("IDP_CLIENT_SECRET", "my-secret")
	_, err := functions.ConfigFromEnv()
	for _, name := range []string{"CDF_CLUSTER", "CDF_PROJECT", "IDP_CLIENT_ID", "IDP_CLIENT_SECRET", "IDP_TENANT_ID"} {
		if strings.Contains(err.Error(), name) {
			fmt.Println("set", name)
		}
	}

	_ = os.Setenv("CDF_PROJECT", "my-project")
	_ = os.Setenv("IDP_CLIENT_ID", "my-client")
	_ = os.Setenv("IDP_TENANT_ID", "my-tenant")
	cfg, err := functions.ConfigFromEnv()
	fmt.Println(cfg.Cluster, cfg.Project, err)
	// Output:
	// set CDF_PROJECT
	// set IDP_CLIENT_ID
	// set IDP_TENANT_ID
	// westeurope-1 my-project <nil>
}

// Upload sends the content to a signed URL. Download reads it from another.
func ExampleFilesService_Upload() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	file, err := client.Files.Upload(ctx, functions.FileWrite{Name: "note.txt", ExternalID: new("note")}, []byte("buy milk"))
	if err != nil {
		log.Fatal(err)
	}
	content, err := client.Files.Download(ctx, functions.ExternalID("note"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(file.Name, file.Uploaded, string(content))
	// Output: note.txt true buy milk
}

// Status returns whether Functions are activated in the project. Limits returns what the project allows.
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
	fmt.Println(limits.TimeoutMinutes, "minutes,", limits.CPUCores.Max, "cores")
	fmt.Println("offers Python 3.13:", slices.Contains(limits.Runtimes, string(functions.RuntimePy313)))
	// Output:
	// activated
	// 9 minutes, 3 cores
	// offers Python 3.13: true
}

// WithNonce uses a session that the caller created. Printing the session does not show its nonce.
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

// Printing, logging or encoding a FunctionWrite does not show its secrets.
func ExampleFunctionWrite() {
	secrets := functions.Secrets{"password": "hunter2"}
	write := functions.FunctionWrite{
		Name:     "hello",
		Secrets:  secrets.Reveal(),
		IndexURL: new("https://me:my-token@pypi.example.com/simple"),
	}
	fmt.Println(secrets)
	fmt.Println(write)
	fmt.Println(write.Secrets["password"])
	// Output:
	// map[password:***]
	// {"fileId":0,"indexUrl":"https://pypi.example.com/***","name":"hello","secrets":{"password":"***"}}
	// hunter2
}
