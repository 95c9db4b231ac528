// Package service implements the operations of the API without HTTP.
//
// If a behavior of the real service is not documented, a comment marks the implementation as a guess.
package service

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/scheduler"
	"github.com/cogfn/cogfn/emulator/internal/signature"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// maxID is the largest id.
const maxID int64 = gen.InternalIDMaximum

// Config is the configuration of a [Service]. All fields are required except Profile, the transitions and
// RunnerAtOnce.
type Config struct {
	Store   *store.Store
	Profile Profile
	// Deployments and Calls are the transitions of deployments and calls.
	Deployments, Calls Transition
	// NonceLifetime is how long a nonce is valid.
	NonceLifetime time.Duration
	// GoFunction returns the Go function that runs instead of the deployed code, or nil if none has this external id or
	// name. Of spec, only the id, the environment and the secrets are set.
	GoFunction func(externalID, name string, spec runner.Spec) runner.Function
	// NewRunner returns the runner of the code without a Go function. It is called when the runner is first needed. If
	// RunnerAtOnce is set, New calls it and returns its error.
	NewRunner    func() (runner.Runner, error)
	RunnerAtOnce bool
	// KnownClient reports whether client credentials can create a session.
	KnownClient func(id, secret string) bool
	Logger      *slog.Logger
	Clock       *clock.Clock
}

// Service implements every operation of the API. It is safe for concurrent use.
type Service struct {
	Config
	current   atomic.Pointer[Profile]
	signer    signature.Signer
	scheduler *scheduler.Scheduler
	ctx       context.Context // canceled by Close
	cancel    context.CancelCauseFunc
	work      sync.WaitGroup

	mu           sync.Mutex
	closed       bool
	deployments  map[int64]*deployment
	runningCalls map[callKey]*runningCall
	gates        map[callKey]*gate // of deployments, without a call id, and of calls
	outcomes     map[string][]Outcome
	scheduled    *scheduledCalls // nil unless the clock advances
	nextRemoval  *clock.Timer    // of expired records

	advancing  sync.Mutex   // held by Advance and Reload
	reloading  sync.Mutex   // held by Reload and Close
	operations sync.RWMutex // held by Reload, and for reading by each operation

	runnerMu     sync.Mutex // not mu, because creating a runner may take seconds
	sharedRunner runner.Runner
}

var _ server.StrictServerInterface = (*Service)(nil)

// New starts a service with the state of its store. Running calls become Failed, deployments in progress start again, and
// schedules continue with their next time.
func New(config Config) (*Service, error) {
	s := &Service{
		Config:       config,
		signer:       signature.New(config.Store.SigningKey()),
		deployments:  map[int64]*deployment{},
		runningCalls: map[callKey]*runningCall{},
		gates:        map[callKey]*gate{},
		outcomes:     map[string][]Outcome{},
	}
	s.SetProfile(config.Profile)
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.scheduler = scheduler.New(s.Clock, s.fire)
	s.Clock.OnJump(func(time.Time) { s.removeExpired() })
	if err := s.startBackground(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// startBackground starts the runner if configured, restores the stored state, and starts the background work.
func (s *Service) startBackground() error {
	if s.RunnerAtOnce {
		if _, err := s.runner(); err != nil {
			return err
		}
	}
	if err := s.recover(); err != nil {
		return err
	}
	s.spawn(s.ctx, 0, func(context.Context) { s.removeExpired() })
	return nil
}

// Close stops schedules, deployments and calls, and waits until they have ended. The stopped calls are Failed. Close does
// not close the store.
func (s *Service) Close() error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if !s.stop() {
		return nil
	}
	return s.closeRunner()
}

// stop stops all work and waits until it has ended. It returns false if the service is stopped already.
func (s *Service) stop() bool {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.stopRetention()
	s.mu.Unlock()
	if already {
		return false
	}
	s.scheduler.Clear()
	s.cancel(errStopped)
	s.work.Wait()
	return true
}

// begin starts work that Close waits for until end is called. If the service is closed, end is nil.
func (s *Service) begin() (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.work.Add(1)
	return s.work.Done
}

// spawn runs work in a goroutine that Close waits for. A move of the clock waits for it as well, at most patience of real
// time if that is not 0. If the service is closed, spawn returns false and does not run work.
func (s *Service) spawn(ctx context.Context, patience time.Duration, work func(ctx context.Context)) bool {
	end := s.begin()
	if end == nil {
		return false
	}
	ctx, idle := s.Clock.Start(ctx, patience)
	go func() {
		defer end()
		defer idle()
		work(ctx)
	}()
	return true
}

// update runs an update that must also succeed while the service is closing, such as the end of a call.
func (s *Service) update(fn func(*store.Tx) error) error {
	return s.Store.Update(context.Background(), fn)
}

// updateInBatch is update for the calls of schedules and the daily removals, which are many in a long advance of the clock.
func (s *Service) updateInBatch(fn func(*store.Tx) error) error {
	return s.Store.UpdateInBatch(context.Background(), fn)
}

// Now returns the time of the emulator's clock.
func (s *Service) Now() time.Time { return s.Clock.Now() }

// nowMillis returns the current time in milliseconds since 1970, the unit of the API.
func (s *Service) nowMillis() int64 { return s.Now().UnixMilli() }

// newID returns a random id that is not in use.
func newID(taken func(int64) bool) int64 {
	for {
		var bytes [8]byte
		_, _ = rand.Read(bytes[:]) // never fails
		id := int64(binary.BigEndian.Uint64(bytes[:]) & uint64(maxID))
		if id != 0 && !taken(id) {
			return id
		}
	}
}

// recover continues from the state that an earlier process stored.
func (s *Service) recover() error {
	var unfinished []*store.Function
	var schedules []*store.Schedule
	now := s.Now()
	err := s.update(func(tx *store.Tx) error {
		for _, row := range tx.Functions().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			if err := failRunning(tx, row.Value.ID, now.UnixMilli()); err != nil {
				return err
			}
			if status := row.Value.Status; status == gen.FunctionStatusQueued || status == gen.FunctionStatusDeploying {
				unfinished = append(unfinished, row.Value)
			}
		}
		for _, row := range tx.Schedules().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			schedules = append(schedules, row.Value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range unfinished {
		s.deploy(f)
	}
	for _, schedule := range schedules {
		s.addToScheduler(schedule, now) // no calls for times while the emulator was not running
	}
	return nil
}

// failRunning sets a function's running calls to Failed. They were stopped with the earlier process.
func failRunning(tx *store.Tx, functionID, now int64) error {
	running, _, err := collect(tx.Calls(functionID).Newest(0), unlimited, func(call *store.Call) (*store.Call, bool) {
		return call, call.Status == gen.FunctionCallStatusRunning
	})
	if err != nil {
		return err
	}
	for _, call := range running {
		call.Status, call.EndTime = gen.FunctionCallStatusFailed, max(now, call.StartTime)
		call.ErrorMessage = errStopped.Error()
		if err := tx.Calls(functionID).Put(call); err != nil {
			return err
		}
	}
	return nil
}
