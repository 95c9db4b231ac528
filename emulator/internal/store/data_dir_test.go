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

// files makes files with their folders.
func files(t *testing.T, dir string, contents map[string]string) {
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

// tree lists all that is in a folder, with the contents of files.
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

// database makes a bbolt database that is not an emulator's.
func database(t *testing.T, path string) {
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

// lasting makes a data folder and returns its database.
func lasting(t *testing.T, dir string) []byte {
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

// A folder that is not the store's is refused with a sentence, and nothing in it changes.
func TestFoldersThatAreRefused(t *testing.T) {
	t.Parallel()
	const foreign, damaged = "is not empty and not a data folder of an emulator; name another folder", "is not the state of an emulator, or damaged; name another folder"
	state := lasting(t, t.TempDir())
	for name, tt := range map[string]struct {
		contents map[string]string
		want     string
	}{
		"a project":         {map[string]string{"code/x": "1", "uploads/x": "2", "blobs/x": "3", "handler.py": "4"}, foreign},
		"its names alone":   {map[string]string{"cogfn-code/x": "1", "cogfn-uploads/x": "2", "cogfn-blobs/x": "3"}, foreign},
		"another database":  {map[string]string{stateFile: strings.Repeat("no database ", 1000), "cogfn-code/x": "1"}, damaged},
		"a short file":      {map[string]string{stateFile: "x", "cogfn-code/x": "1"}, damaged},
		"a cut database":    {map[string]string{stateFile: string(state[:len(state)-8192]), "cogfn-code/x": "1"}, damaged},
		"a broken database": {map[string]string{stateFile: string(append(bytes.Clone(state[:8192]), make([]byte, len(state)-8192)...)), "cogfn-code/x": "1"}, damaged},
	} {
		dir := t.TempDir()
		files(t, dir, tt.contents)
		before := tree(t, dir)
		_, err := store.Open(store.Options{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), dir) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want … %s", name, err, tt.want)
		}
		if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
			t.Errorf("%s: the folder changed (-want +got):\n%s", name, diff)
		}
	}
}

func TestDatabaseOfAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	database(t, filepath.Join(dir, stateFile))
	before := tree(t, dir)
	if _, err := store.Open(store.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "is not the state of an emulator") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("the folder changed (-want +got):\n%s", diff)
	}
}

func TestFoldersThatAreAdopted(t *testing.T) {
	t.Parallel()
	state := lasting(t, t.TempDir())
	for name, contents := range map[string]map[string]string{
		"empty":                         nil,
		"ended before the first change": {stateFile: ""},
		"another emulator's of before":  {stateFile: string(state), "cogfn-code/1-x/handler.py": "", "cogfn-uploads/upload-1": "", "cogfn-scratch/x": "", "mine": "stays"},
	} {
		dir := t.TempDir()
		files(t, dir, contents)
		s := open(t, store.Options{Dir: dir})
		for _, gone := range []string{"cogfn-code/1-x", "cogfn-uploads/upload-1", "cogfn-scratch/x"} {
			if _, err := os.Stat(filepath.Join(s.Dir(), gone)); err == nil {
				t.Errorf("%s: %s of the process before is left", name, gone)
			}
		}
		if content, err := os.ReadFile(filepath.Join(dir, "mine")); contents["mine"] != string(content) {
			t.Errorf("%s: a file of somebody else holds %q (%v)", name, content, err)
		}
	}
}

func TestFolderThatIsAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files(t, dir, map[string]string{"file": ""})
	file := filepath.Join(dir, "file")
	for path, want := range map[string]string{
		file:                      file + " is a file, not a data folder; name another folder",
		filepath.Join(file, "in"): "the data folder " + filepath.Join(file, "in") + " cannot be used (not a directory); name another folder",
	} {
		if _, err := store.Open(store.Options{Dir: path}); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestFolderWithoutRights(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("the administrator may do everything")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	want := "the data folder " + dir + " cannot be read and written with the rights of this process; name another folder"
	if _, err := store.Open(store.Options{Dir: dir}); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestNoTemporaryFolder(t *testing.T) {
	t.Setenv("TMPDIR", "/no/such/folder")
	t.Setenv("TMP", `C:\no\such\folder`)
	if _, err := store.Open(store.Options{}); err == nil || !strings.HasSuffix(err.Error(), "set TMPDIR to a folder that can be written to, or name a data folder") {
		t.Errorf("error %v", err)
	}
}

// A second emulator that is refused leaves the first one's unpacked code alone.
func TestFolderInUse(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	code, err := s.NewCodeDir(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(store.Options{Dir: s.Dir()}); err == nil || !strings.Contains(err.Error(), "is in use by another emulator") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(code); err != nil {
		t.Errorf("the code of the running emulator is gone: %v", err)
	}
}
