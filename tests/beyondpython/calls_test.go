package beyondpython

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cogfn/cogfn/tests/snippets"
	functions "github.com/cogfn/cogfn/wrapper"
)

func (p *project) waits(ctx context.Context, client *functions.Client) error {
	p.create(client, "greet")
	// snippet: waits
	names := []string{"Ada", "Grace", "Katherine"}
	errs := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() {
			_, errs[i] = client.Call(ctx, functions.ExternalID("greet"), map[string]string{"name": name})
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	// end
	calls, err := client.Calls.List(ctx, functions.ExternalID("greet"), functions.CallsFilter{Status: functions.CallCompleted})
	p.equal("number of completed calls", len(calls), 3)
	return err
}

func (p *project) waitAll(ctx context.Context, client *functions.Client) error {
	p.create(client, "greet")
	var ids []functions.CallID
	for _, name := range []string{"Ada", "", "Grace"} {
		call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]string{"name": name})
		if err != nil {
			return err
		}
		ids = append(ids, call.CallID())
	}
	// snippet: wait-all
	results, err := client.Calls.WaitAll(ctx, ids)
	if pending, ok := errors.AsType[*functions.PendingError](err); ok {
		fmt.Println("still running:", pending.Pending)
	} else if err != nil {
		return err
	}
	for _, result := range results {
		fmt.Println(result.Call, result.Err) // Err is a *CallError if the call failed
	}
	// end
	var statuses []functions.CallStatus
	for _, result := range results {
		statuses = append(statuses, result.Call.Status)
	}
	p.equal("statuses", statuses, []functions.CallStatus{functions.CallCompleted, functions.CallFailed, functions.CallCompleted})
	p.errorIs(results[1].Err, functions.ErrCallFailed)
	return nil
}

func (p *project) followLogs(ctx context.Context, client *functions.Client) error {
	fn := p.create(client, "greet")
	call, err := fn.Start(ctx, map[string]string{"name": "Ada"})
	if err != nil {
		return err
	}
	// snippet: follow-logs
	var lines []string
	for line, err := range call.FollowLogs(ctx, functions.WithLogInterval(10*time.Millisecond), functions.WithLogGrace(0)) {
		if err != nil {
			return err
		}
		lines = append(lines, line.Text())
	}
	if err := call.Wait(ctx); err != nil { // FollowLogs does not report how the call ended
		return err
	}
	// end
	p.equal("lines", lines, []string{"greeting Ada"})
	return nil
}

func (p *project) run(ctx context.Context, client *functions.Client) error {
	p.create(client, "greet")
	// snippet: run
	type person struct {
		Name string `json:"name"`
	}
	type greeting struct {
		Greeting string `json:"greeting"`
	}
	got, err := functions.Run[person, greeting](ctx, client, functions.ExternalID("greet"), person{"Ada"})
	if failed, ok := errors.AsType[*functions.CallError](err); ok {
		fmt.Println(failed.Message, failed.Trace, failed.LogTail)
	}
	if invalid, ok := errors.AsType[*functions.ResponseError](err); ok {
		fmt.Println("the response is not of type", invalid.Type)
	}
	if err != nil {
		return err
	}
	fmt.Println(got.Greeting)
	// end
	p.equal("greeting", got.Greeting, "Hello, Ada!")
	_, err = functions.Run[person, greeting](ctx, client, functions.ExternalID("greet"), person{})
	p.errorIs(err, functions.ErrCallFailed)
	_, err = functions.Run[person, int](ctx, client, functions.ExternalID("greet"), person{"Ada"})
	if invalid, ok := errors.AsType[*functions.ResponseError](err); !ok || invalid.Type.String() != "int" {
		return fmt.Errorf("error %w; want a *ResponseError with the type int", err)
	}
	return nil
}

// loseFirstCall is a middleware that loses the response of the first call.
func loseFirstCall(next functions.Doer) functions.Doer {
	var once sync.Once
	return doerFunc(func(req *http.Request) (*http.Response, error) {
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

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func (p *project) recover(ctx context.Context, client *functions.Client) error {
	p.create(client, "greet")
	client = snippets.NewClient(p.t, p.cfg, functions.WithMiddleware(loseFirstCall))
	recovered := false
	// snippet: recover
	call, err := client.Start(ctx, functions.ExternalID("greet"), map[string]string{"name": "Ada"})
	if _, lost := errors.AsType[*functions.UnknownOutcomeError](err); lost {
		call, err = client.Recover(ctx, err)
		recovered = err == nil
	}
	if errors.Is(err, functions.ErrNotFound) {
		fmt.Println("the call was not made; call again")
	}
	if err != nil {
		return err
	}
	// end
	p.equal("recovered", recovered, true)
	return call.Wait(ctx)
}

func (p *project) secrets(context.Context, *functions.Client) error {
	// snippet: secrets
	secrets := functions.Secrets{"password": "hunter2"}
	w := functions.FunctionWrite{
		Name:     "hello",
		Secrets:  secrets.Reveal(),
		IndexURL: new("https://me:my-token@pypi.example.com/simple"),
	}
	fmt.Println(secrets)
	fmt.Println(w)
	fmt.Println(w.Secrets["password"])
	// end
	p.shows(fmt.Sprint(secrets) + "\n" + fmt.Sprint(w) + "\n" + w.Secrets["password"])
	return nil
}
