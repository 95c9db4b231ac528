package batch

import (
	"context"
	"fmt"
	"math"
	"sync"

	"golang.org/x/sync/semaphore"

	functions "github.com/cogfn/cogfn/wrapper"
)

// How many calls the service lets run at once.
const (
	ServiceCalls            = 250 // in a project
	ServiceCallsPerFunction = 100
)

// Limits are what a Limiter keeps to. A zero field means the default that its comment names.
type Limits struct {
	// Calls is how many calls may run at once in the project; 0 means ServiceCalls.
	Calls int
	// CallsPerFunction is how many calls of one function may run at once; 0 means ServiceCallsPerFunction.
	CallsPerFunction int
	// Requests is how many requests to the API may be under way at once; 0 means any number.
	Requests int
	// RequestsPerSecond is how many requests to the API may begin in a second, on average; 0 means any number, and the
	// least is 0.001.
	RequestsPerSecond float64
	// Burst is how many requests may begin at once after a time with few of them; 0 means 1, an even pace.
	Burst int
}

func (l Limits) check() error {
	for _, field := range []struct {
		name  string
		value int
	}{
		{"Calls", l.Calls}, {"CallsPerFunction", l.CallsPerFunction}, {"Requests", l.Requests}, {"Burst", l.Burst},
	} {
		if field.value < 0 {
			return &functions.ArgumentError{
				Field: "Limits." + field.name, Rule: fmt.Sprintf("is %d; use a number above zero, or 0 for the default", field.value),
			}
		}
	}
	const least = 0.001
	if r := l.RequestsPerSecond; r != 0 && !(r >= least && r <= math.MaxFloat64) { // NaN is none of these
		return &functions.ArgumentError{
			Field: "Limits.RequestsPerSecond", Rule: fmt.Sprintf("is %v; use %v or more, or 0 for any number", r, least),
		}
	}
	return nil
}

// Limiter keeps one process below the limits of one project, so that the service need not refuse anything. Make one for
// each project and share it: give ClientOption to the clients, WithLimiter to every Map, and use Call or Start instead of
// the client's where single calls should count too. It is safe for concurrent use.
//
// Whoever waits longest goes first. Requests that hold a nonce go before the others, since it serves for a minute only:
// at most one request that came earlier may keep one waiting.
//
// A limiter does not replace retries: schedules and other programs use up the same limits, so the service may answer 429
// in spite of it. The client then pauses and repeats as ever (functions.WithRetry, Retry-After). Each repetition passes
// through the limiter like any request, and a call that is being repeated keeps its place, so that the calls behind it
// wait as well instead of being refused one by one. For the size of a call's data there is functions.WithPayloadLimit.
type Limiter struct {
	door     *semaphore.Weighted // lets one request without a nonce at a time wait for the two below
	requests *semaphore.Weighted
	pace     *pacer

	calls       *semaphore.Weighted
	perFunction int64
	mu          sync.Mutex
	byFunction  map[int64]*semaphore.Weighted
}

// NewLimiter makes a limiter. A limit below zero is an error that matches functions.ErrInvalid.
func NewLimiter(l Limits) (*Limiter, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	or := func(n int, standard int64) int64 {
		if n == 0 {
			return standard
		}
		return int64(n)
	}
	return &Limiter{
		door:        semaphore.NewWeighted(1),
		requests:    semaphore.NewWeighted(or(l.Requests, math.MaxInt64)),
		pace:        newPacer(l.RequestsPerSecond, max(l.Burst, 1)),
		calls:       semaphore.NewWeighted(or(l.Calls, ServiceCalls)),
		perFunction: or(l.CallsPerFunction, ServiceCallsPerFunction),
		byFunction:  map[int64]*semaphore.Weighted{},
	}, nil
}

// ClientOption makes a client send its requests within Limits.Requests and Limits.RequestsPerSecond. Several clients of
// one project may share a limiter. A request whose context ends while it waits is not sent. Uploads and downloads of
// files go to signed addresses, not to the API, and do not count; nor does fetching tokens.
func (l *Limiter) ClientOption() functions.Option { return functions.WithAdmission(l.admit) }

func (l *Limiter) admit(ctx context.Context, urgent bool) (done func(), err error) {
	if !urgent {
		if err := l.door.Acquire(ctx, 1); err != nil {
			return nil, ended(ctx)
		}
		defer l.door.Release(1)
	}
	if err := l.requests.Acquire(ctx, 1); err != nil {
		return nil, ended(ctx)
	}
	if err := l.pace.wait(ctx); err != nil {
		l.requests.Release(1)
		return nil, err
	}
	return func() { l.requests.Release(1) }, nil
}

// Call is client.Call within the limits for running calls. When ctx ends while the call runs, its place is given to the
// next although the call goes on: the API cannot cancel one.
func (l *Limiter) Call(ctx context.Context, client *functions.Client, fn functions.Identifier, data any, opts ...functions.SessionOption) (*functions.Call, error) {
	call, release, err := l.Start(ctx, client, fn, data, opts...)
	if err != nil {
		return nil, err
	}
	defer release()
	return call, call.Wait(ctx)
}

// Start is client.Start within the limits for running calls: it waits until there is room for one more. The call's place
// is taken until release is called, which must be done once, when the call has ended or nobody cares any more. With an
// error, release is nil and nothing is to be done.
func (l *Limiter) Start(ctx context.Context, client *functions.Client, fn functions.Identifier, data any, opts ...functions.SessionOption) (call *functions.Call, release func(), err error) {
	id, err := client.FunctionID(ctx, fn) // one function counts once, by whichever identifier it is named
	if err != nil {
		return nil, nil, err
	}
	if release, err = l.place(ctx, id); err != nil {
		return nil, nil, fmt.Errorf("batch: stopped waiting for room for another call of the function with %v: %w", fn, err)
	}
	if call, err = client.Start(ctx, fn, data, opts...); err != nil {
		release()
		return nil, nil, err
	}
	return call, release, nil
}

// place waits for room in the function first and in the project last, so that calls of a busy function take no room from
// others while they wait.
func (l *Limiter) place(ctx context.Context, functionID int64) (release func(), err error) {
	ofFunction := l.ofFunction(functionID)
	if err := ofFunction.Acquire(ctx, 1); err != nil {
		return nil, ended(ctx)
	}
	if err := l.calls.Acquire(ctx, 1); err != nil {
		ofFunction.Release(1)
		return nil, ended(ctx)
	}
	return sync.OnceFunc(func() {
		l.calls.Release(1)
		ofFunction.Release(1)
	}), nil
}

func (l *Limiter) ofFunction(id int64) *semaphore.Weighted {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byFunction[id] == nil {
		l.byFunction[id] = semaphore.NewWeighted(l.perFunction)
	}
	return l.byFunction[id]
}
