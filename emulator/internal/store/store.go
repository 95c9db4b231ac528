// Package store stores the emulator's state. Functions, calls, schedules, sessions and file metadata are in a bbolt
// database. File contents are in files in the same data directory.
//
// A committed transaction survives the end of the process, including kill -9. It survives a power loss only with
// [Options.Sync]. The secrets of functions are not encrypted, because the functions need them. The database has mode 0600
// and its directory mode 0700.
package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long Open waits for the lock of another emulator.
const lockWait = 200 * time.Millisecond

// Options are the settings of a [Store].
type Options struct {
	// Dir is the data directory; "" means a temporary directory that Close removes.
	Dir string
	// Sync makes each update wait until its data are on the disk.
	Sync bool
}

// Store is an open data directory. It is safe for concurrent use.
type Store struct {
	db        *bolt.DB
	dir       string
	temporary bool
	key       []byte
	closeOnce func() error
	batch     batch
	copies    copies
}

// Open opens a data directory. It creates the directory if it does not exist. It returns an error and changes nothing if
// another emulator uses the directory, or if the directory contains other files.
func Open(options Options) (*Store, error) {
	s := &Store{dir: options.Dir, temporary: options.Dir == ""}
	s.copies.open = map[*Copy]struct{}{}
	s.closeOnce = sync.OnceValue(s.close)
	var err error
	if s.temporary {
		if s.dir, err = os.MkdirTemp("", "cogfn-emulator-"); err != nil {
			return nil, fmt.Errorf("cannot create a temporary directory (%w): set TMPDIR to a writable directory, or choose a data directory", err)
		}
	} else if err = prepareDataDir(s.dir); err != nil {
		return nil, err
	}
	if err := s.open(options.Sync); err != nil {
		if s.temporary {
			err = errors.Join(err, os.RemoveAll(s.dir))
		}
		return nil, err
	}
	return s, nil
}

func (s *Store) open(sync bool) (err error) {
	defer func() {
		if recover() != nil { // bbolt panics on damaged pages
			err = damaged(s.dir)
		}
	}()
	s.db, err = bolt.Open(filepath.Join(s.dir, stateFile), 0o600, &bolt.Options{
		Timeout:        lockWait,
		NoSync:         !sync,
		NoGrowSync:     !sync,
		NoFreelistSync: true,
		FreelistType:   bolt.FreelistMapType,
	})
	if err != nil {
		return explain(s.dir, err)
	}
	if err := s.initialize(); err != nil {
		return errors.Join(err, s.db.Close())
	}
	if err := s.sweepAll(); err != nil {
		return errors.Join(err, s.db.Close())
	}
	return nil
}

// initialize creates missing directories and buckets, and removes the temporary files of an earlier process.
func (s *Store) initialize() error {
	// Unpacked code, uploads in progress and scratch files are useless to a new process.
	for _, name := range []string{codeDir, uploadDir, scratchDir} {
		if err := os.RemoveAll(filepath.Join(s.dir, name)); err != nil {
			return explain(s.dir, err)
		}
	}
	for _, name := range []string{blobDir, codeDir, uploadDir, scratchDir} {
		if err := os.MkdirAll(filepath.Join(s.dir, name), 0o700); err != nil {
			return explain(s.dir, err)
		}
	}
	return s.db.Update(func(tx *bolt.Tx) error {
		for _, name := range stateBuckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		settings, err := tx.CreateBucketIfNotExists(settingsBucket)
		if err != nil {
			return err
		}
		if key := settings.Get(signingKey); key != nil {
			s.key = bytes.Clone(key)
			return nil
		}
		s.key = make([]byte, 32)
		_, _ = rand.Read(s.key) // never fails
		return errors.Join(settings.Put(signingKey, s.key), settings.Put(formatKey, []byte(format)))
	})
}

// Dir returns the data directory.
func (s *Store) Dir() string { return s.dir }

// ScratchDir returns a directory for temporary files. The next Open removes its content.
func (s *Store) ScratchDir() string { return filepath.Join(s.dir, scratchDir) }

// SigningKey returns 32 random bytes that are stored in the data directory.
func (s *Store) SigningKey() []byte { return s.key }

// View runs fn in a read-only transaction, on the copy of a context from [WithCopy] unless the copy is closed.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c, ok := ctx.Value(copyKey{}).(*Copy); ok {
		err := c.db.View(func(tx *bolt.Tx) error { return fn(&Tx{tx: tx}) })
		if !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
			return err
		}
	}
	if s.batch.enabled.Load() {
		if err := s.commitBatch(); err != nil {
			return err
		}
	}
	return explainClosed(s.db.View(func(tx *bolt.Tx) error { return fn(&Tx{tx: tx}) }))
}

// Update runs fn in a transaction. It commits the changes if fn returns nil and discards them otherwise. Updates run one
// at a time.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.batch.mu.Lock() // so that no batch begins before this update has ended
	defer s.batch.mu.Unlock()
	if err := s.batch.commit(); err != nil {
		return err
	}
	return explainClosed(s.db.Update(func(tx *bolt.Tx) error { return fn(&Tx{tx: tx}) }))
}

// errClosed is the error of using a store that is closed.
var errClosed = errors.New("the emulator is closed")

func explainClosed(err error) error {
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return errClosed
	}
	return err
}

// Close closes the database and removes a temporary data directory. Further calls return the same result.
func (s *Store) Close() error { return s.closeOnce() }

func (s *Store) close() error {
	if s.temporary {
		return errors.Join(s.closeCopies(), s.db.Close(), os.RemoveAll(s.dir))
	}
	// Remove the unpacked code while the store still has the lock. Afterwards another emulator may use the directory.
	return errors.Join(s.closeCopies(), os.RemoveAll(filepath.Join(s.dir, codeDir)), s.db.Close())
}
