package faults

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Config is the configuration of an [Engine]. All fields are required.
type Config struct {
	// Sleep is that of the emulator's clock.
	Sleep func(ctx context.Context, d time.Duration) error
	// CopyState copies the current state. Reads with a context from use see the copy until it is closed.
	CopyState func() (use func(context.Context) context.Context, closeCopy func() error, err error)
	// ExpireNonces returns a context in which nonces are expired.
	ExpireNonces func(context.Context) context.Context
	// Report is called with each request to which a fault applies.
	Report func(r *http.Request, kind Kind)
}

// Engine decides which requests fail, and makes them fail. It is safe for concurrent use.
type Engine struct {
	config Config

	mu         sync.Mutex
	injections []*Injection
	lastID     int64
	generation int64 // of tokens
}

// New returns an engine without faults. Its tokens have later generations than those of earlier processes with the same
// signing key.
func New(config Config) *Engine { return &Engine{config: config, generation: time.Now().UnixNano()} }

// Injection is an injected fault.
type Injection struct {
	// ID identifies the fault in the control API.
	ID    int64
	Fault Fault

	engine *Engine
	random *rand.Rand
	seen   int // requests of the operation
	hits   int // affected requests
	// generation is that of the tokens that an ExpiredToken accepts.
	generation int64
	useCopy    func(context.Context) context.Context
	closeCopy  func() error
}

// Hits returns the number of requests that the fault has affected.
func (i *Injection) Hits() int {
	i.engine.mu.Lock()
	defer i.engine.mu.Unlock()
	return i.hits
}

// Remove removes the fault. It does nothing if the fault is removed already.
func (i *Injection) Remove() error {
	return i.engine.remove(func(other *Injection) bool { return other == i })
}

// Inject adds a fault. It returns the error of [Fault.Check].
func (e *Engine) Inject(f Fault) (*Injection, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	f.Headers = maps.Clone(f.Headers) // the caller may change them
	if f.RetryAfterDate != nil {
		f.RetryAfterDate = new(*f.RetryAfterDate)
	}
	i := &Injection{Fault: f, engine: e, random: rand.New(rand.NewPCG(f.Seed, 0))} //nolint:gosec // not for secrets
	if f.Kind == StaleRead {
		var err error
		if i.useCopy, i.closeCopy, err = e.config.CopyState(); err != nil {
			return nil, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.Kind == ExpiredToken {
		e.generation++
		i.generation = e.generation
	}
	e.lastID++
	i.ID = e.lastID
	e.injections = append(e.injections, i)
	return i, nil
}

// List returns the faults that have not been removed, oldest first.
func (e *Engine) List() []*Injection {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.injections)
}

// Clear removes all faults.
func (e *Engine) Clear() error { return e.remove(func(*Injection) bool { return true }) }

func (e *Engine) remove(matches func(*Injection) bool) error {
	var removed []*Injection
	e.mu.Lock()
	e.injections = slices.DeleteFunc(e.injections, func(i *Injection) bool {
		if matches(i) {
			removed = append(removed, i)
			return true
		}
		return false
	})
	e.mu.Unlock()
	var all error
	for _, i := range removed {
		if i.closeCopy != nil {
			all = errors.Join(all, i.closeCopy())
		}
	}
	return all
}

// Generation returns the generation of the tokens that are issued now.
func (e *Engine) Generation() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.generation
}

// Request is what the engine has to know about a request.
type Request struct {
	// Operation is the operation of the request, as in [Fault.Operation].
	Operation string
	// TokenGeneration returns the generation of the request's token; a token that the emulator has not issued has -1.
	TokenGeneration func(*http.Request) int64
	// RequiredFields returns the required fields of a response with a status.
	RequiredFields func(status int) []string
}

// match returns the fault that applies to a request, or nil.
func (e *Engine) match(r *http.Request, request Request) *Injection {
	e.mu.Lock()
	defer e.mu.Unlock()
	var applies *Injection
	for _, i := range e.injections {
		f := i.Fault
		if f.Operation != "" && f.Operation != request.Operation || !i.canAffect(r, request) {
			continue
		}
		i.seen++
		if applies != nil || i.seen <= f.Skip || f.Times > 0 && i.hits >= f.Times {
			continue
		}
		if f.Probability > 0 && i.random.Float64() >= f.Probability {
			continue
		}
		i.hits++
		applies = i
	}
	return applies
}

// canAffect reports whether the kind of a fault can happen to a request.
func (i *Injection) canAffect(r *http.Request, request Request) bool {
	switch i.Fault.Kind { //nolint:exhaustive // the other kinds can happen to all requests
	case ExpiredToken:
		return request.TokenGeneration != nil && request.TokenGeneration(r) < i.generation
	case ExpiredNonce:
		return slices.Contains(nonceOperations, request.Operation)
	case StaleRead:
		return slices.Contains(readOperations(), request.Operation)
	}
	return true
}
