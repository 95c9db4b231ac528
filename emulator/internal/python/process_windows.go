package python

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPlatform rejects Windows: a worker needs inherited pipes besides stdin, stdout and stderr, and a process group.
func checkPlatform() error {
	return errors.New("the Python runner needs Linux or macOS; on Windows run the emulator in WSL, or use Go functions")
}

// The functions below exist so that the package compiles. New fails on Windows, so they are never called.

func processAttributes() *syscall.SysProcAttr { return nil }

func reap(process *os.Process, _ string, _ <-chan struct{}) (*os.ProcessState, error) {
	return process.Wait()
}

func isOwn(fs.DirEntry) bool { return false }

func describeExit(state *os.ProcessState) (how, cause string) {
	return fmt.Sprintf("exited with code %d", state.ExitCode()), ""
}
