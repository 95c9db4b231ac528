package unpack_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/emulator/internal/unpack"
)

// entry is one entry of a test archive.
type entry struct {
	name    string
	content string
	mode    fs.FileMode
	change  func(*zip.FileHeader)
}

func archive(t interface{ Fatal(...any) }, entries ...entry) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			header.SetMode(e.mode)
		}
		if e.change != nil {
			e.change(header)
		}
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.content)); err != nil && e.content != "" {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func unzip(content []byte, dir string, limits unpack.Limits) error {
	return unpack.Zip(bytes.NewReader(content), int64(len(content)), dir, limits)
}

// tree returns the contents of the files below dir. Names of directories end with a slash.
func tree(t interface{ Fatal(...any) }, dir string) map[string]string {
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			found[rel+"/"] = ""
			return nil
		}
		content, err := os.ReadFile(name)
		found[rel] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestZipAccepts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		entries []entry
		want    map[string]string
	}{
		"an empty archive":       {nil, map[string]string{}},
		"a file":                 {[]entry{{name: "handler.py", content: "x"}}, map[string]string{"handler.py": "x"}},
		"an empty file":          {[]entry{{name: "a/__init__.py"}}, map[string]string{"a/": "", "a/__init__.py": ""}},
		"the root directory":     {[]entry{{name: "./"}, {name: "./handler.py", content: "x"}}, map[string]string{"handler.py": "x"}},
		"directory entries":      {[]entry{{name: "a/"}, {name: "a/b/"}, {name: "a/b/c", content: "x"}}, map[string]string{"a/": "", "a/b/": "", "a/b/c": "x"}},
		"a file, its directory":  {[]entry{{name: "a/b", content: "x"}, {name: "a/"}}, map[string]string{"a/": "", "a/b": "x"}},
		"names beyond ASCII":     {[]entry{{name: "mappe/blåbær.py", content: "x"}}, map[string]string{"mappe/": "", "mappe/blåbær.py": "x"}},
		"dots in names":          {[]entry{{name: "...", content: "x"}, {name: "a..b", content: "y"}}, map[string]string{"...": "x", "a..b": "y"}},
		"doubled slashes":        {[]entry{{name: "a//b", content: "x"}}, map[string]string{"a/": "", "a/b": "x"}},
		"the last of duplicates": {[]entry{{name: "a", content: "first, longer"}, {name: "./a", content: "second"}, {name: "a", content: "last"}}, map[string]string{"a": "last"}},
		"an uncompressed file":   {[]entry{{name: "a", content: "x", change: func(h *zip.FileHeader) { h.Method = zip.Store }}}, map[string]string{"a": "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := unzip(archive(t, tc.entries...), dir, unpack.Limits{}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, tree(t, dir)); diff != "" {
				t.Errorf("unpacked files (-want +got):\n%s", diff)
			}
		})
	}
}

// TestZipRejects unpacks malicious and invalid archives. No file may be written outside of the directory, and each error
// must contain the reason.
func TestZipRejects(t *testing.T) {
	t.Parallel()
	valid := archive(t, entry{name: "handler.py", content: strings.Repeat("pass\n", 100)})
	broken := bytes.Clone(valid)
	broken[len("PK..")+40] ^= 0xff // inside the compressed content
	for name, tc := range map[string]struct {
		entries []entry
		raw     []byte
		limits  unpack.Limits
		want    string
	}{
		"no archive":           {raw: []byte("print('hello')"), want: "not a readable zip archive"},
		"empty":                {raw: []byte{}, want: "not a readable zip archive"},
		"cut off":              {raw: valid[:len(valid)-10], want: "not a readable zip archive"},
		"damaged content":      {raw: broken, want: `unpack "handler.py"`},
		"parent":               {entries: []entry{{name: "../evil"}}, want: `"../evil" has ".."`},
		"parent directory":     {entries: []entry{{name: "../"}}, want: `"../" has ".."`},
		"parent in the middle": {entries: []entry{{name: "a/../../evil"}}, want: `has ".."`},
		"parent and back":      {entries: []entry{{name: "a/../b"}}, want: `has ".."`},
		"parent at the end":    {entries: []entry{{name: "a/.."}}, want: `has ".."`},
		"absolute":             {entries: []entry{{name: "/etc/evil"}}, want: `"/etc/evil" has an absolute path`},
		"two leading slashes":  {entries: []entry{{name: "//host/evil"}}, want: "absolute path"},
		"backslash":            {entries: []entry{{name: `..\evil`}}, want: "backslash"},
		"backslash inside":     {entries: []entry{{name: `a\b`}}, want: "backslash"},
		"drive with backslash": {entries: []entry{{name: `C:\evil`}}, want: "backslash"},
		"zero byte":            {entries: []entry{{name: "a\x00b"}}, want: "zero byte"},
		"not UTF-8":            {entries: []entry{{name: "a\xff", change: func(h *zip.FileHeader) { h.NonUTF8 = true }}}, want: "not UTF-8"},
		"no name":              {entries: []entry{{name: ""}}, want: "no name"},
		"long name":            {entries: []entry{{name: strings.Repeat("a/", 600) + "b"}}, want: "more than 1024 bytes"},
		"long element":         {entries: []entry{{name: "a/" + strings.Repeat("b", 256)}}, want: "more than 255 bytes"},
		"symbolic link":        {entries: []entry{{name: "link", content: "/etc/passwd", mode: fs.ModeSymlink | 0o777}}, want: `"link" is not a regular file`},
		"write through a link": {entries: []entry{{name: "a", content: "/tmp", mode: fs.ModeSymlink | 0o777}, {name: "a/evil", content: "x"}}, want: "not a regular file"},
		"fifo":                 {entries: []entry{{name: "pipe", mode: fs.ModeNamedPipe | 0o600}}, want: "not a regular file"},
		"socket":               {entries: []entry{{name: "sock", mode: fs.ModeSocket | 0o600}}, want: "not a regular file"},
		"device":               {entries: []entry{{name: "mem", mode: fs.ModeDevice | 0o600}}, want: "not a regular file"},
		"character device":     {entries: []entry{{name: "null", mode: fs.ModeDevice | fs.ModeCharDevice | 0o600}}, want: "not a regular file"},
		"encrypted":            {entries: []entry{{name: "a", content: "x", change: func(h *zip.FileHeader) { h.Flags |= 1 }}}, want: `"a" is encrypted`},
		"file as directory":    {entries: []entry{{name: "a", content: "x"}, {name: "a/b", content: "x"}}, want: `unpack "a/b"`},
		"directory as file":    {entries: []entry{{name: "a/"}, {name: "a", content: "x"}}, want: `unpack "a"`},
		"file named dot":       {entries: []entry{{name: ".", content: "x"}}, want: `unpack "."`},
		"too many entries":     {entries: []entry{{name: "a"}, {name: "b"}, {name: "c"}}, limits: unpack.Limits{Files: 2}, want: "3 entries, more than the limit of 2"},
		"too large":            {entries: []entry{{name: "zeros", content: strings.Repeat("\x00", 1<<20)}}, limits: unpack.Limits{Bytes: 1000}, want: `more than 1000 bytes (reached at "zeros")`},
		"too large together":   {entries: []entry{{name: "a", content: "12345"}, {name: "b", content: "123456"}}, limits: unpack.Limits{Bytes: 10}, want: `reached at "b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outside := t.TempDir()
			dir := filepath.Join(outside, "code")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			content := tc.raw
			if content == nil {
				content = archive(t, tc.entries...)
			}
			err := unzip(content, dir, tc.limits)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			if err != nil && len(err.Error()) > 400 {
				t.Errorf("the error has %d bytes, want at most 400", len(err.Error()))
			}
			for name := range tree(t, outside) {
				if name != "code/" && !strings.HasPrefix(name, "code/") {
					t.Errorf("%s was written outside of the directory", name)
				}
			}
		})
	}
}

func TestZipAtLimits(t *testing.T) {
	t.Parallel()
	content := archive(t, entry{name: "a", content: "12345"}, entry{name: "b", content: "67890"})
	if err := unzip(content, t.TempDir(), unpack.Limits{Files: 2, Bytes: 10}); err != nil {
		t.Fatal(err)
	}
}

func TestZipIgnoresStatedSize(t *testing.T) {
	t.Parallel()
	content := archive(t, entry{name: "bomb", content: strings.Repeat("\x00", 1<<20)})
	at := bytes.LastIndex(content, []byte("PK\x01\x02")) // the central directory's only record
	binary.LittleEndian.PutUint32(content[at+24:], 10)   // its uncompressed size
	dir := t.TempDir()
	if err := unzip(content, dir, unpack.Limits{Bytes: 1000}); err == nil {
		t.Fatal("an archive with a wrong size was accepted")
	}
	for name, text := range tree(t, dir) {
		if len(text) > 1001 {
			t.Errorf("%s has %d bytes, want at most 1001", name, len(text))
		}
	}
}

func TestZipIgnoresModes(t *testing.T) {
	t.Parallel()
	content := archive(t, entry{name: "tool", content: "x", mode: fs.ModeSetuid | 0o777}, entry{name: "shut/", mode: fs.ModeDir})
	dir := t.TempDir()
	if err := unzip(content, dir, unpack.Limits{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"tool": 0o600, "shut": fs.ModeDir | 0o700} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
		}
	}
}

func TestZipDoesNotFollowExistingLink(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := unzip(archive(t, entry{name: "a/evil", content: "x"}), dir, unpack.Limits{}); err == nil {
		t.Error("an entry was written through a link")
	}
	if found := tree(t, outside); len(found) != 0 {
		t.Errorf("written outside of the directory: %v", found)
	}
}

func TestZipIntoMissingDirectory(t *testing.T) {
	t.Parallel()
	err := unzip(archive(t, entry{name: "a"}), filepath.Join(t.TempDir(), "missing"), unpack.Limits{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want %v", err, fs.ErrNotExist)
	}
}

// TestZipStaysInside unpacks random archives with path elements that attacks use. Zip must not panic and must not write
// outside of the directory.
func TestZipStaysInside(t *testing.T) {
	t.Parallel()
	base, cases := t.TempDir(), 0
	piece := rapid.SampledFrom([]string{"..", ".", "a", "b", "/", "//", `\`, "C:", "\x00", " ", "…", "a/b", "../.."})
	mode := rapid.SampledFrom([]fs.FileMode{0, 0, 0, 0o644, fs.ModeSymlink | 0o777, fs.ModeNamedPipe, fs.ModeDir | 0o755})
	rapid.Check(t, func(t *rapid.T) {
		var entries []entry
		for range rapid.IntRange(1, 4).Draw(t, "entries") {
			name := strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
			e := entry{name: name, mode: mode.Draw(t, "mode")}
			if !strings.HasSuffix(name, "/") {
				e.content = rapid.SampledFrom([]string{"x", "/etc/passwd", "../.."}).Draw(t, "content")
			}
			entries = append(entries, e)
		}
		cases++
		outside := filepath.Join(base, strconv.Itoa(cases))
		dir := filepath.Join(outside, "x", "code")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		// The archive may be accepted or rejected.
		_ = unzip(archive(t, entries...), dir, unpack.Limits{})
		for name := range tree(t, outside) {
			if name != "x/" && name != "x/code/" && !strings.HasPrefix(name, "x/code/") {
				t.Fatalf("%q was written outside of the directory", name)
			}
		}
	})
}
