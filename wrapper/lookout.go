package functions

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// lookout lets any number of waits share their looks at the service. Nobody stands watch in the background: the wait
// whose next look is due asks for the others of its group too, so the last wait leaves nothing behind, and a request that
// hangs holds up no wait but those that it asks for.
//
// Each wait has pauses of its own, and is never left unseen for longer than the pause that it would be in if it were
// alone: a new one is looked at soon however many old ones there are. A look that somebody else asked for counts like its
// own, and a wait that is half-way to its next look rides along. So waits fall into step, and each is looked at twice as
// often as if it were alone at most, however many new ones come.
type lookout[G, K comparable, V any] struct {
	// pauses makes the pauses of each wait.
	pauses Backoff
	// most is how many keys one request may ask for.
	most int
	// ask looks at things of one group; it leaves out those that do not exist.
	ask func(ctx context.Context, group G, keys []K) (map[K]V, error)
	// unknown is how the wait for something ends that does not exist.
	unknown error

	mu     sync.Mutex
	joined uint64
	groups map[G]map[*waiting[K, V]]struct{}
}

// waiting is one wait. The lookout's lock guards it, but for the two channels.
type waiting[K comparable, V any] struct {
	key K
	// judge tells from a look whether the wait is over, and how.
	judge func(V) (done bool, err error)
	next  func() time.Duration
	// alone is when the wait would look next if it were alone, which tells the pause that fits its age.
	alone time.Time
	// pause lies between the last look and due, when timer fires.
	pause time.Duration
	due   time.Time
	timer *time.Timer
	// asked tells that a request is under way that asks for it.
	asked bool
	// turn is the wait's place among all, so that the order of the keys in a request is no accident.
	turn uint64
	end  chan ending[V]
}

// ending is what a wait ends with.
type ending[V any] struct {
	value V
	err   error
}

// errAbandoned is the outcome of a request that was given up, so that somebody else must ask again.
var errAbandoned = errors.New("abandoned")

// wait returns what judge is done with, or the error that it or the service has. When ctx ends first, stopped is true
// and the error wraps ctx's.
func (l *lookout[G, K, V]) wait(ctx context.Context, group G, key K, judge func(V) (bool, error)) (value V, stopped bool, err error) {
	w := l.join(group, key, judge)
	defer l.leave(group, w)
	for {
		var cut error
		select {
		case end := <-w.end:
			return end.value, false, end.err
		case <-ctx.Done():
			cut = ended(ctx)
		case <-w.timer.C:
			cut = l.look(ctx, group, w)
		}
		if cut == nil {
			continue
		}
		select {
		case end := <-w.end: // just in time
			return end.value, false, end.err
		default:
			return value, true, cut
		}
	}
}

func (l *lookout[G, K, V]) join(group G, key K, judge func(V) (bool, error)) *waiting[K, V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.joined++
	w := &waiting[K, V]{key: key, judge: judge, next: l.pauses(), alone: now, turn: l.joined, end: make(chan ending[V], 1)}
	w.looked(now)
	w.timer = time.NewTimer(w.pause)
	if l.groups == nil {
		l.groups = map[G]map[*waiting[K, V]]struct{}{}
	}
	if l.groups[group] == nil {
		l.groups[group] = map[*waiting[K, V]]struct{}{}
	}
	l.groups[group][w] = struct{}{}
	return w
}

func (l *lookout[G, K, V]) leave(group G, w *waiting[K, V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(group, w)
}

func (l *lookout[G, K, V]) remove(group G, w *waiting[K, V]) {
	w.timer.Stop()
	delete(l.groups[group], w)
	if len(l.groups[group]) == 0 {
		delete(l.groups, group)
	}
}

// looked notes a look: the pause until the next is the one that the wait would be in by now if it were alone.
func (w *waiting[K, V]) looked(now time.Time) {
	for !w.alone.After(now) {
		w.pause = max(w.next(), time.Millisecond)
		w.alone = w.alone.Add(w.pause)
	}
	w.due = now.Add(w.pause)
}

// look asks for w and for whoever rides along. The error is that of ctx, if it cut the request short; whatever else comes
// of it reaches the waits by their channels.
func (l *lookout[G, K, V]) look(ctx context.Context, group G, w *waiting[K, V]) (cut error) {
	batch, keys := l.claim(group, w)
	if len(batch) == 0 {
		return nil
	}
	var found map[K]V
	outcome := errAbandoned // should the caller's middleware panic
	defer func() { l.settle(group, batch, found, outcome) }()
	found, err := l.ask(ctx, group, keys)
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	outcome = err
	return nil
}

// claim returns the waits that a request for w is to ask for, those that are due first before the others, with their keys.
// There are none if somebody else has asked, or is asking, for w.
func (l *lookout[G, K, V]) claim(group G, w *waiting[K, V]) (batch []*waiting[K, V], keys []K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if _, waits := l.groups[group][w]; !waits || w.asked || now.Before(w.due) {
		return nil, nil
	}
	var riders []*waiting[K, V]
	for other := range l.groups[group] {
		if !other.asked && !now.Before(other.due.Add(-other.pause/2)) {
			riders = append(riders, other)
		}
	}
	slices.SortFunc(riders, func(a, b *waiting[K, V]) int {
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.turn, b.turn))
	})
	keys = []K{w.key} // whoever else was due before
	known := map[K]bool{w.key: true}
	for _, rider := range riders {
		if !known[rider.key] {
			if len(keys) == l.most {
				continue
			}
			known[rider.key] = true
			keys = append(keys, rider.key)
		}
		rider.asked = true
		rider.timer.Stop()
		batch = append(batch, rider)
	}
	return batch, keys
}

// settle tells the waits of a request what came of it, and sets the timers of those that go on.
func (l *lookout[G, K, V]) settle(group G, batch []*waiting[K, V], found map[K]V, outcome error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for _, w := range batch {
		w.asked = false
		if _, waits := l.groups[group][w]; !waits {
			continue
		}
		if outcome == errAbandoned { //nolint:errorlint // it is never wrapped
			w.due = now
			w.timer.Reset(0)
			continue
		}
		if end, done := w.judged(found, outcome, l.unknown); done {
			l.remove(group, w)
			w.end <- end
			continue
		}
		w.looked(now)
		w.timer.Reset(w.pause)
	}
}

func (w *waiting[K, V]) judged(found map[K]V, outcome, unknown error) (end ending[V], done bool) {
	if outcome != nil {
		return ending[V]{err: outcome}, true
	}
	value, ok := found[w.key]
	if !ok {
		return ending[V]{err: unknown}, true
	}
	done, err := w.judge(value)
	return ending[V]{value, err}, done || err != nil
}
