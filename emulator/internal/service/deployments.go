package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/emulator/internal/unpack"
	"github.com/cogfn/cogfn/gen"
)

// maxTrace is how much of a build's log an error shows, in characters from its end.
const maxTrace = 2000

var (
	errStopped = errors.New("the emulator was stopped while the call ran")
	errDeleted = errors.New("the function was deleted while the call ran")
)

// deployment is one function's code on its way to being callable, or there.
type deployment struct {
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the fields below are final
	// function is nil when err says why there is none.
	function runner.Function
	err      error
}

// deploymentOf returns a function's deployment. If there was none, it is noted now, so that it can be stopped, and the
// caller has to see to it that it ends.
func (s *Service) deploymentOf(functionID int64) (d *deployment, ctx context.Context, isNew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.deployments[functionID]; d != nil {
		return d, nil, false
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	d = &deployment{cancel: cancel, done: make(chan struct{})}
	s.deployments[functionID] = d
	return d, ctx, true
}

// deploy takes a new function from Queued over Deploying to Ready or Failed, in the background.
func (s *Service) deploy(f *store.Function) {
	d, ctx, _ := s.deploymentOf(f.ID) // always a new one: the function is new
	started := s.spawn(func() {
		defer close(d.done)
		begin := time.Now()
		pause(ctx, s.DeployDelay/2)
		s.setStatus(ctx, f.ID, func(f *store.Function) { f.Status = gen.FunctionStatusDeploying })
		var version string
		if d.function, version, d.err = s.build(ctx, f); d.err != nil {
			s.drop(f.ID, d)
		}
		pause(ctx, s.DeployDelay-time.Since(begin))
		if ctx.Err() != nil {
			return // closing: the next start deploys again; deleted: nobody asks any more
		}
		s.setStatus(ctx, f.ID, func(f *store.Function) { conclude(f, version, d.err) })
	})
	if !started {
		d.err = errStopped
		close(d.done)
	}
}

// conclude writes how a deployment ended into the function.
func conclude(f *store.Function, version string, err error) {
	f.RuntimeVersion = version
	if err == nil {
		f.Status = gen.FunctionStatusReady
		return
	}
	f.Status, f.ErrorMessage = gen.FunctionStatusFailed, err.Error()
	if build, ok := errors.AsType[*runner.BuildError](err); ok {
		trace := []rune(build.Trace)
		f.ErrorTrace = string(trace[max(0, len(trace)-maxTrace):])
	}
}

func (s *Service) setStatus(ctx context.Context, functionID int64, change func(*store.Function)) {
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		f, err := tx.Functions().Get(functionID)
		if err != nil || f == nil {
			return err
		}
		change(f)
		return tx.Functions().Put(f)
	})
	if err != nil && ctx.Err() == nil {
		s.Logger.Error("a function's status could not be kept", "function", functionID, "error", err)
	}
}

func (s *Service) goFunction(f *store.Function) runner.Function {
	return s.GoFunction(value(f.Write.ExternalID), f.Write.Name, runner.Spec{
		FunctionID: f.ID, Env: f.Write.EnvVars, Secrets: f.Write.Secrets,
	})
}

// build makes a function callable and returns the version of what runs it, which Go functions do not have.
func (s *Service) build(ctx context.Context, f *store.Function) (runner.Function, string, error) {
	// Looked up when the deployment is noted already: a function that is deleted from now on is stopped by forget, and one
	// that was deleted before is seen here.
	switch gone, err := s.isGone(f.ID); {
	case err != nil:
		return nil, "", err
	case gone:
		return nil, "", errDeleted
	}
	if function := s.goFunction(f); function != nil {
		return function, "", nil
	}
	run, err := s.runner()
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Limits.DeployTimeout)
	defer cancel()
	dir, err := s.unpack(f)
	if err != nil {
		return nil, run.Version(), err
	}
	function, err := run.Deploy(ctx, runner.Spec{
		FunctionID: f.ID, Dir: dir, FunctionPath: value(f.Write.FunctionPath),
		Env: f.Write.EnvVars, Secrets: f.Write.Secrets,
	})
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("the deployment did not end within %v: importing the handler may hang", s.Limits.DeployTimeout)
		}
		return nil, run.Version(), errors.Join(explainMissingModule(dir, err), os.RemoveAll(dir))
	}
	return &unpacked{function, dir}, run.Version(), nil
}

func (s *Service) isGone(functionID int64) (gone bool, err error) {
	err = s.Store.View(context.WithoutCancel(s.ctx), func(tx *store.Tx) error {
		gone = !tx.Functions().Has(functionID)
		return nil
	})
	return gone, err
}

// drop forgets a function's deployment, which came to nothing.
func (s *Service) drop(functionID int64, d *deployment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deployments[functionID] == d {
		delete(s.deployments, functionID)
	}
}

// explainMissingModule adds to a failed import what somebody who wrote a requirements.txt has to know.
func explainMissingModule(dir string, err error) error {
	build, ok := errors.AsType[*runner.BuildError](err)
	if !ok || !strings.HasPrefix(build.Message, "ModuleNotFoundError") {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "requirements.txt")); err != nil {
		return build
	}
	return &runner.BuildError{
		Message: build.Message + "; the emulator does not install requirements.txt: install it for the Python that runs the functions",
		Trace:   build.Trace,
	}
}

// unpacked is a function that removes its code when it is closed.
type unpacked struct {
	runner.Function
	dir string
}

// Close frees the function and then its code.
func (u *unpacked) Close() {
	u.Function.Close()
	_ = os.RemoveAll(u.dir) // what stays is removed with the data folder's next start
}

func (s *Service) unpack(f *store.Function) (string, error) {
	code, err := s.Store.OpenBlob(f.Code)
	if err != nil {
		return "", err
	}
	defer func() { _ = code.Close() }() // only read from
	info, err := code.Stat()
	if err != nil {
		return "", fmt.Errorf("read the code: %w", err)
	}
	dir, err := s.Store.NewCodeDir(f.ID)
	if err != nil {
		return "", err
	}
	if err := unpack.Zip(code, info.Size(), dir, unpack.Limits{}); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// runner returns what runs Python code, made at the first need. A failure is not kept: Python may be installed meanwhile.
func (s *Service) runner() (runner.Runner, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runnerMade == nil {
		if s.closed {
			return nil, errStopped
		}
		made, err := s.NewRunner()
		if err != nil {
			return nil, err
		}
		s.runnerMade = made
	}
	return s.runnerMade, nil
}

// callable returns what runs a Ready function: a Go function if there is one by now, else the deployed code. After a
// restart of the emulator, the first call deploys the code again.
func (s *Service) callable(ctx context.Context, f *store.Function) (runner.Function, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if function := s.goFunction(f); function != nil {
		return function, nil
	}
	d := s.redeploy(f)
	select {
	case <-d.done:
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // whatever became of the deployment, which may have been stopped as well
		return nil, context.Cause(ctx)
	}
	return d.function, d.err
}

// redeploy returns a Ready function's deployment. If this process has none yet, it starts one that leaves the status
// alone; of several calls at once, one does it.
func (s *Service) redeploy(f *store.Function) *deployment {
	d, ctx, isNew := s.deploymentOf(f.ID)
	if !isNew {
		return d
	}
	started := s.spawn(func() {
		defer close(d.done)
		if d.function, _, d.err = s.build(ctx, f); d.err != nil {
			s.drop(f.ID, d) // the next call may have more luck, with Python installed for instance
		}
	})
	if !started {
		d.err = errStopped
		close(d.done)
	}
	return d
}

// forget stops everything of a deleted function and frees it in the background.
func (s *Service) forget(functionID int64) {
	s.mu.Lock()
	d := s.deployments[functionID]
	delete(s.deployments, functionID)
	for key, r := range s.runs {
		if key.functionID == functionID {
			r.cancel(errDeleted)
		}
	}
	s.mu.Unlock()
	if d == nil {
		return
	}
	d.cancel(errDeleted)
	s.spawn(func() {
		<-d.done
		if d.function != nil {
			d.function.Close()
		}
	})
}

// closeFunctions frees all functions when nothing runs any more.
func (s *Service) closeFunctions() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.deployments {
		if d.function != nil {
			d.function.Close()
		}
	}
	if s.runnerMade == nil {
		return nil
	}
	return s.runnerMade.Close()
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, wait time.Duration) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
