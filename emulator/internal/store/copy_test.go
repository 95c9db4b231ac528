package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/emulator/internal/store"
)

// update runs an update that must succeed.
func update(t *testing.T, s *store.Store, change func(*store.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// callIDs returns the ids of the calls of function 1, as seen with a context.
func callIDs(ctx context.Context, t *testing.T, s *store.Store) []int64 {
	t.Helper()
	var ids []int64
	err := s.View(ctx, func(tx *store.Tx) error {
		for _, row := range tx.Calls(1).Oldest() {
			ids = append(ids, row.Value.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func addCall(id int64) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		return errors.Join(tx.Calls(1).Put(&store.Call{ID: id, FunctionID: 1}), tx.PutResponse(1, id, []byte("1")))
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	key := s.SigningKey()
	update(t, s, func(tx *store.Tx) error { return tx.AddFunction(&store.Function{ID: 1}) })
	update(t, s, addCall(7))
	c, err := s.Copy()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		update(t, s, addCall(9))
		if then := callIDs(store.WithCopy(t.Context(), c), t, s); !slices.Equal(then, []int64{7}) {
			t.Errorf("calls of the copy: %v, want 7", then)
		}
		if err := s.Restore(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if now := callIDs(t.Context(), t, s); !slices.Equal(now, []int64{7}) {
			t.Errorf("calls after the restore: %v, want 7", now)
		}
		update(t, s, addCall(8)) // at a position of its own
		if now := callIDs(t.Context(), t, s); !slices.Equal(now, []int64{7, 8}) {
			t.Errorf("calls after the restore and a new one: %v, want 7 and 8", now)
		}
	}
	if err := s.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *store.Tx) error {
		if tx.Functions().Has(1) {
			t.Error("function 1 exists after Clear")
		}
		return nil
	})
	if !slices.Equal(key, s.SigningKey()) {
		t.Error("the signing key has changed")
	}
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	if err := s.Restore(t.Context(), c); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("restoring a closed copy: error %v, want one with %q", err, "closed")
	}
}

func TestCopyOfAnotherStore(t *testing.T) {
	t.Parallel()
	a, b := open(t, store.Options{}), open(t, store.Options{})
	c, err := a.Copy()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Restore(t.Context(), c); err == nil || !strings.Contains(err.Error(), "another emulator") {
		t.Errorf("error %v, want one with %q", err, "another emulator")
	}
}

// The content of deleted files exists until the copy is closed.
func TestCopyKeepsBlobs(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	upload, err := s.Receive(strings.NewReader("content"), 100)
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *store.Tx) error {
		return errors.Join(upload.Commit(), tx.Files().Put(&store.File{ID: 1, Blob: upload.Name}))
	})
	c, err := s.Copy()
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *store.Tx) error { return tx.Files().Delete(1) })
	exists := func() bool {
		if err := s.Sweep(upload.Name); err != nil {
			t.Fatal(err)
		}
		_, err := os.Stat(filepath.Join(s.Dir(), "cogfn-blobs", upload.Name))
		return err == nil
	}
	if !exists() {
		t.Error("the content was removed although the copy needs it")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if names := blobs(t, s); len(names) != 0 {
		t.Errorf("blobs %v exist after the copy was closed", names)
	}
}

// A copy that is made while a file is deleted has either no file, or a file with its content.
func TestCopyDuringSweep(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	for i := range 200 {
		upload, err := s.Receive(strings.NewReader(strconv.Itoa(i)), 100)
		if err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(upload.Commit(), tx.Files().Put(&store.File{ID: 1, Blob: upload.Name}))
		})
		swept := make(chan error)
		go func() {
			deleted := s.Update(context.WithoutCancel(t.Context()), func(tx *store.Tx) error { return tx.Files().Delete(1) })
			swept <- errors.Join(deleted, s.Sweep(upload.Name))
		}()
		c, err := s.Copy()
		if err := errors.Join(err, <-swept); err != nil {
			t.Fatal(err)
		}
		var found bool
		err = s.View(store.WithCopy(t.Context(), c), func(tx *store.Tx) error {
			found = tx.Files().Has(1)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if exists := len(blobs(t, s)) == 1; found != exists {
			t.Fatalf("round %d: the copy has the file: %t, its content exists: %t", i, found, exists)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Close closes the copies that are open.
func TestCloseWithCopies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Copy(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "cogfn-uploads", "*")); len(left) != 0 {
		t.Errorf("files of copies are left: %v", left)
	}
}

// All reads and updates see the updates of a batch, which one commit stores.
func TestBatch(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	update(t, s, func(tx *store.Tx) error { return tx.AddFunction(&store.Function{ID: 1}) })
	add := func(id int64) {
		t.Helper()
		if err := s.UpdateInBatch(t.Context(), addCall(id)); err != nil {
			t.Fatal(err)
		}
	}
	add(1)
	commit := s.Batch()
	add(2)
	if ids := callIDs(t.Context(), t, s); !slices.Equal(ids, []int64{1, 2}) {
		t.Errorf("a read sees the calls %v, want 1 and 2", ids)
	}
	add(3)
	update(t, s, func(tx *store.Tx) error {
		if !tx.Calls(1).Has(3) {
			t.Error("an update does not see call 3")
		}
		return nil
	})
	for id := range int64(1200) { // more than one transaction has
		add(id + 10)
	}
	c, err := s.Copy()
	if err != nil {
		t.Fatal(err)
	}
	if ids := callIDs(store.WithCopy(t.Context(), c), t, s); len(ids) != 1203 {
		t.Errorf("a copy has %d calls, want 1203", len(ids))
	}
	add(5)
	failed := errors.New("as requested")
	if err := s.UpdateInBatch(t.Context(), func(*store.Tx) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("error %v, want that of the function", err)
	}
	add(6)
	if err := commit(); err != nil {
		t.Fatal(err)
	}
	if ids := callIDs(t.Context(), t, s); len(ids) != 1204 || ids[1203] != 6 {
		t.Errorf("%d calls after the commit, want 1204: the failed update discards its batch", len(ids))
	}
}
