package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (s *fixture) callAndWait(ctx context.Context, client *functions.Client) error {
	// snippet: call
	call, err := client.Call(ctx, functions.ExternalID("my-function"), map[string]any{"a": 1, "b": 2})
	if failed, ok := errors.AsType[*functions.CallError](err); ok {
		fmt.Println(failed.Message, failed.Trace)
	} else if err != nil {
		return err
	}
	// end
	s.want("status", call.Status, functions.CallCompleted)
	call, err = client.Call(ctx, functions.ExternalID("my-function"), map[string]any{"a": -1})
	s.want("a failed call matches ErrCallFailed", errors.Is(err, functions.ErrCallFailed), true)
	s.want("status of the failed call", call.Status, functions.CallFailed)
	return nil
}

func (s *fixture) start(ctx context.Context, client *functions.Client) error {
	// snippet: start
	call, err := client.Start(ctx, functions.ExternalID("my-function"), nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := call.Wait(ctx); errors.Is(err, context.DeadlineExceeded) {
		fmt.Println("the call continues")
	} else if err != nil {
		return err
	}
	// end
	s.want("status", call.Status, functions.CallCompleted)
	return nil
}

func (s *fixture) callWithNonce(ctx context.Context, client *functions.Client) error {
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
	s.want("status", call.Status, functions.CallCompleted)
	return nil
}

func (s *fixture) callsList(ctx context.Context, client *functions.Client) error {
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
	s.want("calls", calls.IDs(), []int64{s.call.ID})
	s.want("longest duration", longest, calls[0].Duration())
	return nil
}

func (s *fixture) callsRetrieve(ctx context.Context, client *functions.Client) error {
	id := s.call.ID
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
	s.want("calls", calls.IDs(), []int64{call.ID})
	return nil
}

func (s *fixture) callsResponse(ctx context.Context, client *functions.Client) error {
	fn, id := functions.ExternalID("my-function"), s.call.ID
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
	s.want("sum", result.Sum, 3)
	s.want("lines", len(lines), 1)
	return nil
}

func (s *fixture) callFields(context.Context, *functions.Client) error {
	call := s.call
	// snippet: call-fields
	fmt.Println(call.ID, call.FunctionID, call.Status)
	fmt.Println(call.Started(), call.Ended(), call.Duration()) // time.Time and time.Duration
	if call.ScheduleID != nil {
		fmt.Println(*call.ScheduleID, call.Scheduled())
	}
	message, trace := call.Failure() // both are "" unless the call failed
	// end
	s.want("failure", message+trace, "")
	s.want("duration", call.Duration() < time.Minute, true)
	return nil
}

func (s *fixture) callMethods(ctx context.Context, _ *functions.Client) error {
	call, err := s.fn.Start(ctx, map[string]int{"a": 2})
	if err != nil {
		return err
	}
	// snippet: call-methods
	if err := call.Wait(ctx); err != nil { // returns when the call or ctx ends
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
	if err := call.Update(ctx); err != nil { // retrieves the call again and overwrites it
		return err
	}
	// end
	s.want("response", string(response), `{"sum":2}`)
	s.want("log", lines.Text(false), "adding 2 and 0")
	return nil
}

func (s *fixture) log(ctx context.Context, _ *functions.Client) error {
	call := s.call
	// snippet: log
	lines, err := call.Logs(ctx)
	if err != nil {
		return err
	}
	fmt.Println(lines.Text(true)) // with timestamps: "[2026-01-02 15:04:05.678] adding 1 and 2"
	for _, entry := range lines {
		fmt.Println(entry.Time(), entry.Text())
	}
	// end
	s.want("log", strings.HasSuffix(lines.Text(true), "] adding 1 and 2"), true)
	return nil
}
