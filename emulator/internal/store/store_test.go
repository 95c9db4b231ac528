package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

func open(t *testing.T, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ids returns the ids and positions that Oldest or Newest yields.
func ids(t *testing.T, table store.Table[store.Call], newest bool, before store.Position) (found []int64, positions []store.Position) {
	t.Helper()
	walk := table.Oldest()
	if newest {
		walk = table.Newest(before)
	}
	for position, row := range walk {
		if row.Err != nil {
			t.Fatal(row.Err)
		}
		found, positions = append(found, row.Value.ID), append(positions, position)
	}
	return found, positions
}

func TestTable(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	const f = 7
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddFunction(&store.Function{ID: f}); err != nil {
			return err
		}
		for _, id := range []int64{50, 10, 30, 20} {
			if err := tx.Calls(f).Put(&store.Call{ID: id, FunctionID: f}); err != nil {
				return err
			}
		}
		if err := tx.Calls(f).Put(&store.Call{ID: 10, FunctionID: f, Status: gen.FunctionCallStatusFailed}); err != nil {
			return err // the second Put keeps the position
		}
		return tx.Calls(f).Delete(30)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx *store.Tx) error {
		calls := tx.Calls(f)
		oldest, _ := ids(t, calls, false, 0)
		newest, positions := ids(t, calls, true, 0)
		if diff := cmp.Diff([][]int64{{50, 10, 20}, {20, 10, 50}}, [][]int64{oldest, newest}); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		rest, _ := ids(t, calls, true, positions[0])
		if diff := cmp.Diff([]int64{10, 50}, rest); diff != "" {
			t.Errorf("after the first (-want +got):\n%s", diff)
		}
		if end, _ := ids(t, calls, true, positions[2]); len(end) != 0 {
			t.Errorf("after the last: %v", end)
		}
		if all, _ := ids(t, calls, true, 1000); len(all) != 3 {
			t.Errorf("before a position that is not used yet: %v", all)
		}
		if call, err := calls.Get(10); err != nil || call.Status != gen.FunctionCallStatusFailed {
			t.Errorf("got %+v, %v", call, err)
		}
		if calls.Has(30) || !calls.Has(50) {
			t.Errorf("Has(30) = %v, Has(50) = %v, want false and true", calls.Has(30), calls.Has(50))
		}
		if call, err := tx.Calls(8).Get(10); call != nil || err != nil {
			t.Errorf("an unknown function has the call %v, %v", call, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFailedUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	s, stop := open(t, store.Options{}), errors.New("stop")
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.AddFunction(&store.Function{ID: 1}), stop)
	})
	if !errors.Is(err, stop) {
		t.Fatalf("error %v", err)
	}
	err = s.View(t.Context(), func(tx *store.Tx) error {
		if tx.Functions().Has(1) {
			t.Error("the function exists")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDeleteFunctionDeletesCalls(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		err := errors.Join(
			tx.AddFunction(&store.Function{ID: 1}), tx.Calls(1).Put(&store.Call{ID: 2}),
			tx.PutLog(1, 2, []store.Line{{Time: 3, Message: "m"}}), tx.PutResponse(1, 2, []byte("4")),
		)
		if lines, err := tx.Log(1, 2); err != nil || len(lines) != 1 || string(tx.Response(1, 2)) != "4" {
			t.Errorf("log %v, %v, response %s", lines, err, tx.Response(1, 2))
		}
		err = errors.Join(err, tx.DeleteFunction(1), tx.DeleteFunction(1), tx.AddFunction(&store.Function{ID: 1}))
		if lines, err := tx.Log(1, 2); err != nil || len(lines) != 0 || len(tx.Response(1, 2)) != 0 || tx.Calls(1).Has(2) {
			t.Error("a new function has the calls of the deleted function")
		}
		if err := tx.PutLog(9, 2, nil); err == nil {
			t.Error("a log without function was stored")
		}
		if err := tx.Calls(9).Put(&store.Call{ID: 1}); err == nil {
			t.Error("a call without function was stored")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNonceIsValidOnce(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		if session, err := tx.TakeNonce("hash"); session != nil || err != nil {
			t.Errorf("an unknown nonce returns %v, %v", session, err)
		}
		err := errors.Join(tx.Sessions().Put(&store.Session{ID: 5, Nonce: "hash"}), tx.PutNonce("hash", 5))
		if session, err := tx.TakeNonce("hash"); err != nil || session.ID != 5 || session.Nonce != "" {
			t.Errorf("the nonce returns %v, %v", session, err)
		}
		if session, err := tx.TakeNonce("hash"); session != nil || err != nil {
			t.Errorf("a used nonce returns %v, %v", session, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func blobs(t *testing.T, s *store.Store) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.Dir(), "cogfn-blobs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir, Sync: true})
	if _, err := s.Receive(strings.NewReader("12345"), 4); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("content above the limit: %v", err)
	}
	if _, err := s.Receive(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("12"))), 4); !errors.Is(err, store.ErrIncomplete) {
		t.Errorf("incomplete content: %v", err)
	}
	upload, err := s.Receive(strings.NewReader("1234"), 4)
	if err != nil {
		t.Fatal(err)
	}
	if names := blobs(t, s); len(names) != 0 {
		t.Errorf("blobs before Commit: %v", names)
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		return errors.Join(upload.Commit(), tx.Files().Put(&store.File{ID: 1, Blob: upload.Name}), tx.AddFunction(&store.Function{ID: 2, Code: upload.Name}))
	})
	if err := errors.Join(err, upload.Discard()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // first referenced by the file and the function, then only by the function
		if err := s.Sweep(upload.Name, "", "unknown"); err != nil {
			t.Fatal(err)
		}
		if len(blobs(t, s)) != 1 {
			t.Error("Sweep removed a blob that is referenced")
		}
		if err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.Files().Delete(1) }); err != nil {
			t.Fatal(err)
		}
	}
	content, err := s.OpenBlob(upload.Name)
	if err != nil {
		t.Fatal(err)
	}
	_ = content.Close()
	if err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteFunction(2) }); err != nil {
		t.Fatal(err)
	}
	// Simulate a crash before the sweep: the next Open sweeps.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if names := blobs(t, open(t, store.Options{Dir: dir})); len(names) != 0 {
		t.Errorf("blobs after a restart: %v", names)
	}
}

func TestFileModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "by", "open")
	open(t, store.Options{Dir: dir})
	for name, want := range map[string]os.FileMode{"": 0o700, "cogfn-blobs": 0o700, "cogfn-code": 0o700, "cogfn-uploads": 0o700, "cogfn-scratch": 0o700, "cogfn-state.db": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has mode %v (%v), want %v", name, info.Mode().Perm(), err, want)
		}
	}
}

func TestSigningKeyPersists(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, store.Options{Dir: dir})
	key := string(first.SigningKey())
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if again := string(open(t, store.Options{Dir: dir}).SigningKey()); again != key || len(key) != 32 {
		t.Errorf("keys have %d and %d bytes, want equal keys of 32 bytes", len(key), len(again))
	}
	if other := string(open(t, store.Options{}).SigningKey()); other == key {
		t.Error("two data directories have the same key")
	}
}

// A table contains the same values as a slice after random changes.
func TestTableMatchesSlice(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	function := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		function++
		var model []int64
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			if err := tx.AddFunction(&store.Function{ID: function}); err != nil {
				return err
			}
			calls := tx.Calls(function)
			for range rapid.IntRange(0, 30).Draw(t, "steps") {
				id := rapid.Int64Range(1, 10).Draw(t, "id")
				at := slices.Index(model, id)
				if rapid.Bool().Draw(t, "delete") {
					if err := calls.Delete(id); err != nil {
						return err
					}
					if at >= 0 {
						model = slices.Delete(model, at, at+1)
					}
					continue
				}
				if err := calls.Put(&store.Call{ID: id}); err != nil {
					return err
				}
				if at < 0 {
					model = append(model, id)
				}
			}
			var found []int64
			for _, row := range calls.Oldest() {
				found = append(found, row.Value.ID)
			}
			if !slices.Equal(found, model) {
				t.Fatalf("the table contains %v, want %v", found, model)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
