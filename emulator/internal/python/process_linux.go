package python

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func checkPlatform() error { return nil }

// processAttributes puts a worker into a process group of its own and lets the kernel kill it when the emulator dies.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// reap waits for the end of a worker, which it kills once condemned is closed, kills everything that the worker started,
// and returns how it ended.
//
// Of a worker that was condemned all descendants are found. When one dies by itself its children get another parent at
// once, and only those are found that are in its process group or carry its tag.
func reap(process *os.Process, tag string, condemned <-chan struct{}) (*os.ProcessState, error) {
	ended := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		select {
		case <-condemned:
			killTree(process)
		case <-ended:
		}
	})
	// First wait without reaping: the dead worker keeps the ids of its process and group from being given to others.
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

// How often killTagged looks: for processes that are still ending, and for ones that may be just starting.
const (
	killRounds   = 200
	startRounds  = 25
	killInterval = 2 * time.Millisecond
)

// killTagged kills all processes that carry the tag in their environment and waits for their end. This finds children
// that left the worker's process group and session. It looks again after killing: one of them may have been forking.
// since is when the worker started: what is older cannot be its child.
func killTagged(tag string, since uint64) {
	for round := range killRounds {
		found, starting := tagged(tag, since)
		if len(found) == 0 && (!starting || round >= startRounds) {
			return
		}
		for _, pid := range found {
			_ = unix.Kill(pid, unix.SIGKILL) // may have ended by itself
		}
		<-time.After(killInterval)
	}
}

// tagged returns the living processes whose environment has an entry that starts with tag. It also says whether there
// is one without any environment, as there is for a moment in the middle of an exec: that one may carry the tag soon.
func tagged(tag string, since uint64) (found []int, starting bool) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, false
	}
	needle := []byte("\x00" + tag)
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // no process
		}
		environment, err := os.ReadFile(procFile(pid, "environ"))
		switch {
		case err != nil: // ended meanwhile, or another user's
		case bytes.HasPrefix(environment, needle[1:]) || bytes.Contains(environment, needle):
			found = append(found, pid)
		case len(environment) == 0:
			now, ok := readStat(pid)
			// Dead processes that nobody has reaped, and the kernel's own threads, have no program either.
			_, err := os.Readlink(procFile(pid, "exe"))
			starting = starting || ok && now.start >= since && err == nil
		}
	}
	return found, starting
}
