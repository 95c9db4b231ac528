package python

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func checkPlatform() error { return nil }

// processAttributes puts a worker into a process group of its own and lets the kernel kill it when the emulator dies.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// reap waits for the end of a worker, kills everything that it started, and returns how it ended.
func reap(process *os.Process, tag string) (*os.ProcessState, error) {
	// First wait without reaping: the dead worker keeps its process group's id from being given to others.
	for {
		err := unix.Waitid(unix.P_PID, process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	_ = unix.Kill(-process.Pid, unix.SIGKILL) // fails only if the group is empty
	since := startTime(process.Pid)
	state, err := process.Wait()
	killTagged(tag, since)
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
		case len(environment) == 0 && startTime(pid) >= since:
			// Dead processes that nobody has reaped, and the kernel's own threads, have no program either.
			_, err := os.Readlink(procFile(pid, "exe"))
			starting = starting || err == nil
		}
	}
	return found, starting
}

// startTime returns when a process started, in clock ticks since boot, or 0 if that cannot be told.
func startTime(pid int) uint64 {
	stat, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return 0
	}
	// The second field, the name, is in parentheses and may hold anything. The start is the 22nd.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const start = 22 - 3
	if len(fields) <= start {
		return 0
	}
	ticks, err := strconv.ParseUint(string(fields[start]), 10, 64)
	if err != nil {
		return 0
	}
	return ticks
}

func procFile(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }
