//go:build unix && !linux

package python

import (
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

func checkPlatform() error { return nil }

// processAttributes puts a worker into its own process group. There is no parent death signal on these systems. A worker
// exits when its request pipe is closed because the emulator was killed.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// reap waits until a worker has exited, kills its process group, and returns its state. It kills the worker when
// killRequested is closed. Children that started their own session survive: there is no portable way to read the parent or
// the environment of another process.
func reap(process *os.Process, _ string, killRequested <-chan struct{}) (*os.ProcessState, error) {
	ended := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		select {
		case <-killRequested:
			_ = process.Kill() // fails if it has exited
		case <-ended:
		}
	})
	state, err := process.Wait()
	close(ended)
	killer.Wait()
	_ = unix.Kill(-process.Pid, unix.SIGKILL) // fails only if the group is empty
	return state, err
}
