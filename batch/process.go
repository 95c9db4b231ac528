package batch

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/cogfn/cogfn/internal/ctxwait"
	"github.com/cogfn/cogfn/internal/errtext"
	functions "github.com/cogfn/cogfn/wrapper"
)

// process calls the function for one input and records the result.
func (m *mapper[In, Out]) process(ctx context.Context, it item[In]) Result[In, Out] {
	r := Result[In, Out]{Index: it.index, Input: it.input}
	response, final := m.call(ctx, it, &r)
	if !final {
		if ctx.Err() != nil {
			m.failContext(ctx)
		}
		return r
	}
	if err := m.record(it, &r, response); err != nil {
		m.fail(err)
		r.Err = err
		return r
	}
	setOutput(&r, response)
	return r
}

// call calls the function, with retries. final reports whether the call has ended and can be recorded.
func (m *mapper[In, Out]) call(ctx context.Context, it item[In], r *Result[In, Out]) (response json.RawMessage, final bool) {
	if r.Err = it.err; r.Err != nil {
		return nil, false
	}
	pause := m.pause()
	for {
		r.Attempts++
		r.Call, r.Err = m.limiter.Call(ctx, m.client, m.fn, it.data, m.session...)
		if _, failed := errors.AsType[*functions.CallError](r.Err); !failed {
			break
		}
		if r.Attempts > m.retries {
			return nil, true
		}
		if err := ctxwait.Sleep(ctx, pause()); err != nil {
			r.Err = errtext.Errorf("batch: stopped before a retry: %v (%v)", err, r.Err)
			return nil, false
		}
	}
	if r.Err == nil {
		response, r.Err = r.Call.Response(ctx)
	}
	return response, r.Err == nil
}

// recorded returns the recorded result of an input.
func (m *mapper[In, Out]) recorded(it item[In]) (Result[In, Out], error) {
	r := Result[In, Out]{Index: it.index, Input: it.input, Recorded: true}
	e, err := m.file.read(it.index)
	if err != nil {
		return r, err
	}
	if r.Call, err = m.client.Calls.FromJSON(e.Call); err != nil {
		return r, err
	}
	r.Attempts = e.Attempts
	setOutput(&r, e.Response)
	return r, nil
}

func (m *mapper[In, Out]) record(it item[In], r *Result[In, Out], response json.RawMessage) error {
	if m.file == nil {
		return nil
	}
	call, err := json.Marshal(r.Call)
	if err != nil {
		return m.file.problem("cannot be written", err)
	}
	return m.file.record(entry{Index: it.index, Input: it.hash, Attempts: r.Attempts, Call: call, Response: response})
}

// setOutput sets Output or Err of a call that has ended.
func setOutput[In, Out any](r *Result[In, Out], response json.RawMessage) {
	if r.Call.Status != functions.CallCompleted {
		message, trace := r.Call.Failure()
		r.Err = &functions.CallError{Call: r.Call, Message: message, Trace: trace}
		return
	}
	if len(response) == 0 {
		return // the function returned nothing
	}
	var out Out
	if err := json.Unmarshal(response, &out); err != nil {
		r.Err = &functions.ResponseError{Call: r.Call, Type: reflect.TypeFor[Out](), Err: err}
		return
	}
	r.Output = out
}
