package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"
)

// pacer lets through so many a second. Only the first in the queue waits for the clock, so that one who gives up wastes
// nobody's turn.
type pacer struct {
	interval time.Duration // 0 lets everything through
	ahead    time.Duration // how much earlier than at an even pace one may go
	turn     *semaphore.Weighted
	even     time.Time // when the next one is due at an even pace; belongs to whoever has the turn
}

func newPacer(perSecond float64, burst int) *pacer {
	const longest = 365 * 24 * time.Hour // beyond it a burst has no end, and a Duration could overflow
	p := &pacer{turn: semaphore.NewWeighted(1)}
	if perSecond > 0 {
		p.interval = time.Duration(float64(time.Second) / perSecond)
		p.ahead = time.Duration(min(float64(burst-1)*float64(p.interval), float64(longest)))
	}
	return p
}

func (p *pacer) wait(ctx context.Context) error {
	if p.interval == 0 {
		return nil
	}
	if err := p.turn.Acquire(ctx, 1); err != nil {
		return ended(ctx)
	}
	defer p.turn.Release(1)
	if err := sleep(ctx, time.Until(p.even.Add(-p.ahead))); err != nil {
		return err
	}
	if now := time.Now(); p.even.Before(now) {
		p.even = now
	}
	p.even = p.even.Add(p.interval)
	return nil
}

// sleep pauses for d, or until ctx ends, whose error it then returns.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

// ended is the error of a context that has ended: its own, and its cause where it has another one.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, ctx.Err()) {
		return cause
	}
	return fmt.Errorf("%w (%w)", cause, ctx.Err())
}
