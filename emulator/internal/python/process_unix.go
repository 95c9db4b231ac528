//go:build unix && !linux

package python

import (
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

func checkPlatform() error { return nil }

// processAttributes puts a worker into a process group of its own. There is no death signal here: a worker whose
// emulator died ends by itself when it reads its closed pipe.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// reap waits for the end of a worker, which it kills once condemned is closed, kills its process group, and returns how
// it ended. Children that started a session of their own are not found: there is no portable way to read another
// process's parent or environment.
func reap(process *os.Process, _ string, condemned <-chan struct{}) (*os.ProcessState, error) {
	ended := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		select {
		case <-condemned:
			_ = process.Kill() // may have ended by itself
		case <-ended:
		}
	})
	state, err := process.Wait()
	close(ended)
	killer.Wait()
	_ = unix.Kill(-process.Pid, unix.SIGKILL) // fails only if the group is empty
	return state, err
}
