package python

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPlatform refuses Windows, where pipes beyond stdout and process groups work differently.
func checkPlatform() error {
	return errors.New("the Python runner needs Linux or macOS; on Windows run the emulator in WSL, or use Go functions")
}

// The functions below only complete the package: without a runner nothing calls them.

func processAttributes() *syscall.SysProcAttr { return nil }

func reap(process *os.Process, _ string, _ <-chan struct{}) (*os.ProcessState, error) {
	return process.Wait()
}

func tryLock(*os.File) bool { return false }

func isOwn(fs.DirEntry) bool { return false }

func describeExit(state *os.ProcessState) (how, cause string) {
	return fmt.Sprintf("exited with code %d", state.ExitCode()), ""
}
