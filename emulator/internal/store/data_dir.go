package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Names in the data directory. They have a prefix so that they do not collide with other files: the store removes some of
// these directories with their content.
const (
	stateFile  = "cogfn-state.db"
	blobDir    = "cogfn-blobs"   // contents of files, named by their SHA-256
	uploadDir  = "cogfn-uploads" // uploads in progress
	codeDir    = "cogfn-code"    // unpacked code, one directory per function
	scratchDir = "cogfn-scratch" // files of the runner
)

// format identifies a database of the emulator. A new layout gets a new number.
const format = "cogfn emulator 1"

var (
	settingsBucket = []byte("settings")
	formatKey      = []byte("format")
	signingKey     = []byte("key")
)

// prepareDataDir creates a data directory if it does not exist. An existing directory must be empty or contain the state
// of an emulator. Any other directory is rejected and not changed.
func prepareDataDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return explain(dir, os.MkdirAll(dir, 0o700))
	case err != nil:
		return explain(dir, err)
	case !info.IsDir():
		return fmt.Errorf("%s is a file, not a data directory; choose another directory", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return explain(dir, err)
	}
	info, err = os.Stat(filepath.Join(dir, stateFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the directory %s is not empty and not a data directory of an emulator; choose another directory", dir)
	case err != nil:
		return explain(dir, err)
	case info.Size() == 0:
		return nil // an emulator was killed after it had created the file
	}
	return inspect(dir)
}

// inspect checks without writing that the database in dir is a complete database of an emulator.
func inspect(dir string) (err error) {
	defer func() {
		if recover() != nil { // bbolt panics on damaged pages
			err = damaged(dir)
		}
	}()
	db, err := bolt.Open(filepath.Join(dir, stateFile), 0o600, &bolt.Options{ReadOnly: true, Timeout: lockWait})
	if err != nil {
		return explain(dir, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(func(tx *bolt.Tx) error {
		info, err := os.Stat(db.Path())
		if err != nil {
			return explain(dir, err)
		}
		if tx.Size() > info.Size() { // reading the mapped file past its end would crash the process
			return damaged(dir)
		}
		if first, _ := tx.Cursor().First(); first == nil {
			return nil // an emulator was killed before its first update
		}
		if settings := tx.Bucket(settingsBucket); settings == nil || string(settings.Get(formatKey)) != format {
			return damaged(dir)
		}
		return nil
	})
}

func damaged(dir string) error {
	return fmt.Errorf("%s is damaged or not the state of an emulator; choose another directory", filepath.Join(dir, stateFile))
}

// explain returns an error that names the data directory and what to do. It returns nil if err is nil.
func explain(dir string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("the data directory %s is in use by another emulator; stop that emulator or choose another directory", dir)
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("this process has no permission to read and write the data directory %s; choose another directory", dir)
	}
	if failure, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("the data directory %s cannot be used (%w); choose another directory", dir, failure)
	}
	return damaged(dir) // any other error comes from reading the database
}
