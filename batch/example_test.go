package batch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/cogfn/cogfn/batch"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/emulated"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Number is the input of the function square-root. Label is not sent.
type Number struct {
	N     int    `json:"n"`
	Label string `json:"-"`
}

// Root is the response of the function.
type Root struct {
	Root int `json:"root"`
}

// squareRoot is the function. The emulator runs it instead of Python code.
func squareRoot(_ context.Context, call *emulator.Call) (any, error) {
	var in Number
	if err := json.Unmarshal(call.Data, &in); err != nil {
		return nil, err
	}
	for root := range in.N + 1 {
		if root*root == in.N {
			return Root{root}, nil
		}
	}
	return nil, fmt.Errorf("ValueError: %d is not a square number", in.N)
}

// startWithSquareRoot starts an emulator with the function and returns a client with additional options.
func startWithSquareRoot(ctx context.Context, opts ...functions.Option) (client *functions.Client, closeAll func()) {
	client, closeAll = emulated.Start(emulator.Options{Overrides: map[string]emulator.Handler{"square-root": squareRoot}}, opts...)
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "root", ExternalID: new("square-root")}, functions.HandlerText("def handle(data): ...\n"))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := fn.WaitReady(ctx); err != nil {
		log.Fatal(err)
	}
	return client, closeAll
}

// Call a function with many inputs, ten at a time, and retry failed calls once.
func ExampleMap() {
	ctx := context.Background()
	client, closeAll := startWithSquareRoot(ctx)
	defer closeAll()

	numbers := []Number{{49, "first"}, {50, "second"}, {64, "third"}}
	for r, err := range batch.Map[Number, Root](ctx, client, functions.ExternalID("square-root"), slices.Values(numbers),
		batch.WithConcurrency(10), batch.WithRetries(1), batch.WithRetryPause(functions.ConstantPoll(0)), batch.WithInputOrder()) {
		if err != nil {
			log.Fatal(err) // Map stopped
		}
		if failed, ok := errors.AsType[*functions.CallError](r.Err); ok {
			fmt.Printf("%s: failed %d times: %s\n", r.Input.Label, r.Attempts, failed.Message)
			continue
		}
		fmt.Printf("%s: %d, %v\n", r.Input.Label, r.Output.Root, r.Err)
	}
	// Output:
	// first: 7, <nil>
	// second: failed 2 times: ValueError: 50 is not a square number
	// third: 8, <nil>
}

// Continue an interrupted run.
func ExampleWithCheckpoint() {
	ctx := context.Background()
	client, closeAll := startWithSquareRoot(ctx)
	defer closeAll()
	dir, err := os.MkdirTemp("", "roots")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	numbers := slices.Values([]Number{{N: 49}, {N: 64}, {N: 81}})
	roots := batch.Map[Number, Root](ctx, client, functions.ExternalID("square-root"), numbers,
		batch.WithCheckpoint(filepath.Join(dir, "roots.jsonl")), batch.WithConcurrency(1))
	for r, err := range roots {
		fmt.Println(r.Input.N, r.Output.Root, r.Err, err)
		break // simulates a killed process
	}
	fmt.Println("second run")
	for r, err := range roots {
		fmt.Println(r.Input.N, r.Output.Root, r.Err, err)
		if r.Index == 0 {
			fmt.Println("recorded:", r.Recorded)
		}
	}
	// Output:
	// 49 7 <nil> <nil>
	// second run
	// 49 7 <nil> <nil>
	// recorded: true
	// 64 8 <nil> <nil>
	// 81 9 <nil> <nil>
}

// Share one limiter between all calls and requests of a process.
func ExampleLimiter() {
	ctx := context.Background()
	limiter, err := batch.NewLimiter(batch.Limits{Calls: 40, Requests: 8, RequestsPerSecond: 500, Burst: 50})
	if err != nil {
		log.Fatal(err)
	}
	client, closeAll := startWithSquareRoot(ctx, functions.WithLimiter(limiter)) // limits requests
	defer closeAll()

	square := functions.ExternalID("square-root")
	call, err := limiter.Call(ctx, client, square, Number{N: 144}) // a single call
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call.Status)
	numbers := slices.Values([]Number{{N: 4}, {N: 9}})
	// Many calls.
	roots := batch.Map[Number, Root](ctx, client, square, numbers, batch.WithLimiter(limiter), batch.WithInputOrder())
	for r, err := range roots {
		fmt.Println(r.Output.Root, r.Err, err)
	}
	// Output:
	// Completed
	// 2 <nil> <nil>
	// 3 <nil> <nil>
}
