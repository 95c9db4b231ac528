package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/cogfn/cogfn/internal/ctxwait"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Result is the result of one input.
type Result[In, Out any] struct {
	// Index is the position of the input in the sequence, from 0.
	Index int
	// Input is the input, including fields that are not in its JSON, such as a key of the caller tagged `json:"-"`.
	Input In
	// Output is the response of the function; the zero value if Err is set or there was no response.
	Output Out
	// Err is nil if the call completed and its response could be decoded into Output. A call that failed or timed out is a
	// *functions.CallError, a response of another type a *functions.ResponseError.
	Err error
	// Call is the last call for the input; nil if none was made. If the context has ended, the call may still run.
	Call *functions.Call
	// Attempts is the number of calls for the input, including one that could not be made.
	Attempts int
	// Recorded reports whether the result was read from the checkpoint.
	Recorded bool
}

// Map calls a function once for each input, several at the same time, and returns the results in the order in which they
// finish, or in the order of the inputs with [WithInputOrder]. A failure for one input is its Result.Err and does not
// affect other inputs:
//
//	for result, err := range batch.Map[Input, Output](ctx, client, functions.ExternalID("score"), slices.Values(inputs)) {
//		if err != nil {
//			return err // Map stopped
//		}
//		if result.Err != nil {
//			… // this input failed
//		}
//	}
//
// Inputs:
//
//   - Each input must encode to a JSON object.
//   - Inputs are read one at a time in a separate goroutine, only slightly ahead of the calls. A run with a checkpoint first
//     reads the inputs up to the last one in the file and compares them.
//   - A sequence that can block for a long time must watch ctx itself.
//
// Map does nothing before the loop starts. Each loop calls the function for all inputs without a recorded result. When
// the loop ends, also by break or panic, no goroutine is left. If ctx ends, running inputs are returned with errors that
// wrap the error of ctx. Their calls continue, since the API cannot cancel calls.
//
// The error of Map is the last value of the sequence and has no result:
//
//   - *functions.ArgumentError: an option is invalid.
//   - *[CheckpointError]: the checkpoint cannot be used.
//   - An error that wraps the error of ctx: ctx ended before all inputs were done.
//   - Errors of the client; they match functions.ErrNotFound if the function does not exist.
//
// Capabilities: functionsAcl:READ, functionsAcl:WRITE and those to create a session.
func Map[In, Out any](
	ctx context.Context, client *functions.Client, fn functions.Identifier, inputs iter.Seq[In], opts ...Option,
) iter.Seq2[Result[In, Out], error] {
	return func(yield func(Result[In, Out], error) bool) {
		err := mapInputs(ctx, client, fn, inputs, opts, func(r Result[In, Out]) bool { return yield(r, nil) })
		if err != nil && !errors.Is(err, errLoopEnded) {
			yield(Result[In, Out]{}, err)
		}
	}
}

// errLoopEnded means that the caller's loop has ended, so yield must not be called again.
var errLoopEnded = errors.New("the loop has ended")

// mapInputs passes every result to yield until yield returns false.
func mapInputs[In, Out any](
	ctx context.Context, client *functions.Client, fn functions.Identifier, inputs iter.Seq[In], opts []Option,
	yield func(Result[In, Out]) bool,
) (err error) {
	s, err := newSettings(opts)
	if err != nil {
		return err
	}
	file, err := openCheckpoint(s, client.Project(), fn)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := file.close(); err == nil {
			err = closeErr
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	m := &mapper[In, Out]{
		settings: s, client: client, fn: fn, file: file, cancel: cancel,
		pending: make(chan struct{}, s.concurrency*pendingPerWorker),
		workers: make(chan struct{}, s.concurrency),
		results: make(chan Result[In, Out], s.concurrency*pendingPerWorker),
	}
	go m.readInputs(ctx, inputs)
	defer func() { // also if the caller's loop panics
		cancel()
		for range m.results { // wait for the goroutines
		}
	}()
	for r := range m.ordered() {
		if !yield(r) {
			return errLoopEnded
		}
		<-m.pending
	}
	return m.err
}

// pendingPerWorker is the number of inputs, for each worker, that have started and whose result was not returned.
const pendingPerWorker = 4

// mapper is one run of Map.
type mapper[In, Out any] struct {
	settings

	client *functions.Client
	fn     functions.Identifier
	file   *checkpoint // nil without a checkpoint
	found  bool        // the function exists; used by readInputs only

	pending chan struct{} // has one element for each input that has started and whose result was not returned
	workers chan struct{} // has one element for each input that is processed
	results chan Result[In, Out]

	cancel context.CancelFunc
	mu     sync.Mutex
	err    error // why Map stopped; read after results is closed
}

// fail stops Map. The first error counts.
func (m *mapper[In, Out]) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
	}
	m.cancel()
}

func (m *mapper[In, Out]) failContext(ctx context.Context) {
	m.fail(fmt.Errorf("batch: stopped before all inputs were done: %w", ctxwait.Error(ctx)))
}

// ordered returns the results in the order of the options. With WithInputOrder, it keeps early results until their turn.
// Inputs start in order, so the next result in order always belongs to an input that has started.
func (m *mapper[In, Out]) ordered() func(yield func(Result[In, Out]) bool) {
	return func(yield func(Result[In, Out]) bool) {
		early, next := map[int]Result[In, Out]{}, 0
		for r := range m.results {
			if !m.inputOrder {
				if !yield(r) {
					return
				}
				continue
			}
			early[r.Index] = r
			for r, ok := early[next]; ok; r, ok = early[next] {
				delete(early, next)
				next++
				if !yield(r) {
					return
				}
			}
		}
	}
}

// readInputs starts one input after the other. It first compares all inputs of the checkpoint, so that a file of other
// inputs causes no calls.
func (m *mapper[In, Out]) readInputs(ctx context.Context, inputs iter.Seq[In]) {
	defer close(m.results)
	var workers sync.WaitGroup
	defer workers.Wait()
	var compared []item[In]
	count := 0
	for input := range inputs {
		it := newItem(count, input)
		count++
		if ctx.Err() != nil {
			m.failContext(ctx)
			return
		}
		if err := m.file.compare(it.index, it.hash); err != nil {
			m.fail(err)
			return
		}
		if m.file.has(it.index) {
			it.data = nil // not needed
		}
		if compared = append(compared, it); count < m.file.minInputs() {
			continue
		}
		for _, it := range compared {
			if !m.start(ctx, &workers, it) {
				return
			}
		}
		compared = nil
	}
	if count < m.file.minInputs() {
		m.fail(m.file.differs(fmt.Sprintf("was written for more than %d inputs", count)))
	}
}

// start starts an input and reports whether further inputs may start.
func (m *mapper[In, Out]) start(ctx context.Context, workers *sync.WaitGroup, it item[In]) bool {
	if !acquire(ctx, m.pending) {
		m.failContext(ctx)
		return false
	}
	if m.file.has(it.index) {
		r, err := m.recorded(it)
		if err != nil {
			m.fail(err)
			return false
		}
		m.results <- r
		return true
	}
	if !m.found { // a missing function would fail for every input
		if _, err := m.client.FunctionID(ctx, m.fn); err != nil {
			m.fail(err)
			return false
		}
		m.found = true
	}
	if !acquire(ctx, m.workers) {
		m.failContext(ctx)
		return false
	}
	workers.Go(func() {
		r := m.process(ctx, it)
		<-m.workers
		m.results <- r // does not block: results has the capacity of pending
	})
	return true
}

// acquire adds an element to a channel. It returns false if ctx ends first.
func acquire(ctx context.Context, semaphore chan<- struct{}) bool {
	if ctx.Err() != nil {
		return false // select would choose at random
	}
	select {
	case semaphore <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// item is an input with its JSON.
type item[In any] struct {
	index int
	input In
	data  json.RawMessage
	hash  string
	err   error // why there is no data
}

func newItem[In any](index int, input In) item[In] {
	it := item[In]{index: index, input: input}
	it.data, it.err = json.Marshal(input)
	if it.err != nil {
		it.err = &functions.ArgumentError{Field: "input", Rule: fmt.Sprintf("cannot be encoded as JSON: %v", it.err)}
	}
	it.hash = hashInput(it.data)
	return it
}
