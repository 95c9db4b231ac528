package source_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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

	"github.com/cogfn/cogfn/internal/source"
)

// tree makes a file system of names and contents; a content "-> x" makes a link to x.
func tree(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, content := range files {
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			m[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
			continue
		}
		m[name] = &fstest.MapFile{Data: []byte(content), Mode: 0o600, ModTime: time.Unix(1700000000, 0)}
	}
	return m
}

// onDisk writes files to a new folder.
func onDisk(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func unzip(t interface {
	Helper()
	Fatal(args ...any)
}, data []byte,
) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range r.File {
		content, err := fs.ReadFile(r, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	return files
}

func TestPack(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"handler.py": "def handle(data): pass\n", "a/b.py": strings.Repeat("x = 1\n", 1000), "a.py": "", "größe.txt": "ü",
		"__pycache__/x.pyc": "no", ".env": "SECRET=1",
	}
	archive, err := source.Pack(tree(files), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.py", "a/b.py", "größe.txt", "handler.py"}, archive.Files); diff != "" {
		t.Errorf("Files (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{".env", "__pycache__/"}, archive.Ignored); diff != "" {
		t.Errorf("Ignored (-want +got)\n%s", diff)
	}
	sum := sha256.Sum256(archive.Bytes)
	if want := hex.EncodeToString(sum[:]); archive.SHA256 != want {
		t.Errorf("SHA256 is %s, want %s", archive.SHA256, want)
	}
	if bytes.Contains(archive.Bytes, []byte("SECRET")) {
		t.Error("the archive holds .env")
	}
	r, err := zip.NewReader(bytes.NewReader(archive.Bytes), int64(len(archive.Bytes)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		if f.Mode() != 0o644 || f.Method != zip.Deflate || !f.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: mode %v, method %d, time %v", f.Name, f.Mode(), f.Method, f.Modified)
		}
	}
}

func TestPackTexts(t *testing.T) {
	t.Parallel()
	files := map[string]string{"b/handler.py": "x", "a.txt": "y"}
	got, err := source.PackTexts(files)
	if err != nil {
		t.Fatal(err)
	}
	want, err := source.Pack(tree(files), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts pack otherwise than files (-files +texts)\n%s", diff)
	}
	for name, files := range map[string]map[string]string{
		"there is no file to pack; add the function's code":                           nil,
		`"../x": the name is no path inside a folder; write it like "src/handler.py"`: {"../x": ""},
		`a\b: the name holds a "\"; rename it`:                                        {`a\b`: ""},
	} {
		if _, err := source.PackTexts(files); err == nil || err.Error() != name {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}

func TestContentSHA256(t *testing.T) {
	t.Parallel()
	sum := func(files map[string]string) string {
		archive, err := source.Pack(tree(files), nil)
		if err != nil {
			t.Fatal(err)
		}
		return archive.ContentSHA256
	}
	one := sum(map[string]string{"a": "x", "b": "y"})
	// Known value: it is stored with functions and must not change between versions.
	const want = "b796cf6b52dfcbff1a8ec474d34e1af25f033e669f27d22f6055bfa03d35bcf5"
	if one != want {
		t.Errorf("got %s, want %s", one, want)
	}
	for name, other := range map[string]map[string]string{
		"other content": {"a": "x", "b": "z"},
		"other name":    {"a": "x", "c": "y"},
		"swapped":       {"a": "y", "b": "x"},
		"file more":     {"a": "x", "b": "y", "c": ""},
	} {
		if sum(other) == one {
			t.Errorf("%s: the same hash", name)
		}
	}
	if sum(map[string]string{"a": "x", "b": "y", ".env": "z"}) != one {
		t.Error("an ignored file changes the hash")
	}
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fsys fs.FS
		want string
	}{
		"empty":           {tree(nil), "there is no file to pack; add the function's code"},
		"all ignored":     {tree(map[string]string{".env": "", "venv/x": ""}), "there is no file to pack; add the function's code"},
		"backslash":       {tree(map[string]string{`a\b.py`: ""}), `a\b.py: the name holds a "\"; rename it`},
		"folder's name":   {tree(map[string]string{`a\b/c.py`: ""}), `a\b: the name holds a "\"; rename it`},
		"link upwards":    {tree(map[string]string{"x/l": "-> ../../etc/passwd"}), "x/l: the link leads out of the folder; replace it with a copy of the file"},
		"absolute link":   {tree(map[string]string{"l": "-> /etc/passwd"}), "l: the link leads out of the folder; replace it with a copy of the file"},
		"out by a folder": {tree(map[string]string{"x/y": "-> ../..", "l": "-> x/y/z", ".cogfnignore": "x"}), "l: the link leads out of the folder; replace it with a copy of the file"},
		"circle":          {tree(map[string]string{"a": "-> b", "b": "-> a"}), "a: the link leads in a circle; remove it"},
		"link to folder":  {tree(map[string]string{"d/x.py": "", "l": "-> d"}), "l: the link does not lead to a regular file; replace it with a copy of what it leads to"},
		"link to itself":  {tree(map[string]string{"d/x.py": "", "d/l": "-> ."}), "d/l: the link does not lead to a regular file; replace it with a copy of what it leads to"},
		"device":          {fstest.MapFS{"d": {Mode: fs.ModeDevice}}, "d: it is no regular file (a device); remove it or add it to .cogfnignore"},
		"pipe":            {fstest.MapFS{"p": {Mode: fs.ModeNamedPipe}}, "p: it is no regular file (a named pipe); remove it or add it to .cogfnignore"},
		"socket":          {fstest.MapFS{"s": {Mode: fs.ModeSocket}}, "s: it is no regular file (a socket); remove it or add it to .cogfnignore"},
		"links unknown":   {noLinks{tree(map[string]string{"l": "-> x", "x": ""})}, "l: the link cannot be followed in this file system; replace it with a copy of the file"},
		"bad pattern":     {tree(map[string]string{"x": "", ".cogfnignore": "a\n[\n"}), `.cogfnignore: "[" is not a valid pattern; correct it or remove the line (syntax error in pattern)`},
		"lone mark":       {tree(map[string]string{"x": "", ".cogfnignore": "!\n"}), `.cogfnignore: "!" is not a valid pattern; correct it or remove the line`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := source.Pack(tc.fsys, nil)
			if err == nil {
				t.Fatal("accepted")
			}
			if _, ok := errors.AsType[*source.Error](err); !ok {
				t.Errorf("error is a %T, not a *source.Error", err)
			}
			if err.Error() != tc.want {
				t.Errorf("\n got %s\nwant %s", err, tc.want)
			}
		})
	}
}

// noLinks hides that a file system can read links.
type noLinks struct{ fs.FS }

func (n noLinks) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(n.FS, name) }

func TestPackBrokenLink(t *testing.T) {
	t.Parallel()
	_, err := source.Pack(tree(map[string]string{"l": "-> gone"}), nil)
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "l: the link leads to nothing; remove it") {
		t.Errorf("got %v", err)
	}
}

func TestPackUnreadable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, message string }{
		{"x/y.py", "x/y.py: the file cannot be read; check the disk and try again"},
		{".cogfnignore", ".cogfnignore: the file cannot be read; make it a plain text file"},
		{"x", "x: the folder cannot be read; check its permissions"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fsys := failing{tree(map[string]string{"x/y.py": "a", ".cogfnignore": "# nothing"}), tc.name}
			_, err := source.Pack(fsys, nil)
			if !errors.Is(err, errDisk) || !strings.HasPrefix(err.Error(), tc.message) {
				t.Errorf("got %v, want %s", err, tc.message)
			}
		})
	}
}

var errDisk = errors.New("the disk is broken")

// failing is a file system in which reading one entry fails.
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
		t.Skipf("this file system takes only names in UTF-8: %v", err)
	}
	_, err := source.Pack(os.DirFS(dir), nil)
	if want := `"a\xffb.py": the name is not valid UTF-8; rename it`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestPackLinksOnDisk uses the two file systems of the os package, which treat links differently.
func TestPackLinksOnDisk(t *testing.T) {
	t.Parallel()
	outside := onDisk(t, map[string]string{"secret.txt": "SECRET"})
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
			inside := onDisk(t, map[string]string{
				"handler.py": "-> src/../src/main.py", "src/main.py": "code", "src/again.py": "-> ../handler.py",
			})
			archive, err := source.Pack(open(t, inside), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"handler.py": "code", "src/main.py": "code", "src/again.py": "code"}
			if diff := cmp.Diff(want, unzip(t, archive.Bytes)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}

			for _, target := range []string{
				filepath.Join(outside, "secret.txt"),
				filepath.Join("..", filepath.Base(outside), "secret.txt"),
				filepath.Join("..", "..", filepath.Base(filepath.Dir(outside)), filepath.Base(outside), "secret.txt"),
			} {
				leading := onDisk(t, map[string]string{"handler.py": "code", "secret.txt": "-> " + target})
				_, err = source.Pack(open(t, leading), nil)
				if want := "secret.txt: the link leads out of the folder; replace it with a copy of the file"; err == nil || err.Error() != want {
					t.Errorf("link to %s: got %v, want %s", target, err, want)
				}
			}
		})
	}
}
