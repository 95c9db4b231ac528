package source_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPack(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"handler.py": "def handle(data): pass\n", "a/b.py": strings.Repeat("x = 1\n", 1000), "a.py": "", "größe.txt": "ü",
		"__pycache__/x.pyc": "no", ".env": "SECRET=1",
	}
	code, err := packTree(tree(files))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.py", "a/b.py", "größe.txt", "handler.py"}, code.Files); diff != "" {
		t.Errorf("Files (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{".env", "__pycache__/"}, code.Ignored); diff != "" {
		t.Errorf("Ignored (-want +got)\n%s", diff)
	}
	if bytes.Contains(code.Bytes, []byte("SECRET")) {
		t.Error("the zip contains .env")
	}
	r, err := zip.NewReader(bytes.NewReader(code.Bytes), int64(len(code.Bytes)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		if f.Mode() != 0o644 || f.Method != zip.Deflate || !f.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: mode %v, method %d, time %v", f.Name, f.Mode(), f.Method, f.Modified)
		}
	}
}

func TestContentSHA256(t *testing.T) {
	t.Parallel()
	sum := func(files map[string]string) string {
		code, err := packTree(tree(files))
		if err != nil {
			t.Fatal(err)
		}
		return code.ContentSHA256
	}
	base := sum(map[string]string{"a": "x", "b": "y"})
	// The hash is stored in the metadata of functions, so it must not change between versions.
	const want = "b796cf6b52dfcbff1a8ec474d34e1af25f033e669f27d22f6055bfa03d35bcf5"
	if base != want {
		t.Errorf("got %s, want %s", base, want)
	}
	for name, other := range map[string]map[string]string{
		"other content":   {"a": "x", "b": "z"},
		"other name":      {"a": "x", "c": "y"},
		"swapped":         {"a": "y", "b": "x"},
		"additional file": {"a": "x", "b": "y", "c": ""},
	} {
		if sum(other) == base {
			t.Errorf("%s: the hash is the same", name)
		}
	}
	if sum(map[string]string{"a": "x", "b": "y", ".env": "z"}) != base {
		t.Error("an ignored file changes the hash")
	}
}

func TestPackRejects(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fsys          fs.FS
		file, keyword string
	}{
		"empty":                  {tree(nil), "", "no files"},
		"all ignored":            {tree(map[string]string{".env": "", "venv/x": ""}), "", "no files"},
		"backslash":              {tree(map[string]string{`a\b.py`: ""}), `a\b.py`, "rename"},
		"backslash in directory": {tree(map[string]string{`a\b/c.py`: ""}), `a\b`, "rename"},
		"link to parent":         {tree(map[string]string{"x/l": "-> ../../etc/passwd"}), "x/l", "outside"},
		"absolute link":          {tree(map[string]string{"l": "-> /etc/passwd"}), "l", "outside"},
		"link through a link":    {tree(map[string]string{"x/y": "-> ../..", "l": "-> x/y/z", ".cogfnignore": "x"}), "l", "outside"},
		"cycle of links":         {tree(map[string]string{"a": "-> b", "b": "-> a"}), "a", "cycle"},
		"link to directory":      {tree(map[string]string{"d/x.py": "", "l": "-> d"}), "l", "not a regular file"},
		"link to itself":         {tree(map[string]string{"d/x.py": "", "d/l": "-> ."}), "d/l", "not a regular file"},
		"device":                 {fstest.MapFS{"d": {Mode: fs.ModeDevice}}, "d", "a device"},
		"pipe":                   {fstest.MapFS{"p": {Mode: fs.ModeNamedPipe}}, "p", "a named pipe"},
		"socket":                 {fstest.MapFS{"s": {Mode: fs.ModeSocket}}, "s", "a socket"},
		"no support for links":   {noLinks{tree(map[string]string{"l": "-> x", "x": ""})}, "l", "cannot resolve links"},
		"bad pattern":            {tree(map[string]string{"x": "", ".cogfnignore": "a\n[\n"}), ".cogfnignore", `"["`},
		"empty pattern":          {tree(map[string]string{"x": "", ".cogfnignore": "!\n"}), ".cogfnignore", `"!"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := packTree(tc.fsys)
			checkError(t, err, tc.file, 0, tc.keyword)
		})
	}
}

// noLinks is a file system without the methods that resolve links.
type noLinks struct{ fs.FS }

func (n noLinks) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(n.FS, name) }

func TestPackBrokenLink(t *testing.T) {
	t.Parallel()
	_, err := packTree(tree(map[string]string{"l": "-> gone"}))
	checkError(t, err, "l", 0, "target")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not match fs.ErrNotExist", err)
	}
}

func TestPackUnreadable(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"x/y.py", ".cogfnignore", "x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := packTree(failing{tree(map[string]string{"x/y.py": "a", ".cogfnignore": "# nothing"}), name})
			checkError(t, err, name, 0, "cannot be read")
			if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), errDisk.Error()) {
				t.Errorf("%v does not contain the cause", err)
			}
		})
	}
}

var errDisk = errors.New("input/output error")

// failing is a file system in which one entry cannot be read.
type failing struct {
	fstest.MapFS
	name string
}

func (f failing) Open(name string) (fs.File, error) {
	file, err := f.MapFS.Open(name)
	if err == nil && name == f.name {
		return brokenFile{file}, nil
	}
	return file, err
}

func (f failing) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == f.name {
		return nil, errDisk
	}
	return f.MapFS.ReadDir(name)
}

type brokenFile struct{ fs.File }

func (brokenFile) Read([]byte) (int, error) { return 0, errDisk }

var _ io.Reader = brokenFile{}

func TestPackInvalidName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a\xffb.py"), nil, 0o600); err != nil {
		t.Skipf("this file system accepts only UTF-8 names: %v", err)
	}
	_, err := packTree(os.DirFS(dir))
	checkError(t, err, `"a\xffb.py"`, 0, "UTF-8")
}

// TestPackLinksOnDisk uses both file systems of package os, because they resolve links differently.
func TestPackLinksOnDisk(t *testing.T) {
	t.Parallel()
	outside := directory(t, map[string]string{"secret.txt": "SECRET"})
	for name, open := range map[string]func(t *testing.T, dir string) fs.FS{
		"DirFS": func(_ *testing.T, dir string) fs.FS { return os.DirFS(dir) },
		"Root": func(t *testing.T, dir string) fs.FS {
			t.Helper()
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = root.Close() })
			return root.FS()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inside := directory(t, map[string]string{
				"handler.py": "-> src/../src/main.py", "src/main.py": "code", "src/again.py": "-> ../handler.py",
			})
			code, err := packTree(open(t, inside))
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"handler.py": "code", "src/main.py": "code", "src/again.py": "code"}
			if diff := cmp.Diff(want, unzip(t, code.Bytes)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}

			for _, target := range []string{
				filepath.Join(outside, "secret.txt"),
				filepath.Join("..", filepath.Base(outside), "secret.txt"),
				filepath.Join("..", "..", filepath.Base(filepath.Dir(outside)), filepath.Base(outside), "secret.txt"),
			} {
				linked := directory(t, map[string]string{"handler.py": "code", "secret.txt": "-> " + target})
				_, err = packTree(open(t, linked))
				checkError(t, err, "secret.txt", 0, "outside")
			}
		})
	}
}
