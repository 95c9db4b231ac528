package python

import (
	"os"
	"runtime"
)

// launcher starts all worker processes from one OS thread that exists as long as the runner. Linux sends the parent death
// signal to a child when the thread that forked it exits (golang/go#27505), and the Go runtime may end a thread at any
// time.
type launcher struct {
	jobs chan launch
	done chan struct{}
}

type launch struct {
	argv    []string
	attr    *os.ProcAttr
	started chan<- started
}

type started struct {
	process *os.Process
	err     error
}

func newLauncher() *launcher {
	l := &launcher{jobs: make(chan launch), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *launcher) run() {
	runtime.LockOSThread() // without unlock, the thread exits with this goroutine
	defer close(l.done)
	for job := range l.jobs {
		process, err := os.StartProcess(job.argv[0], job.argv, job.attr)
		job.started <- started{process, err}
	}
}

// start starts a program. It must not be called after close.
func (l *launcher) start(argv []string, attr *os.ProcAttr) (*os.Process, error) {
	result := make(chan started, 1)
	l.jobs <- launch{argv, attr, result}
	r := <-result
	return r.process, r.err
}

// close ends the thread. On Linux, this kills the workers that still run.
func (l *launcher) close() {
	close(l.jobs)
	<-l.done
}
