package python

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pool shares a bounded number of workers among all functions. Each process holds one place from before its start until
// after its end, so there are never more of them than places.
type pool struct {
	places      int
	maxCalls    int
	idleTimeout time.Duration

	mu     sync.Mutex
	taken  int       // places held by processes, those that are ending included
	ending int       // processes that were told to end and will give their places back
	idle   []*worker // the longest idle one first
	queue  []*waiter // the longest waiting one first
}

// waiter is a call or deployment for which there was no place.
type waiter struct {
	function *function
	// granted gets an idle worker of the function, or nil: a place in which to start one.
	granted chan *worker
}

func newPool(places, maxCalls int, idleTimeout time.Duration) *pool {
	return &pool{places: places, maxCalls: maxCalls, idleTimeout: idleTimeout}
}

// acquire returns an idle worker of the function, or nil for a place in which the caller may start one. It waits until
// there is either, first come, first served, or until ctx ends.
func (p *pool) acquire(ctx context.Context, f *function) (*worker, error) {
	p.mu.Lock()
	if w := p.takeIdle(f); w != nil {
		p.mu.Unlock()
		return w, nil
	}
	if p.taken < p.places {
		p.taken++
		p.mu.Unlock()
		return nil, nil
	}
	waiting := &waiter{function: f, granted: make(chan *worker, 1)}
	p.queue = append(p.queue, waiting)
	if len(p.queue) > p.ending && len(p.idle) > 0 {
		p.retire(p.idle[0])
	}
	p.mu.Unlock()
	select {
	case w := <-waiting.granted:
		return w, nil
	case <-ctx.Done():
		p.abandon(waiting)
		return nil, context.Cause(ctx)
	}
}

// takeIdle returns the function's most recently used idle worker, or nil.
func (p *pool) takeIdle(f *function) *worker {
	for i, w := range slices.Backward(p.idle) {
		if w.function == f {
			p.idle = slices.Delete(p.idle, i, i+1)
			w.idleTimer.Stop()
			return w
		}
	}
	return nil
}

// abandon takes a waiter out of the queue, or gives back what it was granted meanwhile.
func (p *pool) abandon(waiting *waiter) {
	p.mu.Lock()
	if i := slices.Index(p.queue, waiting); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	if w := <-waiting.granted; w != nil {
		p.release(w)
	} else {
		p.vacate()
	}
}

// release takes back a worker that is done with its call.
func (p *pool) release(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.left { // it died during the call, its place is already free
		return
	}
	switch {
	case w.spent || w.calls() >= p.maxCalls:
		p.retire(w)
	case len(p.queue) > 0 && p.queue[0].function == w.function:
		p.queue[0].granted <- w
		p.queue = slices.Delete(p.queue, 0, 1)
	case len(p.queue) > p.ending:
		p.retire(w)
	default:
		p.idle = append(p.idle, w)
		w.idleTimer = time.AfterFunc(p.idleTimeout, func() { p.expire(w) })
	}
}

// expire ends a worker that nobody wanted for too long.
func (p *pool) expire(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Contains(p.idle, w) { // not taken at the last moment
		p.retire(w)
	}
}

// retireIdle ends all idle workers of a function.
func (p *pool) retireIdle(f *function) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := p.takeIdle(f); w != nil; w = p.takeIdle(f) {
		p.retire(w)
	}
}

// retire tells a worker to end; its place is free once it has.
func (p *pool) retire(w *worker) {
	p.drop(w)
	if !w.retired {
		w.retired = true
		p.ending++
	}
	w.kill()
}

// drop takes a worker out of the idle ones, if it is there.
func (p *pool) drop(w *worker) {
	if i := slices.Index(p.idle, w); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		w.idleTimer.Stop()
	}
}

// exited frees the place of a worker whose process has ended, for whatever reason.
func (p *pool) exited(w *worker) {
	p.mu.Lock()
	p.drop(w)
	w.left = true
	if w.retired {
		p.ending--
	}
	p.mu.Unlock()
	p.vacate()
}

// vacate gives a place back: to the first in the queue, if there is one.
func (p *pool) vacate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		p.taken--
		return
	}
	p.queue[0].granted <- nil
	p.queue = slices.Delete(p.queue, 0, 1)
}
