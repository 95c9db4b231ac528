package batch

import (
	"os"
	"runtime"

	"github.com/gofrs/flock"
)

// lockCheckpoint locks a checkpoint against other runs in this and other processes. The operating system releases the
// lock when the process ends.
func lockCheckpoint(path string) (*flock.Flock, error) {
	lock := flock.New(lockPath(path), flock.SetFlag(os.O_RDWR|os.O_CREATE), flock.SetPermissions(checkpointMode))
	locked, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, &CheckpointError{path, "cannot be locked: " + withoutPath(err), err}
	case !locked:
		return nil, &CheckpointError{path, "is in use by another run; wait until it ends, or use another file", ErrCheckpointInUse}
	}
	return lock, nil
}

// lockPath returns the path of the file to lock. Locks of Windows prevent other handles from reading, and locks of AIX and
// Solaris end when the process closes any descriptor of the file, so these systems need a second file.
func lockPath(path string) string {
	switch runtime.GOOS {
	case "windows", "aix", "solaris":
		return path + ".lock"
	}
	return path
}
