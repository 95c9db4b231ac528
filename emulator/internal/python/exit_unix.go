//go:build unix

package python

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// describeExit says how a worker ended, to go into a sentence about it, and what the usual cause is, if there is one.
func describeExit(state *os.ProcessState) (how, cause string) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return fmt.Sprintf("exited with code %d", state.ExitCode()), ""
	}
	if status.Signal() == syscall.SIGKILL {
		cause = "a lack of memory"
	}
	return fmt.Sprintf("was killed by %s (%v)", unix.SignalName(status.Signal()), status.Signal()), cause
}
