package python

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

const (
	scratchPrefix = "cogfn-python-"
	// lockName is a file in a scratch folder that its runner holds locked for as long as it lives.
	lockName = "in-use"
)

// scratch is the private folder of a runner: the bootstrap script, and one folder for each function.
type scratch struct {
	dir  string   // without links, so that paths in tracebacks can be compared with it
	lock *os.File // nil where files cannot be locked; nobody then takes the folder for a stale one
}

// makeScratch makes a folder in parent, or in the system's folder for temporary files when that is "".
func makeScratch(parent string) (scratch, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	made, err := newScratch(parent)
	if err != nil {
		return scratch{}, fmt.Errorf(
			"the Python runner cannot make a folder for its files, name one that exists and can be written to: %w", err)
	}
	return made, nil
}

func newScratch(parent string) (scratch, error) {
	made, err := os.MkdirTemp(parent, scratchPrefix)
	if err != nil {
		return scratch{}, err
	}
	dir, err := filepath.EvalSymlinks(made)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "bootstrap.py"), bootstrap, 0o600)
	}
	if err != nil {
		return scratch{}, errors.Join(err, os.RemoveAll(made))
	}
	return scratch{dir: dir, lock: lockFolder(dir)}, nil
}

// lockFolder makes the locked file in a new folder, or returns nil. The file gets its name once it is locked, so that
// nobody sees it unlocked while its owner lives.
func lockFolder(dir string) *os.File {
	name := filepath.Join(dir, lockName)
	file, err := os.Create(name + ".new")
	if err != nil {
		return nil
	}
	if !tryLock(file) || os.Rename(file.Name(), name) != nil {
		_ = file.Close() // nothing was written
		return nil
	}
	return file
}

// remove removes the folder with all that is in it.
func (s scratch) remove() error {
	err := os.RemoveAll(s.dir)
	if s.lock != nil {
		_ = s.lock.Close() // nothing was written
	}
	if err != nil {
		return fmt.Errorf("remove the Python runner's files: %w", err)
	}
	return nil
}

// sweepScratch removes the folders in parent whose runners were killed before they could. It leaves all that is not
// certainly such a folder.
func sweepScratch(parent string, logger *slog.Logger) {
	if parent == "" {
		parent = os.TempDir()
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // making a folder there will tell why
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), scratchPrefix) || !isOwn(entry) {
			continue
		}
		dir := filepath.Join(parent, entry.Name())
		lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if tryLock(lock) {
			err := os.RemoveAll(dir)
			logger.Debug("removed the files of a Python runner that was killed", "folder", dir, "error", err)
		}
		_ = lock.Close() // nothing was written
	}
}
