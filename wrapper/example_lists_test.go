package functions_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// startWithCalls starts an emulator with the function greet and two calls of it.
func startWithCalls(ctx context.Context) (client *functions.Client, fn *functions.Function, calls functions.CallList, closeAll func()) {
	client, closeAll = startWithGreet(ctx)
	fn, err := client.Retrieve(ctx, functions.ExternalID("greet"))
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"Ada", "Grace"} {
		call, err := fn.Call(ctx, map[string]string{"name": name})
		if err != nil {
			log.Fatal(err)
		}
		calls = append(calls, call)
	}
	return client, fn, calls, closeAll
}

func ExampleCallsService_List() {
	ctx := context.Background()
	client, _, _, closeAll := startWithCalls(ctx)
	defer closeAll()

	completed := functions.CallsFilter{Status: functions.CallCompleted}
	calls, err := client.Calls.List(ctx, functions.ExternalID("greet"), completed, functions.WithLimit(10))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(calls), calls[0].Status)
	// Output: 2 Completed
}

// All keeps one page of calls in memory.
func ExampleCallsService_All() {
	ctx := context.Background()
	client, _, _, closeAll := startWithCalls(ctx)
	defer closeAll()

	for call, err := range client.Calls.All(ctx, functions.ExternalID("greet"), functions.CallsFilter{}, functions.WithPageSize(1)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(call.Status)
	}
	// Output:
	// Completed
	// Completed
}

func ExampleCallsService_Retrieve() {
	ctx := context.Background()
	client, fn, calls, closeAll := startWithCalls(ctx)
	defer closeAll()

	call, err := client.Calls.Retrieve(ctx, functions.ID(fn.ID), calls[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	response, err := call.Response(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Status, string(response))
	// Output: Completed {"greeting":"Hello, Ada!"}
}

func ExampleCallsService_RetrieveMultiple() {
	ctx := context.Background()
	client, fn, calls, closeAll := startWithCalls(ctx)
	defer closeAll()

	found, err := client.Calls.RetrieveMultiple(ctx, functions.ID(fn.ID), []int64{calls[1].ID, 1, calls[0].ID}, functions.IgnoreUnknown())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(found), found[0].ID == calls[1].ID)
	// Output: 2 true
}

func ExampleFunction_ListCalls() {
	ctx := context.Background()
	_, fn, _, closeAll := startWithCalls(ctx)
	defer closeAll()

	calls, err := fn.ListCalls(ctx, functions.CallsFilter{}, functions.WithLimit(1))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(calls))
	// Output: 1
}

func ExampleFunction_RetrieveCall() {
	ctx := context.Background()
	_, fn, calls, closeAll := startWithCalls(ctx)
	defer closeAll()

	call, err := fn.RetrieveCall(ctx, calls[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Status, call.Duration() >= 0)
	// Output: Completed true
}

// AsWrite returns the value that creates a function again. The service does not return secrets, so Create rejects the
// asterisks that it returns instead.
func ExampleFunction_AsWrite() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	fn, err := client.Retrieve(ctx, functions.ExternalID("greet"))
	if err != nil {
		log.Fatal(err)
	}
	write := fn.AsWrite()
	write.ExternalID, write.Secrets = new("greet-2"), map[string]string{"key": "***"}
	_, err = client.Create(ctx, write, functions.FileID(fn.FileID))
	if invalid, ok := errors.AsType[*functions.ArgumentError](err); ok {
		fmt.Println("invalid:", invalid.Field)
	}

	write.Secrets["key"] = "the real secret"
	second, err := client.Create(ctx, write, functions.FileID(fn.FileID))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(second.Name, *second.ExternalID)
	// Output:
	// invalid: Secrets
	// Greeter greet-2
}

func ExampleFunctionList_AsWrite() {
	var fn functions.Function
	fn.Name, fn.FileID = "Greeter", 7
	for _, write := range (functions.FunctionList{&fn}).AsWrite() {
		fmt.Println(write.Name, write.FileID)
	}
	// Output: Greeter 7
}

func ExampleFunctionList_IDs() {
	var one, two functions.Function
	one.ID, two.ID = 1, 2
	fmt.Println(functions.FunctionList{&one, &two}.IDs())
	// Output: [1 2]
}

func ExampleFunctionList_ExternalIDs() {
	var named, unnamed functions.Function
	named.ExternalID = new("greet")
	fmt.Println(functions.FunctionList{&named, &unnamed}.ExternalIDs())
	// Output: [greet]
}

func ExampleFunctionList_Get() {
	var fn functions.Function
	fn.ID, fn.Name, fn.ExternalID = 1, "Greeter", new("greet")
	list := functions.FunctionList{&fn}
	fmt.Println(list.Get(functions.ID(1)).Name, list.Get(functions.ExternalID("greet")).Name)
	fmt.Println(list.Get(functions.ID(2)) == nil)
	// Output:
	// Greeter Greeter
	// true
}

func ExampleCallList_IDs() {
	var one, two functions.Call
	one.ID, two.ID = 1, 2
	fmt.Println(functions.CallList{&one, &two}.IDs())
	// Output: [1 2]
}

func ExampleCallList_Get() {
	var call functions.Call
	call.ID, call.Status = 1, functions.CallRunning
	list := functions.CallList{&call}
	fmt.Println(list.Get(1).Status, list.Get(2) == nil)
	// Output: Running true
}

// Chunk groups three functions into chunks of at most two.
func ExampleChunk() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	greet, err := client.Retrieve(ctx, functions.ExternalID("greet"))
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"second", "third"} {
		if _, err := client.Create(ctx, functions.FunctionWrite{Name: name}, functions.FileID(greet.FileID)); err != nil {
			log.Fatal(err)
		}
	}
	for chunk, err := range functions.Chunk(client.All(ctx, functions.Filter{}), 2) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(chunk), "functions, the first is", chunk[0].Name)
	}
	// Output:
	// 2 functions, the first is Greeter
	// 1 functions, the first is third
}

// The client accepts values that the service adds later.
func ExampleKnown() {
	fmt.Println(functions.Known(functions.FunctionReady))
	fmt.Println(functions.Known(functions.FunctionStatus("Hibernating")))
	// Output:
	// true
	// false
}

// The default is the limit of Google. The limits of Azure and AWS are much lower.
func ExampleWithPayloadLimit() {
	client, err := functions.NewClient(functions.Config{
		BaseURL: "http://127.0.0.1:1", Project: "demo", TokenSource: functions.StaticToken("token"),
	}, functions.WithPayloadLimit(functions.PayloadAzure))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Start(context.Background(), functions.ID(1), map[string]string{"text": strings.Repeat("x", 40_000)})
	if invalid, ok := errors.AsType[*functions.ArgumentError](err); ok {
		fmt.Println("invalid:", invalid.Field)
	}
	// Output: invalid: data
}
