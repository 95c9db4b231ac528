// Command fanout calls a function with several inputs at the same time and prints responses and failures. The function is
// written in Go and runs in an emulator, as in a test. Package batch does this for many inputs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"testing/fstest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	service, err := emulator.Start(emulator.Options{Overrides: map[string]emulator.Handler{"square-root": squareRoot}})
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }()
	client, err := functions.NewClient(functions.Config{
		BaseURL: service.URL(), Project: service.Project(), TokenSource: functions.StaticToken("any"),
	})
	if err != nil {
		return err
	}
	// The code is not executed, since a Go function is registered for the external id.
	code := fstest.MapFS{"handler.py": {Data: []byte("def handle(data): ...\n")}}
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "root", ExternalID: new("square-root")}, functions.FolderFS(code))
	if err != nil {
		return err
	}
	if fn, err = fn.WaitReady(ctx); err != nil {
		return err
	}

	inputs := []int{49, 50, 64, -1, 81}
	outputs := make([]string, len(inputs))
	var group errgroup.Group
	group.SetLimit(3) // the service runs at most 100 calls of a function at the same time
	for i, n := range inputs {
		group.Go(func() (err error) {
			outputs[i], err = rootOf(ctx, fn, n)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, n := range inputs {
		if _, err := fmt.Fprintf(os.Stdout, "%3d: %s\n", n, outputs[i]); err != nil {
			return err
		}
	}
	return nil
}

// rootOf calls the function. A failed call is a result, not an error.
func rootOf(ctx context.Context, fn *functions.Function, n int) (string, error) {
	call, err := fn.Call(ctx, map[string]int{"n": n})
	if failed, ok := errors.AsType[*functions.CallError](err); ok {
		return "failed: " + failed.Message, nil
	}
	if err != nil {
		return "", err
	}
	response, err := call.Response(ctx)
	return string(response), err
}

func squareRoot(_ context.Context, call *emulator.Call) (any, error) {
	var in struct{ N int }
	if err := json.Unmarshal(call.Data, &in); err != nil {
		return nil, err
	}
	for root := range in.N + 1 {
		if root*root == in.N {
			return root, nil
		}
	}
	return nil, fmt.Errorf("%d is not a square number", in.N)
}
