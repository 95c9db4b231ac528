package python

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func checkPlatform() error { return nil }

// processAttributes puts a worker into its own process group. The kernel kills the worker when the emulator exits.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// reap waits until a worker has exited, kills its descendants, and returns its state. It kills the worker when
// killRequested is closed.
//
// For a killed worker, reap finds all descendants. If the worker exits without being killed, its children immediately get
// another parent. Then reap finds only those in its process group and those with its tag.
func reap(process *os.Process, tag string, killRequested <-chan struct{}) (*os.ProcessState, error) {
	ended := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		select {
		case <-killRequested:
			killTree(process)
		case <-ended:
		}
	})
	// First wait without reaping: the kernel does not reuse the ids of the process and its group until it is reaped.
	for {
		err := unix.Waitid(unix.P_PID, process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	close(ended)
	killer.Wait()
	_ = unix.Kill(-process.Pid, unix.SIGKILL) // fails only if the group is empty
	worker, _ := readStat(process.Pid)
	state, err := process.Wait()
	killTagged(tag, worker.start)
	return state, err
}

const (
	killRounds   = 200 // the maximum number of searches by killTagged
	startRounds  = 25  // the maximum number of searches while a process may be starting
	killInterval = 2 * time.Millisecond
)

// killTagged kills all processes with the tag in their environment and waits until they have exited. This finds children
// that left the worker's process group and session. It repeats the search, because a process may fork before it is killed.
// since is the start time of the worker; older processes are not its children.
func killTagged(tag string, since uint64) {
	for round := range killRounds {
		found, starting := tagged(tag, since)
		if len(found) == 0 && (!starting || round >= startRounds) {
			return
		}
		for _, pid := range found {
			_ = unix.Kill(pid, unix.SIGKILL) // fails if it has exited
		}
		<-time.After(killInterval)
	}
}

// tagged returns the running processes whose environment has an entry that starts with tag. starting reports whether there
// is a process without an environment. A process in exec has none for a moment and may have the tag afterwards.
func tagged(tag string, since uint64) (found []int, starting bool) {
	needle := []byte("\x00" + tag)
	for _, pid := range processIDs() {
		environment, err := os.ReadFile(procFile(pid, "environ"))
		switch {
		case err != nil: // exited, or owned by another user
		case bytes.HasPrefix(environment, needle[1:]) || bytes.Contains(environment, needle):
			found = append(found, pid)
		case len(environment) == 0:
			now, ok := readStat(pid)
			// Zombies and kernel threads have no environment and no executable.
			_, err := os.Readlink(procFile(pid, "exe"))
			starting = starting || ok && now.start >= since && err == nil
		}
	}
	return found, starting
}
