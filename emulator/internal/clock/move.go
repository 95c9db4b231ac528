package clock

import (
	"context"
	"time"
)

// Advance moves the clock forward by d, which must not be negative. It stops at the time of each timer, fires it, and
// waits until the tasks that are active then have ended or sleep. If ctx ends, Advance stops at the time that it has
// reached and returns the error of ctx.
func (c *Clock) Advance(ctx context.Context, d time.Duration) error {
	c.moving.Lock()
	defer c.moving.Unlock()
	target := c.hold().Add(d)
	defer c.release()
	for {
		c.settle()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		due := c.step(target)
		if due == nil {
			return nil
		}
		due.fire()
	}
}

// step moves the time to the next timer, at most to target, and returns the timer, or nil if there is none.
func (c *Clock) step(target time.Time) *Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := c.next(target)
	switch {
	case due == nil:
		c.at = target
	case due.at.After(c.at):
		c.at = due.at
	}
	return due
}

// hold stops the time for a move and returns it.
func (c *Clock) hold() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.moved = c.now(), true
	c.schedule()
	return c.at
}

// release ends a move. A clock that was running continues from the time that it has reached.
func (c *Clock) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = false
	c.run()
	c.schedule()
}

// Set changes the time, forward or backward, without passing through the times between. It waits until the tasks that are
// active have ended or sleep. Then the functions of [Clock.OnJump] run, and the timers fire that are due at the new time.
func (c *Clock) Set(now time.Time) {
	c.moving.Lock()
	defer c.moving.Unlock()
	c.hold()
	defer c.release()
	c.settle()
	c.mu.Lock()
	c.at = now.Round(0)
	jumps := c.jumps
	c.mu.Unlock()
	for _, jump := range jumps {
		jump(now)
	}
	for due := c.step(now); due != nil; due = c.step(now) {
		due.fire()
		c.settle()
	}
}

// OnJump calls a function with the new time when Set has changed the time. The function may add and stop timers.
func (c *Clock) OnJump(jump func(now time.Time)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jumps = append(c.jumps, jump)
}

// Freeze stops the clock. Advance and Set move a frozen clock.
func (c *Clock) Freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.frozen = c.now(), true
	c.schedule()
}

// Unfreeze lets a frozen clock continue from its time.
func (c *Clock) Unfreeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		c.frozen = false
		c.run()
		c.schedule()
	}
}

// Frozen reports whether the clock is frozen.
func (c *Clock) Frozen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frozen
}

// State is a state of the clock that Restore returns to.
type State struct {
	frozen   bool
	at, real time.Time
}

// State returns the state of the clock: how far it is from the real time, or the time at which it is frozen.
func (c *Clock) State() State {
	c.moving.Lock() // not the state during a move
	defer c.moving.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	return State{c.frozen, c.at, c.real}
}

// Restore returns the clock to a state without firing timers that are due. The zero State is the real time.
func (c *Clock) Restore(state State) {
	c.moving.Lock()
	defer c.moving.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == (State{}) {
		state.at = realTime()
		state.real = state.at
	}
	c.frozen, c.at, c.real = state.frozen, state.at, state.real
	c.schedule()
}
