// Package python runs functions in warm Python processes, called workers. A worker belongs to one function, imports its
// handler once, and then runs one call at a time; what the handler keeps in its module survives from call to call.
package python

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

//go:embed bootstrap.py
var bootstrap []byte

// tagVariable marks workers and all that they start, so that none of them is left behind.
const tagVariable = "COGFN_WORKER"

var errClosed = errors.New("the emulator is closing")

// Options are the settings of a [Runner]. The zero value is ready to use.
type Options struct {
	// Interpreter is a path or a name on PATH; "" looks for python3, then python. Python 3.8 is the oldest that works.
	Interpreter string
	// MaxWorkers bounds the processes of all functions together; 0 means twice the number of CPU cores. Calls beyond it
	// wait in the order in which they came.
	MaxWorkers int
	// IdleTimeout is how long a worker may wait for a call before it is ended; 0 means 60 s.
	IdleTimeout time.Duration
	// MaxCallsPerWorker is how many calls a worker runs before it is replaced; 0 means 1000.
	MaxCallsPerWorker int
	// MaxLogBytes is how much one call may print; 0 means 1 MiB. One line then says that the rest was left out.
	MaxLogBytes int
	// ResponseLimit bounds the response in bytes of compact JSON; 0 means 1 MiB. A larger one fails its call.
	ResponseLimit int
	// Logger takes what is printed outside of calls, while importing for instance, and at debug level the starts and
	// ends of workers; nil logs nothing.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	setDefault(&o.MaxWorkers, 2*runtime.NumCPU())
	setDefault(&o.IdleTimeout, time.Minute)
	setDefault(&o.MaxCallsPerWorker, 1000)
	setDefault(&o.MaxLogBytes, 1<<20)
	setDefault(&o.ResponseLimit, 1<<20)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func setDefault[T int | time.Duration](option *T, value T) {
	if *option <= 0 {
		*option = value
	}
}

// Runner is a [runner.Runner] for Python. Its methods may be called from several goroutines.
type Runner struct {
	options     Options
	interpreter interpreter
	scratch     string // private folder: the bootstrap script, and one folder for each function
	tag         string // starts the tags of all workers
	tags        atomic.Int64
	launcher    *launcher
	pool        *pool

	mu        sync.Mutex
	functions map[*function]struct{} // nil once closed
}

var _ runner.Runner = (*Runner)(nil)

// New finds the interpreter and makes the runner; no worker starts yet. The error wraps [ErrNoPython] when there is no
// usable Python.
func New(options Options) (*Runner, error) {
	if err := checkPlatform(); err != nil {
		return nil, err
	}
	found, err := findInterpreter(context.Background(), options.Interpreter)
	if err != nil {
		return nil, err
	}
	scratch, err := makeScratch()
	if err != nil {
		return nil, fmt.Errorf("make a folder for the Python runner's files: %w", err)
	}
	options = options.withDefaults()
	return &Runner{
		options:     options,
		interpreter: found,
		scratch:     scratch,
		tag:         tagVariable + "=" + rand.Text() + ".",
		launcher:    newLauncher(),
		pool:        newPool(options.MaxWorkers, options.MaxCallsPerWorker, options.IdleTimeout),
		functions:   map[*function]struct{}{},
	}, nil
}

// makeScratch makes the private folder with the bootstrap script in it. Links in its path are resolved, so that paths in
// tracebacks can be compared with it.
func makeScratch() (string, error) {
	made, err := os.MkdirTemp("", "cogfn-python-")
	if err != nil {
		return "", err
	}
	scratch, err := filepath.EvalSymlinks(made)
	if err == nil {
		err = os.WriteFile(filepath.Join(scratch, "bootstrap.py"), bootstrap, 0o600)
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(made))
	}
	return scratch, nil
}

// Version returns the interpreter's version, such as "Python 3.11.7".
func (r *Runner) Version() string { return "Python " + r.interpreter.version }

// Deploy starts the function's first worker, which imports the handler and checks it. It ends with an error when ctx
// does, even if the import never would.
func (r *Runner) Deploy(ctx context.Context, spec runner.Spec) (runner.Function, error) {
	f, err := newFunction(r, spec)
	if err != nil {
		return nil, err
	}
	if err := r.add(f); err != nil {
		f.Close()
		return nil, err
	}
	if err := f.check(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (r *Runner) add(f *function) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.functions == nil {
		return errClosed
	}
	r.functions[f] = struct{}{}
	return nil
}

func (r *Runner) remove(f *function) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.functions, f)
}

// Close kills all workers and what they started, waits for their end, and removes the scratch folder.
func (r *Runner) Close() error {
	r.mu.Lock()
	functions := r.functions
	r.functions = nil
	r.mu.Unlock()
	if functions == nil {
		return nil
	}
	var closing sync.WaitGroup
	for f := range functions {
		closing.Go(f.Close)
	}
	closing.Wait()
	r.launcher.close()
	if err := os.RemoveAll(r.scratch); err != nil {
		return fmt.Errorf("remove the Python runner's files: %w", err)
	}
	return nil
}
