package batch

import (
	"context"
	"fmt"
	"math"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/cogfn/cogfn/internal/ctxwait"
	functions "github.com/cogfn/cogfn/wrapper"
)

// The numbers of calls that the service runs at the same time.
const (
	// ServiceCalls is the limit of a project.
	ServiceCalls = 250
	// ServiceCallsPerFunction is the limit of a function.
	ServiceCallsPerFunction = 100
)

// Limits are the limits of a [Limiter]. Each zero field has a default.
type Limits struct {
	// Calls is the number of calls of the project that may run at the same time; 0 means ServiceCalls.
	Calls int
	// CallsPerFunction is the number of calls of one function that may run at the same time; 0 means
	// ServiceCallsPerFunction.
	CallsPerFunction int
	// Requests is the number of requests to the API that may be in flight at the same time; 0 means no limit.
	Requests int
	// RequestsPerSecond is the average number of requests to the API that may start in one second, at least 0.001; 0 means
	// no limit.
	RequestsPerSecond float64
	// Burst is the number of requests that may start at once after a pause; 0 means 1, which spaces requests evenly.
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
				Field: "Limits." + field.name, Rule: fmt.Sprintf("is %d; it must be at least 1, or 0 for the default", field.value),
			}
		}
	}
	const minRate = 0.001
	if r := l.RequestsPerSecond; r != 0 && !(r >= minRate && r <= math.MaxFloat64) { // also rejects NaN
		return &functions.ArgumentError{
			Field: "Limits.RequestsPerSecond", Rule: fmt.Sprintf("is %v; it must be at least %v, or 0 for no limit", r, minRate),
		}
	}
	return nil
}

// Limiter keeps a process within the limits of one project, so that the service rejects fewer requests. Create one limiter
// per project and share it:
//
//	functions.WithLimiter  limits the requests of a client
//	WithLimiter            limits the calls of a Map
//	Limiter.Call, Start    limit single calls
//
// Waiters are served in the order of their arrival. Requests with a nonce are an exception, because a nonce is valid for
// one minute: they overtake other requests and wait for at most one of these.
//
// A limiter does not replace retries. Schedules and other programs use the same limits, so the service can still respond
// with 429. The client then retries as usual (functions.WithRetry, Retry-After). Each retry is limited like any request. A
// call that is retried keeps its slot, so other calls wait instead of being rejected too. functions.WithPayloadLimit limits
// the size of a call's data.
//
// A Limiter is safe for concurrent use.
type Limiter struct {
	// ordinary lets one request without a nonce at a time wait for requests and pace.
	ordinary *semaphore.Weighted
	requests *semaphore.Weighted
	pace     *pacer

	calls            *semaphore.Weighted
	callsPerFunction int64
	mu               sync.Mutex
	functionCalls    map[int64]*semaphore.Weighted // by function id
}

// NewLimiter returns a limiter. A limit below zero is a *functions.ArgumentError.
func NewLimiter(l Limits) (*Limiter, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	limit := func(n int, standard int64) int64 {
		if n == 0 {
			return standard
		}
		return int64(n)
	}
	return &Limiter{
		ordinary:         semaphore.NewWeighted(1),
		requests:         semaphore.NewWeighted(limit(l.Requests, math.MaxInt64)),
		pace:             newPacer(l.RequestsPerSecond, max(l.Burst, 1)),
		calls:            semaphore.NewWeighted(limit(l.Calls, ServiceCalls)),
		callsPerFunction: limit(l.CallsPerFunction, ServiceCallsPerFunction),
		functionCalls:    map[int64]*semaphore.Weighted{},
	}, nil
}

// Acquire waits until a request may be sent within Limits.Requests and Limits.RequestsPerSecond, so that a client can use
// the limiter with [functions.WithLimiter]. Several clients of a project can share a limiter. urgent means that the request
// has a nonce.
func (l *Limiter) Acquire(ctx context.Context, urgent bool) (release func(), err error) {
	if !urgent {
		if err := l.ordinary.Acquire(ctx, 1); err != nil {
			return nil, ctxwait.Error(ctx)
		}
		defer l.ordinary.Release(1)
	}
	if err := l.requests.Acquire(ctx, 1); err != nil {
		return nil, ctxwait.Error(ctx)
	}
	if err := l.pace.wait(ctx); err != nil {
		l.requests.Release(1)
		return nil, err
	}
	return func() { l.requests.Release(1) }, nil
}

// Call is client.Call within the limits of running calls. If ctx ends while the call runs, its slot is released although
// the call continues, since the API cannot cancel calls.
//
// The errors are those of [Limiter.Start] and of functions.Call.Wait.
func (l *Limiter) Call(
	ctx context.Context, client *functions.Client, fn functions.Identifier, data any, opts ...functions.SessionOption,
) (*functions.Call, error) {
	call, release, err := l.Start(ctx, client, fn, data, opts...)
	if err != nil {
		return nil, err
	}
	defer release()
	return call, call.Wait(ctx)
}

// Start is client.Start within the limits of running calls. It waits for a slot, which the call occupies until release is
// called. Call release when the call has ended, or to give up its slot. Further calls of release do nothing. With an
// error, release is nil.
//
// If ctx ends while Start waits, the error wraps that of ctx. Other errors are those of client.Start.
func (l *Limiter) Start(
	ctx context.Context, client *functions.Client, fn functions.Identifier, data any, opts ...functions.SessionOption,
) (call *functions.Call, release func(), err error) {
	id, err := client.FunctionID(ctx, fn) // the id and the external id of a function share its slots
	if err != nil {
		return nil, nil, err
	}
	if release, err = l.acquireCall(ctx, id); err != nil {
		return nil, nil, fmt.Errorf("batch: stopped while waiting to call the function with %v: %w", fn, err)
	}
	if call, err = client.Start(ctx, fn, data, opts...); err != nil {
		release()
		return nil, nil, err
	}
	return call, release, nil
}

// acquireCall first waits for a slot of the function and then for one of the project, so that waiting calls of a busy
// function occupy no slots of the project.
func (l *Limiter) acquireCall(ctx context.Context, functionID int64) (release func(), err error) {
	ofFunction := l.functionSlots(functionID)
	if err := ofFunction.Acquire(ctx, 1); err != nil {
		return nil, ctxwait.Error(ctx)
	}
	if err := l.calls.Acquire(ctx, 1); err != nil {
		ofFunction.Release(1)
		return nil, ctxwait.Error(ctx)
	}
	return sync.OnceFunc(func() {
		l.calls.Release(1)
		ofFunction.Release(1)
	}), nil
}

func (l *Limiter) functionSlots(id int64) *semaphore.Weighted {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.functionCalls[id] == nil {
		l.functionCalls[id] = semaphore.NewWeighted(l.callsPerFunction)
	}
	return l.functionCalls[id]
}
