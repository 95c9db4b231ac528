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

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

var (
	errGarbled  = errors.New("the code wrote into the emulator's own pipe, leave file descriptors alone that it did not open")
	errNotSent  = errors.New("the worker had ended before the request reached it")
	errCodeGone = errors.New("the code of the function is gone, a call or another program deleted it; create the function again")
)

// exitError says how a worker ended in the middle of a request, and of which kind that was.
type exitError struct{ how, request, cause string }

func (e *exitError) Error() string {
	text := fmt.Sprintf("the Python process of the function %s %s", e.how, e.request)
	if e.cause != "" {
		text += "; " + e.cause + " is the usual cause"
	}
	return text
}

const (
	// exitGrace is how long a worker that closed its pipe may take to end by itself, so that its exit code is known. It
	// is longer than drainLimit, which is part of the end.
	exitGrace = 2 * drainLimit
	// drainLimit bounds the wait for a dead worker's last output, in case a process that escaped holds its pipes.
	drainLimit = time.Second
	// frameSlack is what a reply may have beyond the response: its frame, or a message and a trace.
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

	using   sync.Mutex    // held during an exchange
	lastID  int           // the number of requests so far; belongs to whoever got the worker from the pool
	spent   bool          // unfit for another call; belongs to the same
	condemn func()        // closes condemned, which makes watch kill the process
	drained chan struct{} // closed after the last output
	dead    chan struct{} // closed when the process and all that it started have ended
	how     string        // how it ended, and the usual cause; readable once dead is closed
	cause   string

	condemned chan struct{}

	// The pool's part, guarded by its mutex.
	retired, left bool
	idleTimer     *time.Timer
}

// startWorker starts a process for f. The caller holds a place in the pool, which is given back when the process ends,
// or here when it does not start.
func startWorker(f *function) (*worker, error) {
	if !f.codeExists() {
		f.runner.pool.vacate()
		return nil, errCodeGone
	}
	condemned := make(chan struct{})
	w := &worker{
		function:  f,
		tag:       fmt.Sprintf("%s%d.", f.runner.tag, f.runner.tags.Add(1)),
		output:    newOutput(f.runner.options.MaxLogBytes, f.logStray),
		condemn:   sync.OnceFunc(func() { close(condemned) }),
		condemned: condemned,
		drained:   make(chan struct{}),
		dead:      make(chan struct{}),
	}
	if err := w.launch(); err != nil {
		f.runner.pool.vacate()
		return nil, fmt.Errorf("start a Python process: %w", err)
	}
	f.logger.Debug("worker started", "pid", w.process.Pid)
	go w.drain()
	f.workers.Go(w.watch)
	return w, nil
}

// launch makes the pipes and starts the process on their other ends.
func (w *worker) launch() (err error) {
	var files, theirs []*os.File
	defer func() {
		for _, file := range theirs {
			_ = file.Close() // the process has its own copies
		}
		if err != nil {
			for _, file := range files {
				_ = file.Close() // nothing was written
			}
		}
	}()
	var stdin, requests, replies, log *os.File
	if stdin, err = os.Open(os.DevNull); err != nil {
		return err
	}
	theirs = append(theirs, stdin)
	for _, pipe := range []struct {
		ours, theirs **os.File
		theyWrite    bool
	}{{&w.requests, &requests, false}, {&w.replies, &replies, true}, {&w.log, &log, true}} {
		r, wr, err := os.Pipe()
		if err != nil {
			return err
		}
		*pipe.ours, *pipe.theirs = wr, r
		if pipe.theyWrite {
			*pipe.ours, *pipe.theirs = r, wr
		}
		files, theirs = append(files, *pipe.ours), append(theirs, *pipe.theirs)
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

// drain reads what the process prints until it, and all that it started, have ended.
func (w *worker) drain() {
	defer close(w.drained)
	_, _ = io.Copy(w.output, w.log) // ends at the end of file or at the deadline that watch sets
	w.output.end()
}

// watch waits for the end of the process and cleans up after it.
func (w *worker) watch() {
	state, err := reap(w.process, w.tag, w.condemned)
	w.how = "cannot be watched"
	if err == nil {
		w.how, w.cause = describeExit(state)
	}
	deadline := time.Now().Add(drainLimit)
	for _, pipe := range []*os.File{w.requests, w.replies, w.log} {
		_ = pipe.SetDeadline(deadline) // fails only for a closed file, and nothing else closes these
	}
	<-w.drained
	w.function.logger.Debug("worker ended", "pid", w.process.Pid, "how", w.how)
	w.function.runner.pool.exited(w) // before anybody who waits for the end can give the worker back
	close(w.dead)

	w.using.Lock() // an exchange may still be reading a reply from before the end
	defer w.using.Unlock()
	for _, pipe := range []*os.File{w.requests, w.replies, w.log} {
		_ = pipe.Close() // nothing is buffered
	}
}

// calls returns how many calls the worker has run. Its first request was the load.
func (w *worker) calls() int { return w.lastID - 1 }

// kill makes watch kill the process and all that it started. It does not wait, and does nothing for one that has ended.
func (w *worker) kill() { w.condemn() }

// exchange sends one request and waits for its reply and for all that was printed until then, which goes to sink. When
// ctx ends, the worker is killed and the error is ctx's cause. After any error the worker is dead.
func (w *worker) exchange(ctx context.Context, req request, sink func(runner.Line)) (reply, error) {
	w.using.Lock()
	defer w.using.Unlock()
	stop := context.AfterFunc(ctx, w.kill)
	w.lastID++
	req.ID, req.Mark = w.lastID, rand.Text()
	marked := w.output.begin(req.Mark, sink)

	answer, err := w.roundTrip(req)
	if err != nil {
		err = w.giveUp(req, err)
		if !stop() {
			err = context.Cause(ctx)
		}
		return reply{}, err
	}
	select {
	case <-marked:
	case <-w.dead: // after its reply; what it printed is complete nevertheless
	}
	w.spent = answer.Retire
	if !stop() {
		<-w.dead // ctx ended together with the request, so the worker is not used again
	}
	return answer, nil
}

// giveUp ends a worker whose request failed, and returns the error that tells why.
func (w *worker) giveUp(req request, err error) error {
	if !errors.Is(err, errNotSent) && !errors.Is(err, errGarbled) {
		select {
		case <-w.dead:
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
	<-w.dead
	return err
}

// roundTrip sends the request and reads the reply.
func (w *worker) roundTrip(req request) (reply, error) {
	frame, err := encodeFrame(req)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errNotSent, err)
	}
	if _, err := w.requests.Write(frame); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errNotSent, err)
	}
	answer, err := readFrame(w.replies, w.function.runner.options.ResponseLimit+frameSlack)
	if err != nil {
		return reply{}, err
	}
	if answer.ID != req.ID {
		return reply{}, fmt.Errorf("%w: a reply to request %d instead of %d", errGarbled, answer.ID, req.ID)
	}
	return answer, nil
}
