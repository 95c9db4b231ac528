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

// WaitAll waits for calls of several functions together. A failed call is a result, not an error of WaitAll.
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
		fmt.Println("still running:", pending.Pending)
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

// Waits in several goroutines share their requests too.
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

// FollowLogs returns each line once, as soon as the service shows it.
func ExampleCall_FollowLogs() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]string{"name": "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	// The emulator never shows lines late. The default grace of five seconds is for the service.
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

// Run encodes the data of a call and decodes its response.
func ExampleRun() {
	type person struct {
		Name string `json:"name"`
	}
	type reply struct {
		Greeting string `json:"greeting"`
	}
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx)
	defer closeAll()

	got, err := functions.Run[person, reply](ctx, client, functions.ExternalID("greet"), person{"Ada"})
	fmt.Println(got.Greeting, err)

	_, err = functions.Run[person, reply](ctx, client, functions.ExternalID("greet"), person{})
	if failed, ok := errors.AsType[*functions.CallError](err); ok {
		fmt.Println(failed.Message)
		fmt.Println("the log ends with", len(failed.LogTail), "lines")
	}

	_, err = functions.Run[person, int](ctx, client, functions.ExternalID("greet"), person{"Ada"})
	if other, ok := errors.AsType[*functions.ResponseError](err); ok {
		fmt.Println("the response does not decode as", other.Type)
	}
	// Output:
	// Hello, Ada! <nil>
	// KeyError: 'name'
	// the log ends with 0 lines
	// the response does not decode as int
}

// loseOnce loses the response to the first call, as a broken connection does.
func loseOnce(next functions.Doer) functions.Doer {
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

// If the response to a call is lost, Recover looks for the call, so that the function does not run twice.
func ExampleClient_Recover() {
	ctx := context.Background()
	client, closeAll := startWithGreet(ctx, functions.WithMiddleware(loseOnce))
	defer closeAll()

	call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]string{"name": "Ada"})
	if _, unknown := errors.AsType[*functions.UnknownOutcomeError](err); unknown {
		fmt.Println("the response was lost")
		call, err = client.Recover(ctx, err)
	}
	if errors.Is(err, functions.ErrNotFound) {
		fmt.Println("the call was not made") // call again
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the call was made:", call.Wait(ctx))
	// Output:
	// the response was lost
	// the call was made: <nil>
}
