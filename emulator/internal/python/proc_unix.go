//go:build unix && !linux

package python

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func checkPlatform() error { return nil }

// processAttributes puts a worker into a process group of its own. There is no death signal here: a worker whose
// emulator died ends by itself when it reads its closed pipe.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// reap waits for the end of a worker, kills its process group, and returns how it ended. Children that started a session
// of their own are not found: there is no portable way to read another process's environment.
func reap(process *os.Process, _ string) (*os.ProcessState, error) {
	state, err := process.Wait()
	_ = unix.Kill(-process.Pid, unix.SIGKILL) // fails only if the group is empty
	return state, err
}
