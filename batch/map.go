package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Result is what became of one input.
type Result[In, Out any] struct {
	// Index is the input's place in the sequence, from 0.
	Index int
	// Input is the input as it was given. Fields that its JSON leaves out, as those tagged `json:"-"`, are kept, so that an
	// input can carry a key of the caller's.
	Input In
	// Output is what the function returned; the zero value if Err is set, or if the function returned nothing.
	Output Out
	// Err is nil if the call completed and its response fits into Output. A call that failed or timed out is a
	// *functions.CallError, a response that does not fit a *functions.ResponseError.
	Err error
	// Call is the last call made for the input; nil if none was. It still runs if the context ended meanwhile.
	Call *functions.Call
	// Attempts is how often the function was called for the input, or was to be; more than 1 with WithRetries alone.
	Attempts int
	// Recorded tells that the result comes from the checkpoint, so that nothing was called now.
	Recorded bool
}

// Map calls a function once for each input, many at once, and returns the results as they finish, or in the order of the
// inputs with WithInputOrder. What goes wrong with one input is in its Result.Err and stops nothing:
//
//	for result, err := range batch.Map[Input, Output](ctx, client, functions.ExternalID("score"), slices.Values(inputs)) {
//		if err != nil {
//			return err // the whole cannot go on
//		}
//		if result.Err != nil {
//			… // this input failed
//		}
//	}
//
// The error comes last and once, without a result: a wrong option, an external id that is unknown, the end of ctx before
// everything was done, a checkpoint that cannot be used (*CheckpointError). When ctx ends, the inputs at work come back first, with errors that
// wrap ctx's; their calls go on, since the API cannot cancel one.
//
// Each input must encode to a JSON object. Inputs are read in a goroutine of their own, one at a time and only a little
// ahead of the calls, so that they need not fit into memory; only a run that goes on from a checkpoint first holds all inputs up to the last
// that the file knows, to compare them. When the loop ends, by whatever way, no goroutine is left; that
// waits for an input that is just being read, so a sequence that can block for long must watch ctx by itself. Nothing happens before the loop begins, and a second loop
// calls everything again, but for what the checkpoint has.
func Map[In, Out any](ctx context.Context, client *functions.Client, fn functions.Identifier, inputs iter.Seq[In], opts ...Option) iter.Seq2[Result[In, Out], error] {
	return func(yield func(Result[In, Out], error) bool) {
		err := walk(ctx, client, fn, inputs, opts, func(r Result[In, Out]) bool { return yield(r, nil) })
		if err != nil && !errors.Is(err, errBroken) {
			yield(Result[In, Out]{}, err)
		}
	}
}

// errBroken tells that the caller's loop has ended, so that nothing more may be given to it.
var errBroken = errors.New("the loop has ended")

// walk gives every result to take, until that returns false.
func walk[In, Out any](ctx context.Context, client *functions.Client, fn functions.Identifier, inputs iter.Seq[In], opts []Option, take func(Result[In, Out]) bool) (err error) {
	s, err := newSettings(opts)
	if err != nil {
		return err
	}
	file, err := openCheckpoint(s, client.Project(), fn)
	if err != nil {
		return err
	}
	defer func() {
		if closing := file.close(); err == nil {
			err = closing
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	m := &mapping[In, Out]{
		settings: s, client: client, fn: fn, file: file, cancel: cancel,
		room:    make(chan struct{}, s.concurrency*waitingPerWorker),
		working: make(chan struct{}, s.concurrency),
		results: make(chan Result[In, Out], s.concurrency*waitingPerWorker),
	}
	go m.feed(ctx, inputs)
	defer func() { // also when the caller's loop panics
		cancel()
		for range m.results { // nobody wants them any more, but their goroutines must end
		}
	}()
	for r := range m.inWantedOrder() {
		if !take(r) {
			return errBroken
		}
		<-m.room
	}
	return m.failure
}

// waitingPerWorker is how many results, or inputs at work, there may be for each input that can be worked on.
const waitingPerWorker = 4

// mapping is one walk over the inputs.
type mapping[In, Out any] struct {
	settings

	client *functions.Client
	fn     functions.Identifier
	file   *checkpoint // nil without
	found  bool        // the function has an id; belongs to feed

	room    chan struct{} // holds one for each input that has begun and whose result was not taken
	working chan struct{} // holds one for each input that is worked on
	results chan Result[In, Out]

	cancel  context.CancelFunc
	mu      sync.Mutex
	failure error // why the whole cannot go on; read once results is closed
}

// fail ends the whole; the first reason counts.
func (m *mapping[In, Out]) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure == nil {
		m.failure = err
	}
	m.cancel()
}

func (m *mapping[In, Out]) stopped(ctx context.Context) {
	m.fail(fmt.Errorf("batch: stopped before every input was done: %w", ended(ctx)))
}

// inWantedOrder gives the results as they come, or holds those back that came before their turn. Inputs begin in order,
// so that the one whose turn it is has always begun.
func (m *mapping[In, Out]) inWantedOrder() func(yield func(Result[In, Out]) bool) {
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

// feed begins one input after the other. Inputs that the checkpoint has seen are all compared with it before anything
// else happens, so that a file of other inputs changes nothing.
func (m *mapping[In, Out]) feed(ctx context.Context, inputs iter.Seq[In]) {
	defer close(m.results)
	var workers sync.WaitGroup
	defer workers.Wait()
	var compared []item[In]
	count := 0
	for input := range inputs {
		it := newItem(count, input)
		count++
		if ctx.Err() != nil {
			m.stopped(ctx)
			return
		}
		if err := m.file.compare(it.index, it.key); err != nil {
			m.fail(err)
			return
		}
		if m.file.has(it.index) {
			it.data = nil // will not be sent
		}
		if compared = append(compared, it); count < m.file.seen() {
			continue
		}
		for _, it := range compared {
			if !m.begin(ctx, &workers, it) {
				return
			}
		}
		compared = nil
	}
	if count < m.file.seen() {
		m.fail(m.file.differs(fmt.Sprintf("was written for more than %d inputs", count)))
	}
}

// begin reports whether more inputs may follow.
func (m *mapping[In, Out]) begin(ctx context.Context, workers *sync.WaitGroup, it item[In]) bool {
	if !enter(ctx, m.room) {
		m.stopped(ctx)
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
	if !m.found { // a function that is not there would fail every input
		if _, err := m.client.FunctionID(ctx, m.fn); err != nil {
			m.fail(err)
			return false
		}
		m.found = true
	}
	if !enter(ctx, m.working) {
		m.stopped(ctx)
		return false
	}
	workers.Go(func() {
		r := m.work(ctx, it)
		<-m.working
		m.results <- r // there is room
	})
	return true
}

// enter takes a place in room, or returns false when ctx has ended.
func enter(ctx context.Context, room chan<- struct{}) bool {
	if ctx.Err() != nil {
		return false // select would choose at random
	}
	select {
	case room <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// item is an input on its way.
type item[In any] struct {
	index int
	input In
	data  json.RawMessage
	key   string
	err   error // why there is no data
}

func newItem[In any](index int, input In) item[In] {
	it := item[In]{index: index, input: input}
	it.data, it.err = json.Marshal(input)
	if it.err != nil {
		it.err = &functions.ArgumentError{Field: "input", Rule: fmt.Sprintf("cannot be encoded as JSON: %v", it.err)}
	}
	it.key = keyOf(it.data)
	return it
}
