package python

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// treeRounds is the maximum number of checks whether processes have stopped, and whether killed processes have exited.
const treeRounds = 250

// member is a process of a worker's tree.
type member struct {
	process *os.Process
	start   uint64 // process ids are reused; id and start time identify a process
}

// killTree kills a worker and all its descendants, regardless of their group, session and environment, and waits until the
// descendants have exited. Orphaned descendants are children of the worker, because the bootstrap script makes it a
// subreaper. The worker must not be reaped yet.
func killTree(worker *os.Process) {
	tree := freezeTree(worker)
	for _, m := range slices.Backward(tree) { // children first: the kernel may continue a stopped orphan
		_ = m.process.Kill() // fails if it has exited
	}
	for _, m := range tree[1:] {
		for range treeRounds {
			if now, ok := readStat(m.process.Pid); !ok || now.start != m.start || now.ended() {
				break
			}
			<-time.After(killInterval)
		}
		_ = m.process.Release() // never fails
	}
}

// freezeTree stops a worker and its descendants, so that they cannot start further processes, and returns them with
// parents before children.
func freezeTree(worker *os.Process) []member {
	tree := []member{{process: worker}}
	_ = worker.Signal(unix.SIGSTOP) // fails if it has exited; then it has no children
	inTree := map[int]bool{worker.Pid: true}
	for range treeRounds {
		grown, unstable := false, false
		for pid, now := range processes() {
			switch {
			case inTree[pid]:
				unstable = unstable || now.canRun()
			case inTree[now.parent] && !now.ended():
				m, ok := freeze(pid, inTree)
				if !ok { // it has exited, possibly after starting another process
					unstable = true
					continue
				}
				tree, inTree[pid], grown = append(tree, m), true, true
			}
		}
		if !grown && !unstable {
			break
		}
		if !grown {
			<-time.After(killInterval)
		}
	}
	return tree
}

// freeze stops a child of the tree.
func freeze(pid int, inTree map[int]bool) (member, bool) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return member{}, false
	}
	// The handle refers to the same process even if the id is reused. Check that this process is a child.
	now, ok := readStat(pid)
	if !ok || !inTree[now.parent] || now.ended() {
		_ = process.Release() // never fails
		return member{}, false
	}
	_ = process.Signal(unix.SIGSTOP) // fails if it has exited or belongs to another user
	return member{process, now.start}, true
}

// processStat is a part of /proc/PID/stat.
type processStat struct {
	state  byte
	parent int
	start  uint64 // in clock ticks since boot
}

// canRun reports whether a process can still execute after SIGSTOP was sent. A process in uninterruptible sleep cannot,
// for example a parent that waits for its stopped vfork child to call exec.
func (s processStat) canRun() bool { return s.state == 'R' || s.state == 'S' }

// ended reports whether the process has exited. It may still be in the process table.
func (s processStat) ended() bool { return s.state == 'Z' || s.state == 'X' }

// processes returns all processes by id.
func processes() map[int]processStat {
	found := map[int]processStat{}
	for _, pid := range processIDs() {
		if now, ok := readStat(pid); ok {
			found[pid] = now
		}
	}
	return found
}

// processIDs returns the ids of all processes, or none if /proc cannot be read.
func processIDs() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var ids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			ids = append(ids, pid)
		}
	}
	return ids
}

// readStat reads the state of one process.
func readStat(pid int) (processStat, bool) {
	content, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return processStat{}, false
	}
	// The second field, the name, is in parentheses and may contain any bytes. The third field is the state, the fourth
	// the parent, and the 22nd the start time.
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
	const state, parent, start = 0, 1, 19 // indexes without the first two fields
	if len(fields) <= start {
		return processStat{}, false
	}
	parentID, err := strconv.Atoi(string(fields[parent]))
	if err != nil {
		return processStat{}, false
	}
	ticks, err := strconv.ParseUint(string(fields[start]), 10, 64)
	if err != nil {
		return processStat{}, false
	}
	return processStat{state: fields[state][0], parent: parentID, start: ticks}, true
}

func procFile(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }
