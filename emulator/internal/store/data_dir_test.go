package store_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"github.com/cogfn/cogfn/emulator/internal/store"
)

const stateFile = "cogfn-state.db"

// writeFiles creates files with their directories.
func writeFiles(t *testing.T, dir string, contents map[string]string) {
	t.Helper()
	for name, content := range contents {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// tree lists the directories and files in a directory, with the contents of files.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			all = append(all, path)
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		all = append(all, fmt.Sprintf("%s: %x", path, content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// createOtherDatabase creates a bbolt database of another program.
func createOtherDatabase(t *testing.T, path string) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("settings"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// newState creates a data directory and returns the content of its database.
func newState(t *testing.T, dir string) []byte {
	t.Helper()
	s, err := store.Open(store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestOpenRejectsOtherDirectories(t *testing.T) {
	t.Parallel()
	const notEmpty, damaged = "not empty", "damaged"
	state := newState(t, t.TempDir())
	for name, tt := range map[string]struct {
		contents map[string]string
		want     string
	}{
		"a project":         {map[string]string{"code/x": "1", "uploads/x": "2", "blobs/x": "3", "handler.py": "4"}, notEmpty},
		"no database":       {map[string]string{"cogfn-code/x": "1", "cogfn-uploads/x": "2", "cogfn-blobs/x": "3"}, notEmpty},
		"another database":  {map[string]string{stateFile: strings.Repeat("no database ", 1000), "cogfn-code/x": "1"}, damaged},
		"a short file":      {map[string]string{stateFile: "x", "cogfn-code/x": "1"}, damaged},
		"a cut database":    {map[string]string{stateFile: string(state[:len(state)-8192]), "cogfn-code/x": "1"}, damaged},
		"a broken database": {map[string]string{stateFile: string(append(bytes.Clone(state[:8192]), make([]byte, len(state)-8192)...)), "cogfn-code/x": "1"}, damaged},
	} {
		dir := t.TempDir()
		writeFiles(t, dir, tt.contents)
		before := tree(t, dir)
		_, err := store.Open(store.Options{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.want)
		}
		if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
			t.Errorf("%s: the directory changed (-want +got):\n%s", name, diff)
		}
	}
}

func TestOpenRejectsDatabaseOfAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	createOtherDatabase(t, filepath.Join(dir, stateFile))
	before := tree(t, dir)
	if _, err := store.Open(store.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "not the state of an emulator") {
		t.Errorf("error %v, want one about the state of an emulator", err)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("the directory changed (-want +got):\n%s", diff)
	}
}

func TestOpenRemovesTemporaryFiles(t *testing.T) {
	t.Parallel()
	state := newState(t, t.TempDir())
	for name, contents := range map[string]map[string]string{
		"empty":                          nil,
		"killed before the first update": {stateFile: ""},
		"killed":                         {stateFile: string(state), "cogfn-code/1-x/handler.py": "", "cogfn-uploads/upload-1": "", "cogfn-scratch/x": "", "mine": "stays"},
	} {
		dir := t.TempDir()
		writeFiles(t, dir, contents)
		s := open(t, store.Options{Dir: dir})
		for _, temporary := range []string{"cogfn-code/1-x", "cogfn-uploads/upload-1", "cogfn-scratch/x"} {
			if _, err := os.Stat(filepath.Join(s.Dir(), temporary)); err == nil {
				t.Errorf("%s: %s of an earlier process exists", name, temporary)
			}
		}
		if content, err := os.ReadFile(filepath.Join(dir, "mine")); contents["mine"] != string(content) {
			t.Errorf("%s: another file contains %q (%v)", name, content, err)
		}
	}
}

func TestOpenRejectsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"file": ""})
	file := filepath.Join(dir, "file")
	for path, want := range map[string]string{file: "is a file", filepath.Join(file, "in"): "not a directory"} {
		_, err := store.Open(store.Options{Dir: path})
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %s and %q", err, path, want)
		}
	}
}

func TestOpenWithoutPermission(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root has all permissions")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(store.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "no permission") {
		t.Errorf("error %v, want one with %s and %q", err, dir, "no permission")
	}
}

func TestOpenWithoutTemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", "/no/such/directory")
	t.Setenv("TMP", `C:\no\such\directory`)
	if _, err := store.Open(store.Options{}); err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("error %v, want one with %q", err, "set TMPDIR")
	}
}

// The second Open fails and does not remove the unpacked code of the first emulator.
func TestOpenRejectsDirectoryInUse(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	code, err := s.NewCodeDir(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(store.Options{Dir: s.Dir()}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error %v, want one with %q", err, "in use")
	}
	if _, err := os.Stat(code); err != nil {
		t.Errorf("the code of the running emulator was removed: %v", err)
	}
}
