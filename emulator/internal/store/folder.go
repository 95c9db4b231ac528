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

// What the store keeps in its folder. The names are ones that nobody else uses, because the store removes what it finds
// under some of them.
const (
	stateFile  = "cogfn-state.db"
	blobDir    = "cogfn-blobs"   // contents of files, named by their SHA-256
	uploadDir  = "cogfn-uploads" // contents that are still arriving
	codeDir    = "cogfn-code"    // unpacked code, one folder per function
	scratchDir = "cogfn-scratch" // what the runner of the code needs
)

// format marks a database as an emulator's; a future layout gets another number.
const format = "cogfn emulator 1"

var (
	settingsBucket = []byte("settings")
	formatKey      = []byte("format")
	signingKey     = []byte("key")
)

// adopt makes a data folder if needed and checks that it may be one: it is empty, or holds an emulator's state. Nothing
// in a folder that is somebody else's is touched.
func adopt(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return explain(dir, os.MkdirAll(dir, 0o700))
	case err != nil:
		return explain(dir, err)
	case !info.IsDir():
		return fmt.Errorf("%s is a file, not a data folder; name another folder", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return explain(dir, err)
	}
	info, err = os.Stat(filepath.Join(dir, stateFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s is not empty and not a data folder of an emulator; name another folder", dir)
	case err != nil:
		return explain(dir, err)
	case info.Size() == 0:
		return nil // an emulator ended right after it had made the file
	}
	return inspect(dir)
}

// inspect checks that a folder's database is whole and an emulator's, without writing to it.
func inspect(dir string) (err error) {
	defer func() {
		if recover() != nil { // bbolt's answer to damaged pages
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
		if tx.Size() > info.Size() { // reading behind the end of the file would end the process
			return damaged(dir)
		}
		if first, _ := tx.Cursor().First(); first == nil {
			return nil // an emulator ended before its first change
		}
		if settings := tx.Bucket(settingsBucket); settings == nil || string(settings.Get(formatKey)) != format {
			return damaged(dir)
		}
		return nil
	})
}

func damaged(dir string) error {
	return fmt.Errorf("%s is not the state of an emulator, or damaged; name another folder", filepath.Join(dir, stateFile))
}

// explain puts what stands in the way of a data folder into a sentence that says what to do; nil stays nil.
func explain(dir string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("the data folder %s is in use by another emulator: stop that one or choose another folder", dir)
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("the data folder %s cannot be read and written with the rights of this process; name another folder", dir)
	}
	if failure, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("the data folder %s cannot be used (%w); name another folder", dir, failure)
	}
	return damaged(dir) // what is left comes from reading the database
}
