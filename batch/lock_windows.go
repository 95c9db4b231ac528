package batch

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock locks a file, until unlock or the end of the process, however that comes. Windows keeps others from reading what is
// locked, so a byte far behind the end is.
func lock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, farBehind())
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLocked
	}
	return err
}

// unlock is needed besides closing, after which Windows takes its time.
func unlock(f *os.File) error {
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, farBehind())
}

func farBehind() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }
