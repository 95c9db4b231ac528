// Package clock is the clock of an emulator. It shows the real time until a test moves or freezes it.
//
// Work that depends on the clock runs as a task. [Clock.Advance] uses the tasks to wait until the work of one time has
// ended, or sleeps, before it moves to the next time.
package clock

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"
)

// maxWait bounds how long a running clock waits for its next timer at a time, so that it notices a changed wall clock.
const maxWait = time.Minute

// Clock is a clock with timers. It is safe for concurrent use.
type Clock struct {
	moving sync.Mutex // held by Advance, Set and Restore

	mu     sync.Mutex
	frozen bool
	moved  bool      // a move is in progress: the time stands still
	at     time.Time // the time while frozen or moved; otherwise the time when the clock began to run
	real   time.Time // the real time when the clock began to run
	timers timers
	added  uint64 // number of timers so far, which orders timers of the same time
	wake   *time.Timer
	closed chan struct{}
	firing bool // a goroutine fires the due timers of the running clock
	jumps  []func(time.Time)
	tasks  map[*task]struct{} // the active tasks
	idle   *sync.Cond         // signaled when settle has to look again
}

// realTime returns the real time without the monotonic clock, which stands still while a laptop sleeps.
func realTime() time.Time { return time.Now().Round(0) }

// New returns a clock that shows the real time.
func New() *Clock {
	now := realTime()
	c := &Clock{at: now, real: now, closed: make(chan struct{}), tasks: map[*task]struct{}{}}
	c.idle = sync.NewCond(&c.mu)
	c.wake = time.AfterFunc(maxWait, c.fireDue)
	return c
}

// Close stops the clock: no timer fires from now on, except in Advance and Set, and all sleeps end. It must be called once.
func (c *Clock) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake.Stop()
	c.at, c.frozen = c.now(), true
	close(c.closed)
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.frozen || c.moved {
		return c.at
	}
	return c.at.Add(realTime().Sub(c.real))
}

// run lets the clock run from its time.
func (c *Clock) run() { c.real = realTime() }

// Timer is a function that the clock calls at a time.
type Timer struct {
	clock *Clock
	at    time.Time
	order uint64
	fire  func()
	index int // in the heap; -1 if it has fired or was stopped
}

// At calls fire at a time. fire must return quickly. Timers of the same time fire in the order in which they were added.
func (c *Clock) At(at time.Time, fire func()) *Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(at, fire)
}

func (c *Clock) add(at time.Time, fire func()) *Timer {
	c.added++
	t := &Timer{clock: c, at: at, order: c.added, fire: fire}
	heap.Push(&c.timers, t)
	c.schedule()
	return t
}

// Time returns the time at which the timer fires.
func (t *Timer) Time() time.Time { return t.at }

// Stop prevents a timer from firing. It does nothing if the timer has fired.
func (t *Timer) Stop() {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.index >= 0 {
		heap.Remove(&t.clock.timers, t.index)
	}
}

// schedule sets the real timer to the next timer of a running clock.
func (c *Clock) schedule() {
	if c.frozen || c.moved || c.firing {
		c.wake.Stop()
		return
	}
	wait := maxWait
	if len(c.timers) > 0 {
		wait = min(wait, c.timers[0].at.Sub(c.now()))
	}
	c.wake.Reset(max(wait, 0))
}

// fireDue fires the due timers of a running clock, one at a time.
func (c *Clock) fireDue() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.firing {
		return
	}
	c.firing = true
	for !c.frozen && !c.moved {
		due := c.next(c.now())
		if due == nil {
			break
		}
		c.mu.Unlock()
		due.fire()
		c.mu.Lock()
	}
	c.firing = false
	c.idle.Broadcast()
	c.schedule()
}

// next removes and returns the first timer that is due at a time, or nil.
func (c *Clock) next(until time.Time) *Timer {
	if len(c.timers) == 0 || c.timers[0].at.After(until) {
		return nil
	}
	first, _ := heap.Pop(&c.timers).(*Timer) // timers contains nothing else
	return first
}

// errClosed is the error of a sleep that ends because the clock was closed.
var errClosed = errors.New("the emulator was closed")

// Sleep waits until d has passed on the clock, ctx ends or the clock is closed. It returns an error in the last two cases.
// [Clock.Advance] does not wait for a task that sleeps.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	t := taskOf(ctx)
	woken := make(chan struct{})
	c.mu.Lock() // Advance must see the timer and the pause together
	timer := c.add(c.now().Add(d), func() {
		t.resume() // before the sleeper continues, so that Advance waits for it
		close(woken)
	})
	c.deactivate(t)
	c.mu.Unlock()
	defer t.resume()
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		timer.Stop()
		return ctx.Err()
	case <-c.closed:
		timer.Stop()
		return errClosed
	}
}

// WithTimeout is context.WithTimeout with the time of the clock.
func (c *Clock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	t := taskOf(ctx)
	timer := c.At(c.Now().Add(d), func() {
		t.resume() // Advance waits for what the task does after its timeout
		cancel(context.DeadlineExceeded)
	})
	return ctx, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}

// timers is a heap of timers, ordered by time and then by addition.
type timers []*Timer

// Len implements [heap.Interface].
func (t *timers) Len() int { return len(*t) }

// Less implements [heap.Interface].
func (t *timers) Less(i, j int) bool {
	a, b := (*t)[i], (*t)[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	return a.order < b.order
}

// Swap implements [heap.Interface].
func (t *timers) Swap(i, j int) {
	all := *t
	all[i], all[j] = all[j], all[i]
	all[i].index, all[j].index = i, j
}

// Push implements [heap.Interface].
func (t *timers) Push(x any) {
	timer, _ := x.(*Timer) // see At
	timer.index = len(*t)
	*t = append(*t, timer)
}

// Pop implements [heap.Interface].
func (t *timers) Pop() any {
	last := len(*t) - 1
	timer := (*t)[last]
	timer.index = -1
	(*t)[last] = nil
	*t = (*t)[:last]
	return timer
}
