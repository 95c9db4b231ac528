package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (p *project) callAndWait(ctx context.Context, client *functions.Client) error {
	// snippet: call
	call, err := client.Call(ctx, functions.ExternalID("my-function"), map[string]any{"a": 1, "b": 2})
	if failed, ok := errors.AsType[*functions.CallError](err); ok {
		fmt.Println(failed.Message, failed.Trace)
	} else if err != nil {
		return err
	}
	// end
	p.equal("status", call.Status, functions.CallCompleted)
	call, err = client.Call(ctx, functions.ExternalID("my-function"), map[string]any{"a": -1})
	p.errorIs(err, functions.ErrCallFailed)
	p.equal("status of a failed call", call.Status, functions.CallFailed)
	return nil
}

func (p *project) start(ctx context.Context, client *functions.Client) error {
	// snippet: start
	call, err := client.Start(ctx, functions.ExternalID("my-function"), nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := call.Wait(ctx); errors.Is(err, context.DeadlineExceeded) {
		fmt.Println("still running")
	} else if err != nil {
		return err
	}
	// end
	p.equal("status", call.Status, functions.CallCompleted)
	return nil
}

func (p *project) callWithNonce(ctx context.Context, client *functions.Client) error {
	// snippet: call-nonce
	session, err := client.Sessions.Create(ctx, functions.SessionTokenExchange())
	if err != nil {
		return err
	}
	call, err := client.Call(ctx, functions.ExternalID("my-function"), nil, functions.WithNonce(session.Nonce))
	if err != nil {
		return err
	}
	// end
	p.equal("status", call.Status, functions.CallCompleted)
	return nil
}

func (p *project) concurrency(ctx context.Context, client *functions.Client) error {
	// snippet: concurrency
	var group sync.WaitGroup
	responses, errs := make([]json.RawMessage, 10), make([]error, 10)
	for i := range responses {
		group.Go(func() {
			call, err := client.Call(ctx, functions.ExternalID("my-function"), map[string]int{"a": i})
			if err == nil {
				responses[i], err = call.Response(ctx)
			}
			errs[i] = err
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	// end
	for i, response := range responses {
		p.equal("response", string(response), fmt.Sprintf(`{"sum":%d}`, i))
	}
	return nil
}

func (p *project) callsList(ctx context.Context, client *functions.Client) error {
	lastWeek := time.Now().AddDate(0, 0, -7)
	// snippet: calls-list
	filter := functions.CallsFilter{
		Status:    functions.CallCompleted,
		StartTime: functions.TimeRange{From: lastWeek},
	}
	calls, err := client.Calls.List(ctx, functions.ExternalID("my-function"), filter, functions.WithLimit(100))
	if err != nil {
		return err
	}
	longest := time.Duration(0)
	for call, err := range client.Calls.All(ctx, functions.ExternalID("my-function"), filter) {
		if err != nil {
			return err
		}
		longest = max(longest, call.Duration())
	}
	// end
	p.equal("ids", calls.IDs(), []int64{p.call.ID})
	p.equal("longest", longest, calls[0].Duration())
	return nil
}

func (p *project) callsRetrieve(ctx context.Context, client *functions.Client) error {
	id := p.call.ID
	// snippet: calls-retrieve
	fn := functions.ExternalID("my-function") // resolved once, then cached
	call, err := client.Calls.Retrieve(ctx, fn, id)
	if err != nil {
		return err
	}
	calls, err := client.Calls.RetrieveMultiple(ctx, fn, []int64{id, 42}, functions.IgnoreUnknown())
	if err != nil {
		return err
	}
	// end
	p.equal("ids", calls.IDs(), []int64{call.ID})
	return nil
}

func (p *project) callsResponse(ctx context.Context, client *functions.Client) error {
	fn, id := functions.ExternalID("my-function"), p.call.ID
	// snippet: calls-response
	response, err := client.Calls.Response(ctx, fn, id) // JSON; nil if there is none
	if err != nil {
		return err
	}
	var result struct{ Sum int }
	if err := json.Unmarshal(response, &result); err != nil {
		return err
	}
	lines, err := client.Calls.Logs(ctx, fn, id)
	if err != nil {
		return err
	}
	// end
	p.equal("sum", result.Sum, 3)
	p.equal("log lines", len(lines), 1)
	return nil
}

func (p *project) callFields(context.Context, *functions.Client) error {
	call := p.call
	// snippet: call-fields
	fmt.Println(call.ID, call.FunctionID, call.Status)
	fmt.Println(call.Started(), call.Ended(), call.Duration()) // time.Time and time.Duration
	if call.ScheduleID != nil {
		fmt.Println(*call.ScheduleID, call.Scheduled())
	}
	message, trace := call.Failure() // both "" unless it failed
	// end
	p.equal("message and trace", message+trace, "")
	p.equal("duration is below a minute", call.Duration() < time.Minute, true)
	return nil
}

func (p *project) callMethods(ctx context.Context, _ *functions.Client) error {
	call, err := p.fn.Start(ctx, map[string]int{"a": 2})
	if err != nil {
		return err
	}
	// snippet: call-methods
	if err := call.Wait(ctx); err != nil { // until the call or ctx has ended
		return err
	}
	response, err := call.Response(ctx)
	if err != nil {
		return err
	}
	lines, err := call.Logs(ctx)
	if err != nil {
		return err
	}
	if err := call.Update(ctx); err != nil { // retrieves it again
		return err
	}
	// end
	p.equal("response", string(response), `{"sum":2}`)
	p.equal("log", lines.Text(false), "adding 2 and 0")
	return nil
}

func (p *project) log(ctx context.Context, _ *functions.Client) error {
	call := p.call
	// snippet: log
	lines, err := call.Logs(ctx)
	if err != nil {
		return err
	}
	fmt.Println(lines.Text(true)) // with timestamps, for example "[2026-01-02 15:04:05.678] adding 1 and 2"
	for _, entry := range lines {
		fmt.Println(entry.Time(), entry.Text())
	}
	// end
	p.equal("log with timestamps", strings.HasSuffix(lines.Text(true), "] adding 1 and 2"), true)
	return nil
}
