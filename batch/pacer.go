package batch

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

// pacer limits the number of requests per second. Only the first waiter waits for the clock, so a waiter that gives up
// delays no other.
type pacer struct {
	interval time.Duration // 0 means no limit
	lead     time.Duration // how much earlier than evenly spaced a request may start
	first    *semaphore.Weighted
	next     time.Time // the evenly spaced time of the next request; protected by first
}

func newPacer(perSecond float64, burst int) *pacer {
	const maxLead = 365 * 24 * time.Hour // avoids an overflow; a longer burst has no effect
	p := &pacer{first: semaphore.NewWeighted(1)}
	if perSecond > 0 {
		p.interval = time.Duration(float64(time.Second) / perSecond)
		p.lead = time.Duration(min(float64(burst-1)*float64(p.interval), float64(maxLead)))
	}
	return p
}

func (p *pacer) wait(ctx context.Context) error {
	if p.interval == 0 {
		return nil
	}
	if err := p.first.Acquire(ctx, 1); err != nil {
		return ctxwait.Error(ctx)
	}
	defer p.first.Release(1)
	if err := ctxwait.Sleep(ctx, time.Until(p.next.Add(-p.lead))); err != nil {
		return err
	}
	if now := time.Now(); p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(p.interval)
	return nil
}
