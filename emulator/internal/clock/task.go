package clock

import (
	"context"
	"time"
)

type taskKey struct{}

// task is work that Advance waits for.
type task struct {
	clock *Clock
	// patience is the real time after which Advance no longer waits for the task; 0 means no limit.
	patience time.Duration
	since    time.Time // when the task became active
	ended    bool
}

// Start starts a task. It is active, so that [Clock.Advance] waits for it, until it ends or sleeps. Advance waits at most
// patience of real time, or without a limit if patience is 0. The caller must call end, and use the context for the work
// of the task.
func (c *Clock) Start(ctx context.Context, patience time.Duration) (_ context.Context, end func()) {
	t := &task{clock: c, patience: patience}
	t.resume()
	return context.WithValue(ctx, taskKey{}, t), t.end
}

// taskOf returns the task of a context, or nil. The methods of a nil task do nothing.
func taskOf(ctx context.Context) *task {
	t, _ := ctx.Value(taskKey{}).(*task)
	return t
}

func (t *task) resume() {
	if t == nil {
		return
	}
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if !t.ended {
		t.since = time.Now()
		t.clock.tasks[t] = struct{}{}
		if t.patience > 0 {
			t.clock.idle.Broadcast() // settle waits for the shortest patience
		}
	}
}

func (t *task) pause() {
	if t == nil {
		return
	}
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.clock.deactivate(t)
}

func (t *task) end() {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.ended = true
	t.clock.deactivate(t)
}

func (c *Clock) deactivate(t *task) {
	delete(c.tasks, t)
	if len(c.tasks) == 0 {
		c.idle.Broadcast()
	}
}

// Wait waits until done is closed or ctx ends, and returns the error of ctx. [Clock.Advance] does not wait for a task that
// waits.
func Wait(ctx context.Context, done <-chan struct{}) error {
	t := taskOf(ctx)
	t.pause()
	defer t.resume()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settle waits until no timer of the running clock is firing and no task is active.
func (c *Clock) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.firing || len(c.tasks) > 0 {
		giveUp := time.AfterFunc(c.untilGiveUp(), c.giveUp)
		c.idle.Wait()
		giveUp.Stop()
	}
}

// forever is longer than any test or call.
const forever = 1000 * time.Hour

// untilGiveUp returns the real time until Advance gives up the first active task.
func (c *Clock) untilGiveUp() time.Duration {
	left := forever
	for t := range c.tasks {
		if t.patience > 0 {
			left = min(left, time.Until(t.since.Add(t.patience)))
		}
	}
	return left
}

// giveUp deactivates the tasks whose patience has passed.
func (c *Clock) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := range c.tasks {
		if t.patience > 0 && time.Since(t.since) >= t.patience {
			delete(c.tasks, t)
		}
	}
	c.idle.Broadcast()
}
