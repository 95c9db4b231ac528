//go:build unix

package cli

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRunStopped reads the first line of the log while the function runs. Then it sends a signal or closes the pipe, and
// checks that no process and no file is left.
func TestRunStopped(t *testing.T) {
	t.Parallel()
	for _, sent := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sent.String(), func(t *testing.T) {
			t.Parallel()
			cmd, stderr, pid := startLongRun(t)
			if err := cmd.Process.Signal(sent); err != nil {
				t.Fatal(err)
			}
			if line := readLine(t, stderr); line != "cogfn: stopped" {
				t.Errorf("line after the signal = %q", line)
			}
			expectNothingLeft(t, cmd, exitSignal+int(sent), pid)
		})
	}
	t.Run("closed pipe", func(t *testing.T) {
		t.Parallel()
		cmd, stderr, pid := startLongRun(t)
		if err := stderr.Close(); err != nil {
			t.Fatal(err)
		}
		expectNothingLeft(t, cmd, exitSignal+int(syscall.SIGPIPE), pid)
	})
}

// startLongRun runs a function that prints for ten minutes, with its own TMPDIR as the last variable. It returns the id of
// the Python process.
func startLongRun(t *testing.T) (cmd *exec.Cmd, stderr io.ReadCloser, pid int) {
	t.Helper()
	dir := writeDir(t, map[string]string{
		"handler.py": "import os, time\ndef handle():\n    print('pid', os.getpid())\n    time.sleep(1)\n    for i in range(600):\n        print(i)\n        time.sleep(1)\n",
	})
	cmd = program(t, dir, "run", dir)
	cmd.Env = append(cmd.Env, "TMPDIR="+t.TempDir())
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stderr, pidIn(t, readLine(t, stderr))
}

// expectNothingLeft checks the exit code, that the process pid has exited, and that TMPDIR is empty.
func expectNothingLeft(t *testing.T, cmd *exec.Cmd, code, pid int) {
	t.Helper()
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code = %d; want %d", got, code)
	}
	expectExited(t, pid)
	temporary, _ := strings.CutPrefix(cmd.Env[len(cmd.Env)-1], "TMPDIR=")
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("files in TMPDIR: %v, %v", left, err)
	}
}

// TestRunInterruptedWhileReading sends the signal while the program waits for its input.
func TestRunInterruptedWhileReading(t *testing.T) {
	t.Parallel()
	dir := writeDir(t, map[string]string{"handler.py": echo})
	cmd := program(t, dir, "run", dir, "--data", "-")
	cmd.Env = append(cmd.Env, "TMPDIR="+t.TempDir())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close() })
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The test cannot observe when the program starts to handle signals, so it sends the signal more than once.
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the exit code is checked below
		close(ended)
	}()
	for {
		select {
		case <-ended:
			if got := cmd.ProcessState.ExitCode(); got != exitSignal+int(syscall.SIGINT) && got != -1 {
				t.Errorf("exit code = %d", got)
			}
			return
		case <-time.After(200 * time.Millisecond):
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
	}
}

func pidIn(t *testing.T, line string) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimPrefix(line, "pid "))
	if err != nil {
		t.Fatalf("first line = %q: %v", line, err)
	}
	return pid
}

// expectExited waits until no process has the id pid.
func expectExited(t *testing.T, pid int) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-deadline:
			t.Fatalf("process %d still runs", pid)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
