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

// runEmulator is the main function of the child process in TestWorkerExitsWhenEmulatorIsKilled. It deploys the function in
// dir, prints the response of a call, and waits until it is killed.
func runEmulator(dir string) {
	r, err := New(Options{Interpreter: os.Getenv(interpreterVariable)})
	if err == nil {
		var f runner.Function
		if f, err = r.Deploy(context.Background(), runner.Spec{Dir: dir}); err == nil {
			outcome := f.Call(context.Background(), runner.Call{}, func(string) {})
			_, _ = os.Stdout.Write(append(outcome.Response, '\n'))
			select {}
		}
	}
	_, _ = fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestWorkerExitsWhenEmulatorIsKilled(t *testing.T) {
	t.Parallel()
	temp := t.TempDir() // contains the scratch directory, which the next runner removes
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(),
		childVariable+"="+code(t, "handler.py", "import os\ndef handle(data): return os.getpid()"), "TMPDIR="+temp)
	child.Stderr = os.Stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
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
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // reports the kill
	eventually(t, "the worker has exited", func() bool { return exited(pid) })

	next := newRunner(t, Options{ScratchDir: temp})
	if diff := cmp.Diff([]string{filepath.Base(next.scratch.dir)}, names(t, temp)); diff != "" {
		t.Errorf("directories after the next start (-want +got):\n%s", diff)
	}
}

// exited reports whether a process has exited. It includes zombies, because the new parent may not have reaped the
// process.
func exited(pid int) bool {
	if runtime.GOOS != "linux" {
		return syscall.Kill(pid, 0) != nil
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err != nil || strings.Contains(string(status), "State:\tZ")
}
