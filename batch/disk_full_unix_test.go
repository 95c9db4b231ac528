//go:build unix

package batch_test

import (
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// childFileSize is an environment variable with the maximum size, in bytes, of the files that the process can write. It
// simulates a full disk.
const childFileSize = "COGFN_TEST_MAP_FILE_SIZE"

func beforeChild() {
	size, err := strconv.ParseUint(os.Getenv(childFileSize), 10, 64)
	if err != nil {
		return // not set
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size}); err != nil {
		panic(err)
	}
}

// If the file cannot grow, the run fails. The next run uses the complete lines.
func TestCheckpointDiskFull(t *testing.T) {
	t.Parallel()
	k := newKillTest(t)
	const size = 2000
	if err := k.run(t, func(*exec.Cmd) {}, childFileSize+"="+strconv.Itoa(size)); err == nil {
		t.Error("the process did not fail")
	}
	for _, want := range []string{k.path, "cannot be written", "file too large"} {
		if !strings.Contains(k.stderr.String(), want) {
			t.Errorf("the process printed %q, want %q", &k.stderr, want)
		}
	}
	if runs := k.counter.total(); runs > killedInputs/2 {
		t.Errorf("%d calls were made although no result could be recorded", runs)
	}
	if info, err := os.Stat(k.path); err != nil || info.Size() != size {
		t.Errorf("the file is %v, want %d bytes; error: %v", info, size, err)
	}
	recorded := len(k.recorded(t))
	before := k.counter.total()
	if err := k.run(t, func(*exec.Cmd) {}); err != nil {
		t.Fatal(err)
	}
	if again := k.counter.total() - before; recorded == 0 || again != killedInputs-recorded {
		t.Errorf("%d inputs have %d results, but %d ran in the next run", killedInputs, recorded, again)
	}
}
