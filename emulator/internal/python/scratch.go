package python

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

const (
	scratchPrefix = "cogfn-python-"
	// lockName is a file in a scratch directory. The runner that owns the directory holds a lock on it.
	lockName = "in-use"
)

// scratch is the private directory of a runner. It contains the bootstrap script and one directory per function.
type scratch struct {
	dir string // symbolic links are resolved, so that it can be compared with the paths in tracebacks
	// lock is nil if the file system does not support locks. sweepScratch then never removes the directory.
	lock *flock.Flock
}

// makeScratch creates a scratch directory in parent, or in the system's temporary directory if parent is "".
func makeScratch(parent string) (scratch, error) {
	created, err := newScratch(scratchParent(parent))
	if err != nil {
		return scratch{}, fmt.Errorf(
			"the Python runner cannot create a directory for its files; choose an existing directory that is writable: %w", err)
	}
	return created, nil
}

func scratchParent(parent string) string {
	if parent == "" {
		return os.TempDir()
	}
	return parent
}

func newScratch(parent string) (scratch, error) {
	created, err := os.MkdirTemp(parent, scratchPrefix)
	if err != nil {
		return scratch{}, err
	}
	dir, err := filepath.EvalSymlinks(created)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "bootstrap.py"), bootstrap, 0o600)
	}
	if err != nil {
		return scratch{}, errors.Join(err, os.RemoveAll(created))
	}
	return scratch{dir: dir, lock: lockScratch(dir)}, nil
}

// lockScratch creates the lock file in a new scratch directory, or returns nil. The file is locked before it is renamed to
// lockName, so that sweepScratch of another process never finds it unlocked while its owner runs.
func lockScratch(dir string) *flock.Flock {
	name := filepath.Join(dir, lockName)
	lock := flock.New(name + ".new")
	if locked, err := lock.TryLock(); err != nil || !locked {
		return nil
	}
	if err := os.Rename(lock.Path(), name); err != nil {
		_ = lock.Close() // the directory has no lock in either case
		return nil
	}
	return lock
}

// remove removes the directory with all files in it.
func (s scratch) remove() error {
	err := os.RemoveAll(s.dir)
	if s.lock != nil {
		_ = s.lock.Close() // the locked file is removed
	}
	if err != nil {
		return fmt.Errorf("remove the Python runner's files: %w", err)
	}
	return nil
}

// sweepScratch removes the scratch directories in parent whose runners were killed. It keeps every directory that is not
// certainly one of these.
func sweepScratch(parent string, logger *slog.Logger) {
	parent = scratchParent(parent)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // makeScratch reports the reason
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), scratchPrefix) || !isOwn(entry) {
			continue
		}
		dir := filepath.Join(parent, entry.Name())
		lock := flock.New(filepath.Join(dir, lockName), flock.SetFlag(os.O_RDWR)) // O_RDWR: do not create the file
		if locked, err := lock.TryLock(); err != nil || !locked {
			continue
		}
		err := os.RemoveAll(dir)
		logger.Debug("removed the files of a killed Python runner", "directory", dir, "error", err)
		_ = lock.Close() // the locked file is removed
	}
}
