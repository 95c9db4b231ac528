// Package service is the emulated service itself: what each operation of the API does, without HTTP around it.
//
// Where the real service's behavior is not documented, the comment at the place says that it is a guess.
package service

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/cron"
	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/signature"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// maxID is the greatest id.
const maxID int64 = gen.InternalIDMaximum

// Config is what a Service is made of; all fields without a meaning for their zero value must be set.
type Config struct {
	Store  *store.Store
	Limits Limits
	// DeployDelay is how long a deployment takes at least.
	DeployDelay time.Duration
	// NonceLifetime is how long a nonce can be used.
	NonceLifetime time.Duration
	// GoFunction returns the Go function that stands in for a deployed one; nil if there is none for this external id or
	// name. Of the spec, only the environment and the secrets are set.
	GoFunction func(externalID, name string, spec runner.Spec) runner.Function
	// NewRunner makes what runs code for which there is no Go function. It is called at the first need, or by New if
	// RunnerAtOnce is set, and New fails with its error then.
	NewRunner    func() (runner.Runner, error)
	RunnerAtOnce bool
	// KnownClient says whether client credentials are good for a session.
	KnownClient func(id, secret string) bool
	Logger      *slog.Logger
	Now         func() time.Time
}

// Service implements every operation of the API. It is safe for concurrent use.
type Service struct {
	Config
	signer    signature.Signer
	scheduler *cron.Scheduler
	ctx       context.Context // the life of the service, which outlives each request
	cancel    context.CancelCauseFunc
	work      sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	deployments map[int64]*deployment
	runs        map[runKey]*run
	runsOf      map[int64]int // by function
	runnerMade  runner.Runner
}

var _ server.StrictServerInterface = (*Service)(nil)

// New brings up the service with the state of its store: calls that were running have failed, deployments that were
// under way start again, and schedules go on with their next time.
func New(config Config) (*Service, error) {
	s := &Service{
		Config:      config,
		signer:      signature.New(config.Store.SigningKey()),
		deployments: map[int64]*deployment{},
		runs:        map[runKey]*run{},
		runsOf:      map[int64]int{},
	}
	s.Limits = s.Limits.WithDefaults()
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.scheduler = cron.NewScheduler(s.fire)
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begin starts what runs in the background.
func (s *Service) begin() error {
	if s.RunnerAtOnce {
		if _, err := s.runner(); err != nil {
			return err
		}
	}
	if err := s.recover(); err != nil {
		return err
	}
	s.spawn(func() { s.scheduler.Run(s.ctx) })
	s.spawn(s.forgetOld)
	return nil
}

// Close stops schedules, deployments and calls, which fail, and waits for their end. The store stays open.
func (s *Service) Close() error {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if already {
		return nil
	}
	s.cancel(errStopped)
	s.work.Wait()
	return s.closeFunctions()
}

// spawn runs work that Close waits for; it does nothing, and returns false, when the service is closed already.
func (s *Service) spawn(work func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Go(work)
	return true
}

// update runs a change that must not be lost because its cause went away, such as the end of a call.
func (s *Service) update(fn func(*store.Tx) error) error {
	return s.Store.Update(context.WithoutCancel(s.ctx), fn)
}

// nowMillis returns the time as the API writes it.
func (s *Service) nowMillis() int64 { return s.Now().UnixMilli() }

// newID returns a random id that is not taken.
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

// recover takes up the state that the process before left.
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
		s.plan(schedule, now) // times that passed while nothing ran are not made up for
	}
	return nil
}

// failRunning sets a function's calls that were running to Failed: nobody runs them any more.
func failRunning(tx *store.Tx, functionID, now int64) error {
	running, _, err := selection(tx.Calls(functionID).Newest(0), unlimited, func(call *store.Call) (*store.Call, bool) {
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
