// Package store keeps the emulator's state: functions, calls, schedules, sessions and files in a bbolt database, and the
// files' content beside it.
//
// What a transaction wrote survives the end of the process at any moment, kill -9 included; surviving a power loss needs
// Options.Sync. Secrets of functions are kept in clear, since the functions need them: the database has mode 0600, its
// folder 0700.
package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// lockWait is how long Open waits for another emulator to let go of the folder.
const lockWait = 200 * time.Millisecond

// Options says where the state is and how careful the store is.
type Options struct {
	// Dir is the data folder; "" means a temporary one that Close removes.
	Dir string
	// Sync writes each change through to the disk before it is acknowledged.
	Sync bool
}

// Store is an open data folder. It is safe for concurrent use.
type Store struct {
	db        *bolt.DB
	dir       string
	temporary bool
	key       []byte
	closeOnce sync.Once
	closeErr  error
}

// Open opens a data folder, making it if needed. A folder that another emulator uses, or that holds somebody else's
// files, is refused with a sentence that names it, and left as it is.
func Open(options Options) (*Store, error) {
	s := &Store{dir: options.Dir, temporary: options.Dir == ""}
	var err error
	if s.temporary {
		if s.dir, err = os.MkdirTemp("", "cogfn-emulator-"); err != nil {
			return nil, fmt.Errorf("no temporary folder can be made (%w): set TMPDIR to a folder that can be written to, or name a data folder", err)
		}
	} else if err = adopt(s.dir); err != nil {
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
		if recover() != nil { // bbolt's answer to damaged pages
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
	if err := s.prepare(); err != nil {
		return errors.Join(err, s.db.Close())
	}
	if err := s.sweepAll(); err != nil {
		return errors.Join(err, s.db.Close())
	}
	return nil
}

// prepare makes what an empty folder lacks, and throws away what the process before left half done.
func (s *Store) prepare() error {
	// Unpacked code, half-written uploads and scratch files belong to the process that made them.
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
		for _, name := range [][]byte{functionsBucket, schedulesBucket, sessionsBucket, filesBucket, callsBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		settings, err := tx.CreateBucketIfNotExists(settingsBucket)
		if err != nil {
			return err
		}
		if key := settings.Get(signingKey); key != nil {
			s.key = append([]byte(nil), key...)
			return nil
		}
		s.key = make([]byte, 32)
		_, _ = rand.Read(s.key) // never fails
		return errors.Join(settings.Put(signingKey, s.key), settings.Put(formatKey, []byte(format)))
	})
}

// Dir returns the data folder.
func (s *Store) Dir() string { return s.dir }

// ScratchDir returns a folder for files that are of no use to the next process, which removes them.
func (s *Store) ScratchDir() string { return filepath.Join(s.dir, scratchDir) }

// SigningKey returns 32 random bytes that stay the same as long as the data folder exists.
func (s *Store) SigningKey() []byte { return s.key }

// View runs fn with a consistent view of the state.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.View(func(tx *bolt.Tx) error { return fn(&Tx{tx: tx}) })
}

// Update runs fn and keeps all its changes if it returns nil, and none otherwise. Updates run one at a time.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bolt.Tx) error { return fn(&Tx{tx: tx}) })
}

// Close closes the database and removes a temporary folder. Calling it again does nothing.
func (s *Store) Close() error {
	s.closeOnce.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	if s.temporary {
		return errors.Join(s.db.Close(), os.RemoveAll(s.dir))
	}
	// Unpacked code is of no use to the next process. It goes before the lock does: afterwards the folder may be another
	// emulator's.
	return errors.Join(os.RemoveAll(filepath.Join(s.dir, codeDir)), s.db.Close())
}
