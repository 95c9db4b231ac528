package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// batchSize is the number of updates after which an open batch is committed.
const batchSize = 500

// batch is a transaction that several updates share, because a commit takes much longer than a small update.
type batch struct {
	enabled atomic.Bool

	mu      sync.Mutex // held during each update
	tx      *bolt.Tx   // nil unless updates wait for the commit
	updates int
}

// Batch lets the updates of [Store.UpdateInBatch] share transactions until the returned function is called, which commits
// the last one.
func (s *Store) Batch() (commit func() error) {
	s.batch.enabled.Store(true)
	return func() error {
		s.batch.mu.Lock()
		defer s.batch.mu.Unlock()
		s.batch.enabled.Store(false)
		return s.batch.commit()
	}
}

// UpdateInBatch is Update, except that other updates may share its transaction while a batch is enabled. All reads and
// updates see its changes. If fn fails, it must not have changed anything, because the transaction of the others continues.
func (s *Store) UpdateInBatch(ctx context.Context, fn func(*Tx) error) error {
	s.batch.mu.Lock()
	if !s.batch.enabled.Load() {
		s.batch.mu.Unlock()
		return s.Update(ctx, fn)
	}
	defer s.batch.mu.Unlock()
	if s.batch.tx == nil {
		tx, err := s.db.Begin(true)
		if err != nil {
			return fmt.Errorf("begin a batch: %w", err)
		}
		s.batch.tx, s.batch.updates = tx, 0
	}
	if err := fn(&Tx{tx: s.batch.tx}); err != nil {
		return err
	}
	if s.batch.updates++; s.batch.updates < batchSize {
		return nil
	}
	return s.batch.commit()
}

// commitBatch commits the updates that wait for it.
func (s *Store) commitBatch() error {
	s.batch.mu.Lock()
	defer s.batch.mu.Unlock()
	return s.batch.commit()
}

func (b *batch) commit() error {
	if b.tx == nil {
		return nil
	}
	tx := b.tx
	b.tx = nil
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit a batch: %w", err)
	}
	return nil
}
