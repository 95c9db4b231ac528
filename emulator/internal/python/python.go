// Package python runs functions in warm Python processes, called workers. A worker belongs to one function, imports its
// handler once, and then runs one call at a time. The state of the handler's module persists between calls.
//
// After each call, stdout, stderr and the working directory are restored. A worker is replaced when it cannot run another
// call:
//
//   - it ran [Options.MaxCallsPerWorker] calls,
//   - the code of the function was deleted,
//   - stdout or stderr was closed,
//   - a thread that a call started is still running. Its output would appear in the log of another call.
package python

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

//go:embed bootstrap.py
var bootstrap []byte

// tagVariable is an environment variable that identifies workers and the processes that they start. Cleanup finds
// processes by it.
const tagVariable = "COGFN_WORKER"

var errClosed = errors.New("the emulator is closing")

// Options are the settings of a [Runner]. The zero value is ready to use.
type Options struct {
	// Interpreter is a path or a name on PATH. "" selects python3, or else python. The minimum version is Python 3.8.
	Interpreter string
	// MaxWorkers is the maximum number of processes of all functions together. 0 means 100, the default limit of
	// concurrent calls of one function. A process starts only when a call finds no idle one. It takes about 12 MB plus the
	// handler's imports. Calls above the maximum wait in order of arrival. Calls that wait for other calls can fill all
	// workers; the inner calls then wait until the outer ones time out.
	MaxWorkers int
	// IdleTimeout is how long a worker stays idle before it is stopped; 0 means 60 s.
	IdleTimeout time.Duration
	// MaxCallsPerWorker is the number of calls after which a worker is replaced; 0 means 1000.
	MaxCallsPerWorker int
	// MaxLogBytes is the maximum size of a call's log in bytes; 0 means 1 MiB. A final line reports the truncation.
	MaxLogBytes int
	// ResponseLimit is the maximum size of a response in bytes of compact JSON; 0 means 1 MiB. A call with a larger
	// response fails.
	ResponseLimit int
	// ScratchDir is an existing directory in which the runner creates a directory for its files. Close removes the created
	// directory. "" means the system's temporary directory. New removes the directories of killed runners.
	ScratchDir string
	// Logger receives lines that are printed outside of calls, for example during an import, and logs the start and end of
	// workers at debug level. nil discards them.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.MaxWorkers = cmp.Or(max(o.MaxWorkers, 0), 100)
	o.IdleTimeout = cmp.Or(max(o.IdleTimeout, 0), time.Minute)
	o.MaxCallsPerWorker = cmp.Or(max(o.MaxCallsPerWorker, 0), 1000)
	o.MaxLogBytes = cmp.Or(max(o.MaxLogBytes, 0), 1<<20)
	o.ResponseLimit = cmp.Or(max(o.ResponseLimit, 0), 1<<20)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return o
}

// Runner is a [runner.Runner] for Python. It is safe for concurrent use.
type Runner struct {
	options     Options
	interpreter interpreter
	scratch     scratch
	tag         string // the common prefix of the workers' tags
	tags        atomic.Int64
	launcher    *launcher
	pool        *pool

	mu        sync.Mutex
	functions map[*function]struct{} // nil once closed
}

var _ runner.Runner = (*Runner)(nil)

// New finds the interpreter and returns a runner without workers. It fails if there is no usable Python.
func New(options Options) (*Runner, error) {
	if err := checkPlatform(); err != nil {
		return nil, err
	}
	found, err := findInterpreter(context.Background(), options.Interpreter)
	if err != nil {
		return nil, err
	}
	options = options.withDefaults()
	sweepScratch(options.ScratchDir, options.Logger)
	scratch, err := makeScratch(options.ScratchDir)
	if err != nil {
		return nil, err
	}
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

// Version returns the interpreter's version, such as "Python 3.11.7".
func (r *Runner) Version() string { return "Python " + r.interpreter.version }

// Deploy starts the first worker of the function, which imports and checks the handler. When ctx ends, Deploy stops the
// import and returns an error.
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

// Close kills all workers and the processes that they started, waits until they have exited, and removes the scratch
// directory.
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
	return r.scratch.remove()
}
