package python

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pool shares a limited number of workers among all functions. A process occupies a slot from before its start until after
// its exit, so the number of processes never exceeds the number of slots.
type pool struct {
	slots       int
	maxCalls    int
	idleTimeout time.Duration

	mu     sync.Mutex
	taken  int       // occupied slots, including those of ending processes
	ending int       // processes that are being stopped and will free their slots
	idle   []*worker // longest idle first
	queue  []*waiter // longest waiting first
}

// waiter is a call or deployment that waits for a worker or a slot.
type waiter struct {
	function *function
	// granted receives an idle worker of the function, or nil, which grants a slot for a new worker.
	granted chan *worker
}

func newPool(slots, maxCalls int, idleTimeout time.Duration) *pool {
	return &pool{slots: slots, maxCalls: maxCalls, idleTimeout: idleTimeout}
}

// acquire returns an idle worker of the function. If it returns nil without an error, the caller occupies a slot and must
// start a worker or call freeSlot. Callers wait in order of arrival, until ctx ends.
func (p *pool) acquire(ctx context.Context, f *function) (*worker, error) {
	p.mu.Lock()
	if w := p.takeIdle(f); w != nil {
		p.mu.Unlock()
		return w, nil
	}
	if p.taken < p.slots {
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
		p.cancelWait(waiting)
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

// cancelWait removes a waiter from the queue. If it was granted a worker or slot in the meantime, cancelWait returns that
// to the pool.
func (p *pool) cancelWait(waiting *waiter) {
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
		p.freeSlot()
	}
}

// release returns a worker to the pool after a call.
func (p *pool) release(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.exited { // its slot is already free
		return
	}
	switch {
	case w.unfit || w.calls() >= p.maxCalls:
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

// expire stops a worker that has been idle for the idle timeout.
func (p *pool) expire(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Contains(p.idle, w) { // not acquired since the timer fired
		p.retire(w)
	}
}

// retireIdle stops all idle workers of a function.
func (p *pool) retireIdle(f *function) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := p.takeIdle(f); w != nil; w = p.takeIdle(f) {
		p.retire(w)
	}
}

// retire stops a worker. Its slot becomes free when the process has exited.
func (p *pool) retire(w *worker) {
	p.removeIdle(w)
	if !w.retired {
		w.retired = true
		p.ending++
	}
	w.kill()
}

// removeIdle removes a worker from the idle list if it is in it.
func (p *pool) removeIdle(w *worker) {
	if i := slices.Index(p.idle, w); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		w.idleTimer.Stop()
	}
}

// workerExited frees the slot of a worker whose process has exited.
func (p *pool) workerExited(w *worker) {
	p.mu.Lock()
	p.removeIdle(w)
	w.exited = true
	if w.retired {
		p.ending--
	}
	p.mu.Unlock()
	p.freeSlot()
}

// freeSlot grants a slot to the first waiter, or makes it available if there is none.
func (p *pool) freeSlot() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		p.taken--
		return
	}
	p.queue[0].granted <- nil
	p.queue = slices.Delete(p.queue, 0, 1)
}
