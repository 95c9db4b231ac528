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

// childFileSize bounds, in bytes, the files that the process may write, so that it finds its disk full.
const childFileSize = "COGFN_TEST_MAP_FILE_SIZE"

func beforeChild() {
	size, err := strconv.ParseUint(os.Getenv(childFileSize), 10, 64)
	if err != nil {
		return // not asked for
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size}); err != nil {
		panic(err)
	}
}

// When the file cannot grow, the run ends with an error, and the next one picks up what was written.
func TestCheckpointDiskFull(t *testing.T) {
	t.Parallel()
	k := newKilling(t)
	const size = 2000
	if err := k.run(t, func(*exec.Cmd) {}, childFileSize+"="+strconv.Itoa(size)); err == nil {
		t.Error("the process did not fail")
	}
	if want := "batch: the checkpoint " + k.path + " cannot be written: file too large"; !strings.Contains(k.said.String(), want) {
		t.Errorf("it said %q, not %q", &k.said, want)
	}
	if runs := k.counter.total(); runs > killedInputs/2 {
		t.Errorf("%d calls were made though nothing could be kept", runs)
	}
	if info, err := os.Stat(k.path); err != nil || info.Size() != size {
		t.Errorf("the file is %v, %v", info, err)
	}
	recorded := len(k.recorded(t))
	before := k.counter.total()
	if err := k.run(t, func(*exec.Cmd) {}); err != nil {
		t.Fatal(err)
	}
	if again := k.counter.total() - before; recorded == 0 || again != killedInputs-recorded {
		t.Errorf("of %d inputs with %d results, %d ran again", killedInputs, recorded, again)
	}
}
