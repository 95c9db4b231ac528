package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	functions "github.com/cogfn/cogfn/wrapper"
)

// work calls the function for one input, and keeps how the call ended.
func (m *mapping[In, Out]) work(ctx context.Context, it item[In]) Result[In, Out] {
	r := Result[In, Out]{Index: it.index, Input: it.input}
	response, over := m.call(ctx, it, &r)
	if !over {
		if ctx.Err() != nil {
			m.stopped(ctx)
		}
		return r
	}
	if err := m.record(it, &r, response); err != nil {
		m.fail(err)
		r.Err = err
		return r
	}
	m.conclude(&r, response)
	return r
}

// call reports whether the outcome is final: what kept a call from being made, or its end from being seen, is not, so that
// the next run with the same checkpoint tries again.
func (m *mapping[In, Out]) call(ctx context.Context, it item[In], r *Result[In, Out]) (response json.RawMessage, over bool) {
	if r.Err = it.err; r.Err != nil {
		return nil, false
	}
	pause := m.pause()
	for {
		r.Attempts++
		r.Call, r.Err = m.limiter.Call(ctx, m.client, m.fn, it.data, m.session...)
		if !failed(r.Err) {
			break
		}
		if r.Attempts > m.retries {
			return nil, true
		}
		if err := sleep(ctx, pause()); err != nil {
			r.Err = fmt.Errorf("batch: stopped before another call: %w (%w)", err, r.Err)
			return nil, false
		}
	}
	if r.Err == nil {
		response, r.Err = r.Call.Response(ctx)
	}
	return response, r.Err == nil
}

// failed tells that a call has ended without a response, which is the function's doing.
func failed(err error) bool {
	_, ok := errors.AsType[*functions.CallError](err)
	return ok
}

// recorded restores a result from the checkpoint.
func (m *mapping[In, Out]) recorded(it item[In]) (Result[In, Out], error) {
	r := Result[In, Out]{Index: it.index, Input: it.input, Recorded: true}
	e, err := m.file.read(it.index)
	if err != nil {
		return r, err
	}
	if r.Call, err = m.client.Calls.FromJSON(e.Call); err != nil {
		return r, err
	}
	r.Attempts = e.Attempts
	m.conclude(&r, e.Response)
	return r, nil
}

func (m *mapping[In, Out]) record(it item[In], r *Result[In, Out], response json.RawMessage) error {
	if m.file == nil {
		return nil
	}
	call, err := json.Marshal(r.Call)
	if err != nil {
		return m.file.problem("cannot be written", err)
	}
	return m.file.record(entry{Index: it.index, Input: it.key, Attempts: r.Attempts, Call: call, Response: response})
}

// conclude sets what a call that has ended means for the caller.
func (m *mapping[In, Out]) conclude(r *Result[In, Out], response json.RawMessage) {
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
