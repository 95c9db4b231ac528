package functions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

// Backoff makes the poll intervals of one wait: each call of next returns the next interval.
type Backoff func() (next func() time.Duration)

// defaultPoll starts at tens of milliseconds, so that short calls return promptly, and grows to ten seconds, so that long
// calls cost few requests.
func defaultPoll() Backoff { return ExponentialPoll(60*time.Millisecond, 1.6, 10*time.Second) }

// ExponentialPoll starts with intervals around first and multiplies each by factor, up to longest. Intervals vary by half
// around their mean, so that many waits do not poll at the same time.
func ExponentialPoll(first time.Duration, factor float64, longest time.Duration) Backoff {
	return func() func() time.Duration { return newExponential(first, factor, longest).NextBackOff }
}

// ConstantPoll uses the same interval each time.
func ConstantPoll(interval time.Duration) Backoff {
	return func() func() time.Duration { return func() time.Duration { return interval } }
}

// minInterval is the shortest poll interval, so that a Backoff that returns 0 does not send requests without a pause.
const minInterval = time.Millisecond

// until polls until poll is done, fails, or ctx ends.
func (c *Client) until(ctx context.Context, what string, poll func() (done bool, err error)) error {
	next := c.poll()
	for {
		if err := ctxwait.Sleep(ctx, max(next(), minInterval)); err != nil {
			return canceled("waiting for "+what, err)
		}
		done, err := poll()
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return canceled("waiting for "+what, err)
		}
		if done || err != nil {
			return err
		}
	}
}

// canceled returns an error that names the canceled work. It wraps err, the error of the context.
func canceled(what string, err error) error {
	if err == nil {
		return fmt.Errorf("functions: stopped %s", what)
	}
	if strings.HasPrefix(err.Error(), "functions: ") { // err is a complete sentence
		return join(fmt.Errorf("functions: stopped %s", what), err)
	}
	return fmt.Errorf("functions: stopped %s: %w", what, err)
}

// poller lets any number of waiters share poll requests. There is no background goroutine. The waiter whose poll is due
// polls for its whole group, so nothing is left running after the last waiter, and a request that hangs delays only the
// waiters that it polls for.
//
// Each waiter has its own poll intervals, which follow its own age: a new waiter polls soon, however many old ones there
// are. A poll by another waiter counts as its own, and a waiter that is halfway through its interval joins the poll of
// another. Therefore waiters synchronize, and each is polled at most twice as often as if it were alone.
type poller[G, K comparable, V any] struct {
	// intervals makes the poll intervals of each waiter.
	intervals Backoff
	// maxKeys is the number of keys that one request may retrieve.
	maxKeys int
	// retrieve returns the values of keys of one group, without those that do not exist.
	retrieve func(ctx context.Context, group G, keys []K) (map[K]V, error)
	// notFound returns the error for a key that does not exist.
	notFound func(group G, key K) error

	mu     sync.Mutex
	joined uint64
	groups map[G]map[*waiter[K, V]]struct{}
}

// waiter is one wait. The poller's mutex guards it, except for the two channels.
type waiter[K comparable, V any] struct {
	key K
	// judge reports whether a value ends the wait, and with which error.
	judge func(V) (done bool, err error)
	next  func() time.Duration
	// alone is the time of the next poll if the waiter were alone. It determines the interval for the waiter's age.
	alone time.Time
	// interval is the time between the last poll and due, when timer fires.
	interval time.Duration
	due      time.Time
	timer    *time.Timer
	// polled is set while a request for the key is in flight.
	polled bool
	// number orders waiters by arrival, so that the order of keys in a request is deterministic.
	number uint64
	end    chan result[V]
}

// result ends a wait.
type result[V any] struct {
	value V
	err   error
}

// errAbandoned is the outcome of a request that was canceled, so that another waiter must send it again.
var errAbandoned = errors.New("abandoned")

// wait returns the value that ends the wait, or the error of judge or of the service. If ctx ends first, stopped is true and
// err wraps the error of ctx.
func (p *poller[G, K, V]) wait(ctx context.Context, group G, key K, judge func(V) (bool, error)) (value V, stopped bool, err error) {
	w := p.join(group, key, judge)
	defer p.leave(group, w)
	for {
		var ended error
		select {
		case end := <-w.end:
			return end.value, false, end.err
		case <-ctx.Done():
			ended = ctxwait.Error(ctx)
		case <-w.timer.C:
			ended = p.poll(ctx, group, w)
		}
		if ended == nil {
			continue
		}
		select {
		case end := <-w.end: // ended at the same time as ctx
			return end.value, false, end.err
		default:
			return value, true, ended
		}
	}
}

func (p *poller[G, K, V]) join(group G, key K, judge func(V) (bool, error)) *waiter[K, V] {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.joined++
	w := &waiter[K, V]{key: key, judge: judge, next: p.intervals(), alone: now, number: p.joined, end: make(chan result[V], 1)}
	w.reschedule(now)
	w.timer = time.NewTimer(w.interval)
	if p.groups == nil {
		p.groups = map[G]map[*waiter[K, V]]struct{}{}
	}
	if p.groups[group] == nil {
		p.groups[group] = map[*waiter[K, V]]struct{}{}
	}
	p.groups[group][w] = struct{}{}
	return w
}

func (p *poller[G, K, V]) leave(group G, w *waiter[K, V]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(group, w)
}

func (p *poller[G, K, V]) remove(group G, w *waiter[K, V]) {
	w.timer.Stop()
	delete(p.groups[group], w)
	if len(p.groups[group]) == 0 {
		delete(p.groups, group)
	}
}

// reschedule sets the interval after a poll to the one that the waiter would have reached by now if it were alone.
func (w *waiter[K, V]) reschedule(now time.Time) {
	for !w.alone.After(now) {
		w.interval = max(w.next(), minInterval)
		w.alone = w.alone.Add(w.interval)
	}
	w.due = now.Add(w.interval)
}

// poll sends a request for w and for the waiters that join it. It returns the error of ctx if ctx canceled the request.
// Every other outcome reaches the waiters through their channels.
func (p *poller[G, K, V]) poll(ctx context.Context, group G, w *waiter[K, V]) (ended error) {
	batch, keys := p.claim(group, w)
	if len(batch) == 0 {
		return nil
	}
	var found map[K]V
	outcome := errAbandoned // in case the caller's middleware panics
	defer func() { p.settle(group, batch, found, outcome) }()
	found, err := p.retrieve(ctx, group, keys)
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	outcome = err
	return nil
}

// claim returns the waiters and keys of a request for w, ordered by due time. It returns none if another waiter has polled
// or is polling for w.
func (p *poller[G, K, V]) claim(group G, w *waiter[K, V]) (batch []*waiter[K, V], keys []K) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if _, waits := p.groups[group][w]; !waits || w.polled || now.Before(w.due) {
		return nil, nil
	}
	var candidates []*waiter[K, V]
	for other := range p.groups[group] {
		if !other.polled && !now.Before(other.due.Add(-other.interval/2)) {
			candidates = append(candidates, other)
		}
	}
	slices.SortFunc(candidates, func(a, b *waiter[K, V]) int {
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.number, b.number))
	})
	keys = []K{w.key} // w is always part of its own request
	included := map[K]bool{w.key: true}
	for _, candidate := range candidates {
		if !included[candidate.key] {
			if len(keys) == p.maxKeys {
				continue
			}
			included[candidate.key] = true
			keys = append(keys, candidate.key)
		}
		candidate.polled = true
		candidate.timer.Stop()
		batch = append(batch, candidate)
	}
	return batch, keys
}

// settle delivers the outcome of a request to its waiters and restarts the timers of those that continue.
func (p *poller[G, K, V]) settle(group G, batch []*waiter[K, V], found map[K]V, outcome error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, w := range batch {
		w.polled = false
		if _, waits := p.groups[group][w]; !waits {
			continue
		}
		if outcome == errAbandoned { //nolint:errorlint // it is never wrapped
			w.due = now
			w.timer.Reset(0)
			continue
		}
		if end, done := p.result(group, w, found, outcome); done {
			p.remove(group, w)
			w.end <- end
			continue
		}
		w.reschedule(now)
		w.timer.Reset(w.interval)
	}
}

func (p *poller[G, K, V]) result(group G, w *waiter[K, V], found map[K]V, outcome error) (end result[V], done bool) {
	if outcome != nil {
		return result[V]{err: outcome}, true
	}
	value, ok := found[w.key]
	if !ok {
		return result[V]{err: p.notFound(group, w.key)}, true
	}
	done, err := w.judge(value)
	return result[V]{value, err}, done || err != nil
}
