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

// function is a deployed function: its code, its settings, and the lives of its workers.
type function struct {
	runner  *Runner
	logger  *slog.Logger
	spec    runner.Spec
	root    string // the code's folder, without links in its path
	path    string // the handler's file in root, with slashes
	scratch string // holds HOME and TMPDIR

	closing context.Context // ends when Close begins
	close   context.CancelCauseFunc
	mu      sync.Mutex // orders calls.Add before or after the beginning of Close
	calls   sync.WaitGroup
	workers sync.WaitGroup
}

// newFunction checks where the handler is. Nothing needs closing yet.
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
	closing, closeIt := context.WithCancelCause(context.Background())
	return &function{
		runner: r, logger: r.options.Logger.With("function_id", spec.FunctionID), spec: spec, root: root, path: name,
		closing: closing, close: closeIt,
	}, nil
}

// handlerPath returns the cleaned path of the handler's file in root, or a build error in the service's words.
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

// codeExists says whether the handler's file is still there.
func (f *function) codeExists() bool {
	_, err := os.Stat(filepath.Join(f.root, filepath.FromSlash(f.path)))
	return err == nil
}

// makeScratch makes the folders that the handler may write to.
func (f *function) makeScratch() error {
	scratch, err := os.MkdirTemp(f.runner.scratch.dir, "function-")
	if err != nil {
		return fmt.Errorf("make a scratch folder for the function: %w", err)
	}
	f.scratch = scratch
	for _, dir := range []string{f.home(), f.temp()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return fmt.Errorf("make a scratch folder for the function: %w", err)
		}
	}
	return nil
}

func (f *function) home() string { return filepath.Join(f.scratch, "home") }
func (f *function) temp() string { return filepath.Join(f.scratch, "tmp") }

// environment builds the variables of a worker from nothing: none of the emulator's own may reach the function. Packages
// that were installed with "pip install --user" are found through the real home, as HOME is another one.
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

// check makes the scratch folder and starts the first worker, which imports the handler.
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
		f.logger.Warn("cannot remove the function's scratch folder", "error", err)
	}
	f.runner.remove(f)
}

// logImport takes what the function prints while it is imported.
func (f *function) logImport(line runner.Line) {
	f.logger.Info("function printed while it was imported", "line", line.Message)
}

// logStray takes what the function prints while no call runs.
func (f *function) logStray(line runner.Line) {
	f.logger.Info("function printed outside of a call", "line", line.Message)
}

// enter keeps Close waiting until done is called, and returns a context that also ends when Close begins.
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
