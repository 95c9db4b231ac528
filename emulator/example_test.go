package emulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// A Go function runs instead of the code of a function. A client creates the function and calls it.
func ExampleStart() {
	double := func(_ context.Context, call *emulator.Call) (any, error) {
		var in struct{ N int }
		err := json.Unmarshal(call.Data, &in)
		return 2 * in.N, err
	}
	e, err := emulator.Start(emulator.Options{Overrides: map[string]emulator.Handler{"double": double}})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = e.Close() }()

	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client, err := functions.NewClient(functions.Config{
		BaseURL:     e.URL(),
		Project:     e.Project(),
		TokenSource: functions.StaticToken("any"), // without Options.Clients, every token is accepted
	}, functions.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	source := functions.HandlerText("def handle(data): ...\n") // does not run, because there is a Go function
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "double"}, source)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := fn.WaitReady(ctx); err != nil {
		log.Fatal(err)
	}
	call, err := fn.Call(ctx, map[string]int{"n": 21})
	if err != nil {
		log.Fatal(err)
	}
	response, err := call.Response(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the function returned", string(response))
	// Output: the function returned 42
}
