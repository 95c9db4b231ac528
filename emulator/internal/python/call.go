package python

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

const (
	// startLimit is the minimum time limit for the start of a worker and its import of the handler. The timeout of a call
	// does not include it.
	startLimit = time.Minute
	// maxAttempts limits the attempts to send a call when workers exit before they receive it.
	maxAttempts = 3
)

var errSlowStart = errors.New("the Python process took too long to start and import the handler; make the import faster")

// acquire returns a worker that has imported the handler. limit is the time limit for the start of a new worker, without
// the wait for a free slot; 0 means no limit.
func (f *function) acquire(ctx context.Context, limit time.Duration) (*worker, error) {
	w, err := f.runner.pool.acquire(ctx, f)
	if w != nil || err != nil {
		return w, err
	}
	if w, err = startWorker(f); err != nil {
		return nil, err
	}
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, errSlowStart)
		defer cancel()
	}
	if err := f.load(ctx, w); err != nil {
		return nil, err
	}
	return w, nil
}

// load imports the handler in a new worker. After an error, the worker has exited.
func (f *function) load(ctx context.Context, w *worker) error {
	secrets := f.spec.Secrets
	if secrets == nil {
		secrets = map[string]string{}
	}
	var output lastOutput
	rep, err := w.exchange(ctx, request{Load: &loadRequest{
		Root: f.root, Path: f.path, FunctionID: f.spec.FunctionID, Secrets: secrets,
		ResponseLimit: f.runner.options.ResponseLimit,
	}}, func(line string) {
		f.logImport(line)
		output.add(line)
	})
	if exit, ok := errors.AsType[*exitError](err); ok {
		return buildError(exit.Error(), "", output)
	}
	if err != nil {
		return fmt.Errorf("the import of %q was stopped: %w", f.path, err)
	}
	if rep.Message != "" {
		w.kill()
		<-w.ended
		return buildError(rep.Message, rep.Trace, output)
	}
	return nil
}

// Call implements [runner.Function].
func (f *function) Call(ctx context.Context, call runner.Call, log func(string)) runner.Outcome {
	ctx, done, err := f.enter(ctx)
	if err != nil {
		return outcome(reply{}, err)
	}
	defer done()
	data := bytes.TrimSpace(call.Data)
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		data = []byte("{}")
	}
	if err := checkJSON(data); err != nil {
		return runner.Outcome{Status: runner.Failed, Message: fmt.Sprintf("the data of the call is not valid JSON: %v", err)}
	}
	req := request{Data: data, Call: &callRequest{
		CallID: call.CallID, ScheduleID: call.ScheduleID, ScheduledTime: call.ScheduledTime,
	}}
	var rep reply
	for range maxAttempts {
		if rep, err = f.try(ctx, req, call.Timeout, log); !errors.Is(err, errNotSent) {
			break
		}
	}
	return outcome(rep, err)
}

// try sends the call to one worker. With the error errNotSent, the handler did not run.
func (f *function) try(ctx context.Context, req request, timeout time.Duration, log func(string)) (reply, error) {
	w, err := f.acquire(ctx, max(timeout, startLimit))
	if err != nil {
		return reply{}, err
	}
	defer f.runner.pool.release(w)
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
		defer cancel()
	}
	return w.exchange(ctx, req, log)
}

// timeoutError is the cancellation cause of a call that exceeds its timeout.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string {
	return fmt.Sprintf("the call ran longer than its timeout of %v and was killed", e.limit)
}

// checkJSON returns an error if data is not valid JSON or is nested too deeply for encoding/json.
func checkJSON(data []byte) error {
	var raw json.RawMessage
	return json.Unmarshal(data, &raw)
}

// outcome returns the outcome of a call from the worker's reply or an error.
func outcome(rep reply, err error) runner.Outcome {
	if err == nil {
		if rep.Message != "" {
			return runner.Outcome{Status: runner.Failed, Message: rep.Message, Trace: rep.Trace}
		}
		if bytes.Equal(rep.Response, []byte("null")) {
			rep.Response = nil
		} else if err := checkJSON(rep.Response); err != nil {
			return runner.Outcome{Status: runner.Failed, Message: fmt.Sprintf("the response cannot be decoded: %v; return less deeply nested values", err)}
		}
		return runner.Outcome{Status: runner.Completed, Response: rep.Response}
	}
	failed := runner.Outcome{Status: runner.Failed, Message: err.Error()}
	if _, ok := errors.AsType[*timeoutError](err); ok {
		failed.Status = runner.TimedOut
	}
	if build, ok := errors.AsType[*runner.BuildError](err); ok {
		failed.Trace = build.Trace
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, errClosed) {
		failed.Message = "the call was stopped: " + err.Error()
	}
	return failed
}
