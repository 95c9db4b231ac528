// Package python runs functions in warm Python processes, called workers. A worker belongs to one function, imports its
// handler once, and then runs one call at a time; what the handler keeps in its module survives from call to call.
//
// What a call does to stdout, stderr and the working folder is undone after it. A worker that is not fit for the next call
// is replaced: one whose code was deleted or whose streams were closed, and one with a thread that still runs although the
// import did not start it. That thread ends with its worker: what it printed would appear in the log of another call.
package python

import (
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

// tagVariable marks workers and all that they start, so that none of them is left behind.
const tagVariable = "COGFN_WORKER"

var errClosed = errors.New("the emulator is closing")

// Options are the settings of a [Runner]. The zero value is ready to use.
type Options struct {
	// Interpreter is a path or a name on PATH; "" looks for python3, then python. Python 3.8 is the oldest that works.
	Interpreter string
	// MaxWorkers bounds the processes of all functions together; 0 means 100, which is how many calls of one function may
	// run at once. Processes start only when a call finds none idle, and take about 12 MB each without what the handler
	// imports. Calls beyond the bound wait in the order in which they came. A bound below the number of calls that wait
	// for calls which they made themselves keeps these waiting until the timeout.
	MaxWorkers int
	// IdleTimeout is how long a worker may wait for a call before it is ended; 0 means 60 s.
	IdleTimeout time.Duration
	// MaxCallsPerWorker is how many calls a worker runs before it is replaced; 0 means 1000.
	MaxCallsPerWorker int
	// MaxLogBytes is how much one call may print; 0 means 1 MiB. One line then says that the log was cut, and at what.
	MaxLogBytes int
	// ResponseLimit bounds the response in bytes of compact JSON in UTF-8; 0 means 1 MiB. A larger one fails its call.
	ResponseLimit int
	// ScratchDir is an existing folder in which the runner makes a folder for its files, removed by Close; "" means the
	// system's folder for temporary files. New removes what runners that were killed have left there.
	ScratchDir string
	// Logger takes what is printed outside of calls, while importing for instance, and at debug level the starts and
	// ends of workers; nil logs nothing.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	setDefault(&o.MaxWorkers, 100)
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
	scratch     scratch
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
	return r.scratch.remove()
}
