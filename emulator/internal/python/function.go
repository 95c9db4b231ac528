package python

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// function is a deployed function with its code, settings and workers.
type function struct {
	runner  *Runner
	logger  *slog.Logger
	spec    runner.Spec
	root    string // the absolute directory of the code, symbolic links resolved
	path    string // the handler's file relative to root, with slashes
	scratch string // contains HOME and TMPDIR

	closing context.Context // canceled by Close
	close   context.CancelCauseFunc
	mu      sync.Mutex // prevents calls.Add while Close cancels closing
	calls   sync.WaitGroup
	workers sync.WaitGroup
}

// newFunction locates the handler. It allocates no resources that need Close.
func newFunction(r *Runner, spec runner.Spec) (*function, error) {
	root, err := filepath.EvalSymlinks(spec.Dir)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return nil, fmt.Errorf("find the function's code: %w", err)
	}
	name, err := handlerPath(root, spec.FunctionPath)
	if err != nil {
		return nil, err
	}
	closing, cancel := context.WithCancelCause(context.Background())
	return &function{
		runner: r, logger: r.options.Logger.With("function_id", spec.FunctionID), spec: spec, root: root, path: name,
		closing: closing, close: cancel,
	}, nil
}

// handlerPath returns the cleaned path of the handler's file in root, or a build error with the message of the real
// service.
func handlerPath(root, name string) (string, error) {
	if name == "" {
		name = "handler.py"
	}
	clean := path.Clean(name)
	missing := &runner.BuildError{Message: fmt.Sprintf("No Python module found at location %q in zip-file", name)}
	if !fs.ValidPath(clean) || !strings.HasSuffix(clean, ".py") {
		return "", missing
	}
	info, err := fs.Stat(os.DirFS(root), clean)
	if err != nil || !info.Mode().IsRegular() {
		return "", missing
	}
	return clean, nil
}

// codeExists reports whether the handler's file exists.
func (f *function) codeExists() bool {
	_, err := os.Stat(filepath.Join(f.root, filepath.FromSlash(f.path)))
	return err == nil
}

// makeScratch creates the directories that the handler may write to.
func (f *function) makeScratch() error {
	scratch, err := os.MkdirTemp(f.runner.scratch.dir, "function-")
	if err != nil {
		return fmt.Errorf("create a scratch directory for the function: %w", err)
	}
	f.scratch = scratch
	for _, dir := range []string{f.home(), f.temp()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return fmt.Errorf("create a scratch directory for the function: %w", err)
		}
	}
	return nil
}

func (f *function) home() string { return filepath.Join(f.scratch, "home") }
func (f *function) temp() string { return filepath.Join(f.scratch, "tmp") }

// environment returns the variables of a worker. It does not copy the emulator's environment, which may contain secrets.
// HOME is not the user's home, so PYTHONUSERBASE makes packages of "pip install --user" available.
func (f *function) environment() []string {
	variables := map[string]string{
		"PATH":   filepath.Dir(f.runner.interpreter.path) + ":/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
		"HOME":   f.home(),
		"TMPDIR": f.temp(),
		"LANG":   "C.UTF-8",
		"TZ":     "UTC",
	}
	if base := f.runner.interpreter.userBase; base != "" {
		variables["PYTHONUSERBASE"] = base
	}
	maps.Copy(variables, f.spec.Env)
	delete(variables, tagVariable)
	list := make([]string, 0, len(variables)+1)
	for name, value := range variables {
		list = append(list, name+"="+value)
	}
	return list
}

// check creates the scratch directory and starts the first worker, which imports the handler.
func (f *function) check(ctx context.Context) error {
	ctx, done, err := f.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := f.makeScratch(); err != nil {
		return err
	}
	w, err := f.acquire(ctx, 0)
	if err != nil {
		return err
	}
	f.runner.pool.release(w)
	return nil
}

// Close implements [runner.Function].
func (f *function) Close() {
	f.mu.Lock()
	f.close(errClosed)
	f.mu.Unlock()
	f.calls.Wait()
	f.runner.pool.retireIdle(f)
	f.workers.Wait()
	if err := os.RemoveAll(f.scratch); err != nil {
		f.logger.Warn("cannot remove the function's scratch directory", "error", err)
	}
	f.runner.remove(f)
}

func (f *function) logImport(line string) {
	f.logger.Info("output of the function's import", "line", line)
}

func (f *function) logBetweenCalls(line string) {
	f.logger.Info("output of the function outside of a call", "line", line)
}

// enter registers a call or deployment. Close waits until done is called. The returned context is also canceled by Close.
func (f *function) enter(ctx context.Context) (merged context.Context, done func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closing.Err() != nil {
		return nil, nil, context.Cause(f.closing)
	}
	f.calls.Add(1)
	merged, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(f.closing, func() { cancel(context.Cause(f.closing)) })
	return merged, func() { stop(); cancel(nil); f.calls.Done() }, nil
}
