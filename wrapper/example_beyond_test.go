package functions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Calls of any functions are waited for together; a call that failed is a result like any other.
func ExampleCallsService_WaitAll() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	var ids []functions.CallID
	for _, name := range []string{"Ada", "", "Grace"} {
		call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]string{"name": name})
		if err != nil {
			log.Fatal(err)
		}
		ids = append(ids, call.CallID())
	}
	ended := 0
	results, err := client.Calls.WaitAll(ctx, ids, functions.WithProgress(func(n, _ int, _ functions.CallResult) { ended = n }))
	if pending, ok := errors.AsType[*functions.PendingError](err); ok {
		fmt.Println("nobody waits any longer for", pending.Pending)
	}
	for i, r := range results {
		if failed, ok := errors.AsType[*functions.CallError](r.Err); ok {
			fmt.Println(i, r.Call.Status, failed.Message)
			continue
		}
		fmt.Println(i, r.Call.Status)
	}
	fmt.Println(ended, "ended")
	// Output:
	// 0 Completed
	// 1 Failed KeyError: 'name'
	// 2 Completed
	// 3 ended
}

// Waits in any number of goroutines share their requests as well; nothing need be done for it.
func ExampleCall_Wait() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	var waits sync.WaitGroup
	for _, name := range []string{"Ada", "Grace", "Katherine"} {
		waits.Go(func() {
			call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]string{"name": name})
			if err != nil {
				log.Fatal(err)
			}
			if err := call.Wait(ctx); err != nil {
				log.Fatal(err)
			}
		})
	}
	waits.Wait()
	calls, err := client.Calls.List(ctx, functions.ExternalID("greet"), functions.CallsFilter{Status: functions.CallCompleted})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(calls), "calls completed")
	// Output: 3 calls completed
}

// Each line of the log comes once, as soon as it is there.
func ExampleCall_FollowLogs() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]string{"name": "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	// An emulator's lines are never late; by default, five seconds are waited for them.
	for line, err := range call.FollowLogs(ctx, functions.WithLogInterval(10*time.Millisecond), functions.WithLogGrace(0)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(line.Text())
	}
	fmt.Println(call.Wait(ctx))
	// Output:
	// greeting Ada
	// <nil>
}

// A call with types: what goes in, and what comes out.
func ExampleRun() {
	type person struct {
		Name string `json:"name"`
	}
	type answer struct {
		Greeting string `json:"greeting"`
	}
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	got, err := functions.Run[person, answer](ctx, client, functions.ExternalID("greet"), person{"Ada"})
	fmt.Println(got.Greeting, err)

	_, err = functions.Run[person, answer](ctx, client, functions.ExternalID("greet"), person{})
	if failed, ok := errors.AsType[*functions.CallError](err); ok {
		fmt.Println(failed.Message)
		fmt.Println("the log ends with", len(failed.LogTail), "lines")
	}

	_, err = functions.Run[person, int](ctx, client, functions.ExternalID("greet"), person{"Ada"})
	if other, ok := errors.AsType[*functions.ResponseError](err); ok {
		fmt.Println("no", other.Type)
	}
	// Output:
	// Hello, Ada! <nil>
	// KeyError: 'name'
	// the log ends with 0 lines
	// no int
}

// cutOnce loses the first answer to a call, as a broken connection would.
func cutOnce(next functions.Doer) functions.Doer {
	var once sync.Once
	return doer(func(req *http.Request) (*http.Response, error) {
		resp, err := next.Do(req)
		if err == nil && strings.HasSuffix(req.URL.Path, "/call") {
			once.Do(func() {
				_ = resp.Body.Close()
				resp, err = nil, io.ErrUnexpectedEOF
			})
		}
		return resp, err
	})
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// When the answer to a call is lost, the call is looked for instead of being made again.
func ExampleClient_Recover() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx, functions.WithMiddleware(cutOnce))
	defer closeAll()

	call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]string{"name": "Ada"})
	if _, unknown := errors.AsType[*functions.UnknownOutcomeError](err); unknown {
		fmt.Println("the answer was lost")
		call, err = client.Recover(ctx, err)
	}
	if errors.Is(err, functions.ErrNotFound) {
		fmt.Println("the call was not made") // and can be made again
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the call was made:", call.Wait(ctx))
	// Output:
	// the answer was lost
	// the call was made: <nil>
}

// A function to create can be printed, logged and kept as JSON without showing its secrets.
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
