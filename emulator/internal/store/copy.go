package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// Copy is a read-only copy of the state. The contents of files are not copied, but kept until the copy is closed.
type Copy struct {
	store *Store
	db    *bolt.DB
	path  string
	blobs map[string]bool
}

// copies are the copies of a store that are not closed.
type copies struct {
	mu   sync.Mutex
	open map[*Copy]struct{}
}

// needBlobs adds the blobs of the open copies.
func (c *copies) needBlobs(needed map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for open := range c.open {
		maps.Copy(needed, open.blobs)
	}
}

// Copy copies the current state. The caller must close the copy.
//
// A copy is used instead of a long read transaction, which would block an update that has to enlarge the database.
func (s *Store) Copy() (*Copy, error) {
	// No update may run until the copy is open. Otherwise, Sweep could remove blobs that the copy needs.
	s.batch.mu.Lock()
	defer s.batch.mu.Unlock()
	if err := s.batch.commit(); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Join(s.dir, uploadDir), "copy-")
	if err != nil {
		return nil, fmt.Errorf("create a file for a copy of the state: %w", err)
	}
	err = s.db.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(file)
		return err
	})
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the state: %w", err), os.Remove(file.Name()))
	}
	c := &Copy{store: s, path: file.Name(), blobs: map[string]bool{}}
	if c.db, err = bolt.Open(c.path, 0o600, &bolt.Options{ReadOnly: true, Timeout: lockWait}); err != nil {
		return nil, errors.Join(fmt.Errorf("open a copy of the state: %w", err), os.Remove(c.path))
	}
	if err := c.db.View(func(tx *bolt.Tx) error { return addBlobs(&Tx{tx}, c.blobs) }); err != nil {
		return nil, errors.Join(err, c.db.Close(), os.Remove(c.path))
	}
	s.copies.mu.Lock()
	defer s.copies.mu.Unlock()
	s.copies.open[c] = struct{}{}
	return c, nil
}

// Close closes and removes the copy, with the blobs that only the copy needed. It waits until its reads have ended. Further
// calls do nothing.
func (c *Copy) Close() error {
	c.store.copies.mu.Lock()
	_, open := c.store.copies.open[c]
	delete(c.store.copies.open, c)
	c.store.copies.mu.Unlock()
	if !open {
		return nil
	}
	return errors.Join(c.db.Close(), os.Remove(c.path), c.store.Sweep(slices.Collect(maps.Keys(c.blobs))...))
}

// closeCopies closes all copies.
func (s *Store) closeCopies() error {
	s.copies.mu.Lock()
	open := maps.Clone(s.copies.open)
	s.copies.mu.Unlock()
	var all error
	for c := range open {
		all = errors.Join(all, c.Close())
	}
	return all
}

var errOtherStore = errors.New("the snapshot is closed or of another emulator; restore it in the emulator that made it")

// CheckCopy returns an error if Restore does not accept a copy: it is closed or of another store.
func (s *Store) CheckCopy(c *Copy) error {
	s.copies.mu.Lock()
	defer s.copies.mu.Unlock()
	if _, open := s.copies.open[c]; !open {
		return errOtherStore
	}
	return nil
}

// Restore replaces the state by a copy of this store. The key of signatures stays.
func (s *Store) Restore(ctx context.Context, c *Copy) error {
	if err := s.CheckCopy(c); err != nil {
		return err
	}
	return s.replace(ctx, func(to *bolt.Tx) error {
		return c.db.View(func(from *bolt.Tx) error {
			for _, name := range stateBuckets {
				if err := copyBucket(to.Bucket(name), from.Bucket(name)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// Clear removes the state. The key of signatures stays.
func (s *Store) Clear(ctx context.Context) error {
	return s.replace(ctx, func(*bolt.Tx) error { return nil })
}

// replace empties all buckets of the state and fills them.
func (s *Store) replace(ctx context.Context, fill func(*bolt.Tx) error) error {
	err := s.Update(ctx, func(tx *Tx) error {
		for _, name := range stateBuckets {
			if err := tx.tx.DeleteBucket(name); err != nil {
				return err
			}
			if _, err := tx.tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return fill(tx.tx)
	})
	if err != nil {
		return fmt.Errorf("replace the state: %w", err)
	}
	return s.sweepAll()
}

func copyBucket(to, from *bolt.Bucket) error {
	if err := to.SetSequence(from.Sequence()); err != nil {
		return err
	}
	return from.ForEach(func(key, value []byte) error {
		if value != nil {
			return to.Put(key, value)
		}
		inner, err := to.CreateBucket(key)
		if err != nil {
			return err
		}
		return copyBucket(inner, from.Bucket(key))
	})
}

type copyKey struct{}

// WithCopy returns a context with which [Store.View] reads from the copy.
func WithCopy(ctx context.Context, c *Copy) context.Context {
	return context.WithValue(ctx, copyKey{}, c)
}
