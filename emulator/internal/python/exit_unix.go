//go:build unix

package python

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// describeExit returns how a worker exited, such as "exited with code 1", and the usual cause, or "" if none is known.
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
