//go:build unix

package python

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// playVictim is the whole program of the process that TestNoWorkerOutlivesAKilledEmulator kills: it deploys the function
// in dir, prints the process ids that the handler returns, and waits.
func playVictim(dir string) {
	r, err := New(Options{Interpreter: os.Getenv(interpreterVariable)})
	if err == nil {
		var f runner.Function
		if f, err = r.Deploy(context.Background(), runner.Spec{Dir: dir}); err == nil {
			outcome := f.Call(context.Background(), runner.Call{}, func(runner.Line) {})
			_, _ = os.Stdout.Write(append(outcome.Response, '\n'))
			select {}
		}
	}
	_, _ = fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestNoWorkerOutlivesAKilledEmulator(t *testing.T) {
	t.Parallel()
	temp := t.TempDir() // takes the scratch folder, which the next runner has to remove
	victim := exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(os.Environ(),
		victimVariable+"="+code(t, "handler.py", "import os\ndef handle(data): return os.getpid()"), "TMPDIR="+temp)
	victim.Stderr = os.Stderr
	stdout, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // reports the kill
	eventually(t, "the worker ends with its emulator", func() bool { return gone(pid) })

	next := newRunner(t, Options{ScratchDir: temp})
	if diff := cmp.Diff([]string{filepath.Base(next.scratch.dir)}, names(t, temp)); diff != "" {
		t.Errorf("folders after the next start (-want +got):\n%s", diff)
	}
}

// gone says whether a process has ended. Its new parent may be slow to reap it, so a zombie counts.
func gone(pid int) bool {
	if runtime.GOOS != "linux" {
		return syscall.Kill(pid, 0) != nil
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err != nil || strings.Contains(string(status), "State:\tZ")
}
