package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/emulator/internal/unpack"
	"github.com/cogfn/cogfn/gen"
)

// maxTrace is the maximum length of a build error's trace in characters. Longer traces lose their beginning.
const maxTrace = 2000

var (
	errStopped = errors.New("the emulator was stopped while the call ran")
	errDeleted = errors.New("the function was deleted while the call ran")
	errNoCode  = errors.New("the function has no code; register a handler or set outcomes for it")
)

// deployment is the running or completed deployment of a function in this process.
type deployment struct {
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when function and err are set
	// function is nil if err is set.
	function runner.Function
	err      error
}

// deploymentOf returns the deployment of a function. If there is none, it adds a new one, which stopFunction can cancel.
// The caller must close its channel done.
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

// deploy deploys a new function in the background. Its status changes from Queued to Deploying to Ready or Failed.
func (s *Service) deploy(f *store.Function) {
	d, ctx, _ := s.deploymentOf(f.ID) // always new, because the function is new
	deployments, _ := s.Transitions()
	key := callKey{functionID: f.ID}
	steps := s.addGate(key, deployments, 2)
	s.runDeployment(ctx, d, func(ctx context.Context) {
		defer s.removeGate(key)
		_ = steps.wait(ctx, s.Clock, 0)
		s.setStatus(ctx, f.ID, func(f *store.Function) { f.Status = gen.FunctionStatusDeploying })
		steps.store(0)
		var version string
		if d.function, version, d.err = s.build(ctx, f); d.err != nil {
			s.removeDeployment(f.ID, d)
		}
		_ = steps.wait(ctx, s.Clock, 1)
		if ctx.Err() != nil {
			return // the function was deleted, or the service is closing and the next start deploys again
		}
		s.setStatus(ctx, f.ID, func(f *store.Function) { setResult(f, version, d.err) })
	})
}

// runDeployment runs work, which sets the result of d, in the background. It fails d if the service is closed.
func (s *Service) runDeployment(ctx context.Context, d *deployment, work func(ctx context.Context)) {
	started := s.spawn(ctx, 0, func(ctx context.Context) {
		defer close(d.done)
		work(ctx)
	})
	if !started {
		d.err = errStopped
		close(d.done)
	}
}

// setResult sets the result of a deployment in the function.
func setResult(f *store.Function, version string, err error) {
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
		s.Logger.Error("cannot store the status of a function", "function", functionID, "error", err)
	}
}

// goFunction returns the Go function that runs instead of the code of a function, or nil.
func (s *Service) goFunction(f *store.Function) runner.Function {
	return s.GoFunction(valueOrZero(f.Write.ExternalID), f.Write.Name, runner.Spec{
		FunctionID: f.ID, Env: f.Write.EnvVars, Secrets: f.Write.Secrets,
	})
}

// build deploys a function and returns the version of its runner. Go functions have no version.
func (s *Service) build(ctx context.Context, f *store.Function) (runner.Function, string, error) {
	// The deployment has been added. If the function is deleted from now on, stopFunction cancels ctx. If it was deleted
	// before, isDeleted reports it.
	switch deleted, err := s.isDeleted(f.ID); {
	case err != nil:
		return nil, "", err
	case deleted:
		return nil, "", errDeleted
	}
	if function := s.goFunction(f); function != nil {
		return function, "", nil
	}
	if s.hasOutcomes(f) {
		return Outcome{}, "", nil
	}
	if f.Code == "" {
		return nil, "", errNoCode
	}
	run, err := s.runner()
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, s.profile().Limits.DeployTimeout)
	defer cancel()
	dir, err := s.unpack(f)
	if err != nil {
		return nil, run.Version(), err
	}
	function, err := run.Deploy(ctx, runner.Spec{
		FunctionID: f.ID, Dir: dir, FunctionPath: valueOrZero(f.Write.FunctionPath),
		Env: f.Write.EnvVars, Secrets: f.Write.Secrets,
	})
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("the deployment did not end within %v: importing the handler may hang", s.profile().Limits.DeployTimeout)
		}
		return nil, run.Version(), errors.Join(explainMissingModule(dir, err), os.RemoveAll(dir))
	}
	return &unpackedFunction{function, dir}, run.Version(), nil
}

func (s *Service) isDeleted(functionID int64) (deleted bool, err error) {
	err = s.Store.View(context.WithoutCancel(s.ctx), func(tx *store.Tx) error {
		deleted = !tx.Functions().Has(functionID)
		return nil
	})
	return deleted, err
}

// removeDeployment removes a failed deployment.
func (s *Service) removeDeployment(functionID int64, d *deployment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deployments[functionID] == d {
		delete(s.deployments, functionID)
	}
}

// explainMissingModule adds to the error of a failed import that the emulator does not install requirements.txt.
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

// unpackedFunction is a function that removes its unpacked code when it is closed.
type unpackedFunction struct {
	runner.Function
	dir string
}

// Close closes the function and removes its code.
func (u *unpackedFunction) Close() {
	u.Function.Close()
	_ = os.RemoveAll(u.dir) // store.Open removes the remaining files
}

func (s *Service) unpack(f *store.Function) (string, error) {
	code, err := s.Store.OpenBlob(f.Code)
	if err != nil {
		return "", err
	}
	defer func() { _ = code.Close() }() // opened for reading
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

// runner returns the runner of Python code. It creates the runner on first use. It does not cache an error, because
// Python may be installed later.
func (s *Service) runner() (runner.Runner, error) {
	s.runnerMu.Lock()
	defer s.runnerMu.Unlock()
	if s.sharedRunner == nil {
		if s.ctx.Err() != nil {
			return nil, errStopped
		}
		created, err := s.NewRunner()
		if err != nil {
			return nil, err
		}
		s.sharedRunner = created
	}
	return s.sharedRunner, nil
}

// deployedFunction returns a Ready function: the Go function if there is one, or else the deployed code. After a restart
// of the emulator, the first call deploys the code again.
func (s *Service) deployedFunction(ctx context.Context, f *store.Function) (runner.Function, error) {
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
	if ctx.Err() != nil { // also if the deployment has ended
		return nil, context.Cause(ctx)
	}
	return d.function, d.err
}

// redeploy returns the deployment of a Ready function. If this process has none, it starts one that does not change the
// status. Concurrent calls share one deployment.
func (s *Service) redeploy(f *store.Function) *deployment {
	d, ctx, isNew := s.deploymentOf(f.ID)
	if !isNew {
		return d
	}
	s.runDeployment(ctx, d, func(ctx context.Context) {
		if d.function, _, d.err = s.build(ctx, f); d.err != nil {
			s.removeDeployment(f.ID, d) // the next call tries again; Python may be installed by then
		}
	})
	return d
}

// stopFunction cancels the calls and the deployment of a deleted function, and closes the function in the background.
func (s *Service) stopFunction(functionID int64) {
	s.mu.Lock()
	d := s.deployments[functionID]
	delete(s.deployments, functionID)
	for key, r := range s.runningCalls {
		if key.functionID == functionID {
			r.cancel(errDeleted)
		}
	}
	s.mu.Unlock()
	if d == nil {
		return
	}
	d.cancel(errDeleted)
	s.spawn(s.ctx, 0, func(context.Context) {
		<-d.done
		if d.function != nil {
			d.function.Close()
		}
	})
}

// closeRunner closes the runner with all functions. No call or deployment may be running.
func (s *Service) closeRunner() error {
	s.runnerMu.Lock()
	defer s.runnerMu.Unlock()
	if s.sharedRunner == nil {
		return nil
	}
	return s.sharedRunner.Close()
}
