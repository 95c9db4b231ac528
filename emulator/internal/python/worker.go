package python

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

var (
	errGarbled     = errors.New("the code wrote into a pipe of the emulator; use only file descriptors that the code opened")
	errNotSent     = errors.New("the worker exited before it received the request")
	errCodeMissing = errors.New("the code of the function was deleted by a call or another program; create the function again")
)

// exitError is the error of a request during which the worker exited. phase is the part of the request.
type exitError struct{ how, phase, cause string }

func (e *exitError) Error() string {
	text := fmt.Sprintf("the Python process of the function %s %s", e.how, e.phase)
	if e.cause != "" {
		text += "; " + e.cause + " is the usual cause"
	}
	return text
}

const (
	// exitGrace is how long a worker that closed its pipe may take to exit, so that its exit code is known. It includes
	// drainLimit.
	exitGrace = 2 * drainLimit
	// drainLimit is the time limit for the last output of a worker that has exited. Without it, a surviving child that has
	// the pipes open would block the worker's cleanup.
	drainLimit = time.Second
	// frameSlack is the maximum size of a reply in addition to the response: its head with message and trace.
	frameSlack = 64 << 10
)

// worker is one Python process of a function.
type worker struct {
	function *function
	process  *os.Process
	tag      string
	output   *output
	requests *os.File
	replies  *os.File
	log      *os.File

	exchangeMu sync.Mutex // held during an exchange
	// lastID is the number of requests sent. unfit reports that the worker cannot run another call. Only the caller that
	// acquired the worker from the pool uses them.
	lastID int
	unfit  bool

	// kill makes watch kill the process and its descendants. It does not wait. It does nothing if the process has exited.
	kill          func()
	killRequested chan struct{} // closed by kill
	drained       chan struct{} // closed after the last output
	ended         chan struct{} // closed when the process and its descendants have exited
	how, cause    string        // how it exited and the usual cause; valid after ended is closed

	// The fields of the pool, guarded by its mutex.
	retired, exited bool
	idleTimer       *time.Timer
}

// startWorker starts a process for f. The caller occupies a slot in the pool. The slot is freed when the process exits or
// if it does not start.
func startWorker(f *function) (*worker, error) {
	if !f.codeExists() {
		f.runner.pool.freeSlot()
		return nil, errCodeMissing
	}
	killRequested := make(chan struct{})
	w := &worker{
		function:      f,
		tag:           fmt.Sprintf("%s%d.", f.runner.tag, f.runner.tags.Add(1)),
		output:        newOutput(f.runner.options.MaxLogBytes, f.logBetweenCalls),
		kill:          sync.OnceFunc(func() { close(killRequested) }),
		killRequested: killRequested,
		drained:       make(chan struct{}),
		ended:         make(chan struct{}),
	}
	if err := w.launch(); err != nil {
		f.runner.pool.freeSlot()
		return nil, fmt.Errorf("start a Python process: %w", err)
	}
	f.logger.Debug("worker started", "pid", w.process.Pid)
	go w.drain()
	f.workers.Go(w.watch)
	return w, nil
}

// launch creates the pipes and starts the process.
func (w *worker) launch() (err error) {
	var ownFiles, childFiles []*os.File
	defer func() {
		for _, file := range childFiles {
			_ = file.Close() // the process has duplicates
		}
		if err != nil {
			for _, file := range ownFiles {
				_ = file.Close() // nothing was written
			}
		}
	}()
	var stdin, requests, replies, log *os.File
	if stdin, err = os.Open(os.DevNull); err != nil {
		return err
	}
	childFiles = append(childFiles, stdin)
	for _, pipe := range []struct {
		own, child  **os.File
		childWrites bool
	}{{&w.requests, &requests, false}, {&w.replies, &replies, true}, {&w.log, &log, true}} {
		r, wr, err := os.Pipe()
		if err != nil {
			return err
		}
		*pipe.own, *pipe.child = wr, r
		if pipe.childWrites {
			*pipe.own, *pipe.child = r, wr
		}
		ownFiles, childFiles = append(ownFiles, *pipe.own), append(childFiles, *pipe.child)
	}
	r := w.function.runner
	w.process, err = r.launcher.start(
		[]string{r.interpreter.path, "-B", filepath.Join(r.scratch.dir, "bootstrap.py")},
		&os.ProcAttr{
			Dir:   w.function.root,
			Env:   append(w.function.environment(), w.tag),
			Files: []*os.File{stdin, log, log, requests, replies},
			Sys:   processAttributes(),
		})
	return err
}

// drain reads the output of the process and its descendants until all of them have exited.
func (w *worker) drain() {
	defer close(w.drained)
	_, _ = io.Copy(w.output, w.log) // returns at the end of file or at the deadline that watch sets
	w.output.end()
}

// watch waits until the process has exited and cleans up.
func (w *worker) watch() {
	state, err := reap(w.process, w.tag, w.killRequested)
	w.how = "exited with an unknown code"
	if err == nil {
		w.how, w.cause = describeExit(state)
	}
	deadline := time.Now().Add(drainLimit)
	for _, pipe := range []*os.File{w.requests, w.replies, w.log} {
		_ = pipe.SetDeadline(deadline) // fails only for a closed file, and the pipes are closed below
	}
	<-w.drained
	w.function.logger.Debug("worker ended", "pid", w.process.Pid, "how", w.how)
	w.function.runner.pool.workerExited(w) // before a caller that waits for ended can release the worker
	close(w.ended)

	w.exchangeMu.Lock() // an exchange may still be reading a reply
	defer w.exchangeMu.Unlock()
	for _, pipe := range []*os.File{w.requests, w.replies, w.log} {
		_ = pipe.Close() // nothing is buffered
	}
}

// calls returns the number of calls that the worker has run. The first request is the load.
func (w *worker) calls() int { return w.lastID - 1 }

// exchange sends one request, waits for its reply, and sends all output of the request to sink. When ctx ends, the worker
// is killed and the error is the cause of ctx. After an error, the worker has exited.
func (w *worker) exchange(ctx context.Context, req request, sink func(string)) (reply, error) {
	w.exchangeMu.Lock()
	defer w.exchangeMu.Unlock()
	stop := context.AfterFunc(ctx, w.kill)
	w.lastID++
	req.ID, req.Mark = w.lastID, rand.Text()
	marked := w.output.begin(req.Mark, sink)

	rep, err := w.roundTrip(req)
	if err != nil {
		err = w.fail(req, err)
		if !stop() {
			err = context.Cause(ctx)
		}
		return reply{}, err
	}
	select {
	case <-marked:
	case <-w.ended: // exited after its reply; the output is complete
	}
	w.unfit = rep.Retire
	if !stop() {
		<-w.ended // ctx ended at the same time and the worker is being killed
	}
	return rep, nil
}

// fail stops a worker after a failed request and returns the reason.
func (w *worker) fail(req request, err error) error {
	if !errors.Is(err, errNotSent) && !errors.Is(err, errGarbled) {
		select {
		case <-w.ended:
			phase := "before the handler returned"
			if req.Load != nil {
				phase = "while it imported the handler"
			}
			return &exitError{w.how, phase, w.cause}
		case <-time.After(exitGrace):
			err = errGarbled
		}
	}
	w.kill()
	<-w.ended
	return err
}

// roundTrip sends a request and reads the reply.
func (w *worker) roundTrip(req request) (reply, error) {
	frame, err := encodeFrame(req)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errNotSent, err)
	}
	if _, err := w.requests.Write(frame); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errNotSent, err)
	}
	rep, err := readFrame(w.replies, w.function.runner.options.ResponseLimit+frameSlack)
	if err != nil {
		return reply{}, err
	}
	if rep.ID != req.ID {
		return reply{}, fmt.Errorf("%w: a reply to request %d instead of %d", errGarbled, rep.ID, req.ID)
	}
	return rep, nil
}
