package python

import (
	"os"
	"runtime"
)

// launcher starts all worker processes from one OS thread that lives as long as the runner. Linux kills a child with a
// death signal when the thread that forked it ends (golang/go#27505), and Go ends threads as it likes.
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
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	defer close(l.done)
	for job := range l.jobs {
		process, err := os.StartProcess(job.argv[0], job.argv, job.attr)
		job.started <- started{process, err}
	}
}

// start runs a program; not to be used after close.
func (l *launcher) start(argv []string, attr *os.ProcAttr) (*os.Process, error) {
	result := make(chan started, 1)
	l.jobs <- launch{argv, attr, result}
	r := <-result
	return r.process, r.err
}

// close ends the thread, and with it what it started that still runs.
func (l *launcher) close() {
	close(l.jobs)
	<-l.done
}
