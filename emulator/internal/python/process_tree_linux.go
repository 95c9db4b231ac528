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

// How often killTree looks for processes that have not stopped yet, and for killed ones that have not ended.
const treeRounds = 250

// member is a process of a worker's tree.
type member struct {
	process *os.Process
	start   uint64 // with the id it names a process for good
}

// killTree kills a worker and all its descendants, whatever their group, session and environment are, and waits for the
// descendants' end. A child whose parent has ended is the worker's own, because the bootstrap script asked for that. The
// worker must not have been waited for.
func killTree(worker *os.Process) {
	tree := freezeTree(worker)
	for _, m := range slices.Backward(tree) { // children first: stopped orphans might be woken up
		_ = m.process.Kill() // fails if it has ended
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

// freezeTree stops a worker and its descendants, so that none starts another one unseen, and returns them, parents before
// their children.
func freezeTree(worker *os.Process) []member {
	tree := []member{{process: worker}}
	_ = worker.Signal(unix.SIGSTOP) // fails if it has ended, and then it has no children either
	inTree := map[int]bool{worker.Pid: true}
	for range treeRounds {
		grown, moving := false, false
		for pid, now := range processes() {
			switch {
			case inTree[pid]:
				moving = moving || now.runs()
			case inTree[now.parent] && !now.ended():
				m, ok := freeze(pid, inTree)
				if !ok { // it ended meanwhile, perhaps after starting another one
					moving = true
					continue
				}
				tree, inTree[pid], grown = append(tree, m), true, true
			}
		}
		if !grown && !moving {
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
	// The handle stands for one process for good, which is the child if the id still belongs to a child now.
	now, ok := readStat(pid)
	if !ok || !inTree[now.parent] || now.ended() {
		_ = process.Release() // never fails
		return member{}, false
	}
	_ = process.Signal(unix.SIGSTOP) // fails if it has ended, or belongs to another user
	return member{process, now.start}, true
}

// processStat is what /proc tells about a process.
type processStat struct {
	state  byte
	parent int
	start  uint64 // in clock ticks since boot
}

// runs says whether a process can still do something after it was told to stop. One in a disk wait can not: a parent
// that waits for its vforked child to exec, for instance, while that child is stopped.
func (s processStat) runs() bool { return s.state == 'R' || s.state == 'S' }

// ended says whether only the entry in the table of processes is left.
func (s processStat) ended() bool { return s.state == 'Z' || s.state == 'X' }

// processes returns all processes by their ids.
func processes() map[int]processStat {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	found := make(map[int]processStat, len(entries))
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			if now, ok := readStat(pid); ok {
				found[pid] = now
			}
		}
	}
	return found
}

// readStat looks at one process.
func readStat(pid int) (processStat, bool) {
	content, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return processStat{}, false
	}
	// The second field, the name, is in parentheses and may hold anything. The third is the state, the fourth the
	// parent, and the 22nd the start.
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
	const state, parent, start = 0, 1, 19 // without the first two
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
