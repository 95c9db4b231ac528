package source_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cogfn/cogfn/internal/source"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	dir := directory(t, map[string]string{"handler.py": "async def handle(): pass"})
	files := func(names ...string) source.Source {
		m := map[string]string{"handler.py": goodHandler}
		for _, name := range names {
			name, content, _ := strings.Cut(name, "=")
			m[name] = content
		}
		return source.FileSystem{FS: tree(m)}
	}
	tests := []struct {
		name, path string
		code       source.Source
		want       string // DIR is the directory
	}{
		{"no directory", "", source.Directory(filepath.Join(dir, "gone")), "DIR/gone: the directory does not exist; check the path"},
		{"file", "", source.Directory(filepath.Join(dir, "handler.py")), "DIR/handler.py: this is a file; give the path of the directory that contains the code"},
		{"empty path", "", source.Directory(""), `the path of the directory is empty; use "." for the current directory`},
		{"nil", "", source.FileSystem{}, "the file system is nil; give one that contains the code"},
		{"broken link", "", files("l=-> gone"), "l: the target of the link does not exist; remove the link or correct its target (file does not exist)"},
		{"scanner", "", source.Text("async def handle(): pass"), `handler.py:1: handle is an async function; use "def handle" without async`},
		{"requirement", "", files("requirements.txt=numpy=>1"), "requirements.txt:1: `numpy=>1` is not a valid requirement: \"=>\" is not an operator; use >="},
		{"no handler", "main.py", files(), "the code has no main.py; create it, or set the function path to the file that defines handle"},
		{"ignored handler", "", files(".cogfnignore=*.py"), `handler.py: the ignore rules exclude this file; add the line "!handler.py" to .cogfnignore, or correct a line there`},
		{"pattern", "", files(".cogfnignore=["), `.cogfnignore: "[" is not a valid pattern; correct it or remove the line (syntax error in pattern)`},
		{"__init__.py", "", files("__init__.py="), "__init__.py: the service does not accept __init__.py in the root of the code; remove it"},
		{"backslash", "", files(`a\b=`), `a\b: the name contains a "\"; rename it`},
		{"link to outside", "", files("x=-> /etc/passwd"), "x: the target of the link is outside the directory; replace the link with a copy of the file"},
		{"link to directory", "", files("x=-> .", "d/y="), "x: the target of the link is not a regular file; replace the link with a copy of the target"},
		{"cycle", "", files("x=-> x"), "x: the link is part of a cycle of links; remove it"},
		{"device", "", source.FileSystem{FS: fstest.MapFS{"d": {Mode: fs.ModeDevice}}}, "d: a device cannot be packed; remove it or add it to .cogfnignore"},
		{"absolute path", "/handler.py", files(), `/handler.py: the function path must be relative to the code's directory; write it without the leading "/"`},
		{"path outside", "../handler.py", files(), "../handler.py: the function path is outside the code's directory; move the file into the directory and correct the path"},
		{"redundant path", "./handler.py", files(), `./handler.py: the function path must have no redundant parts; write "handler.py"`},
		{"Windows path", `src\handler.py`, files(), `src\handler.py: the function path must separate directories with "/"; write "src/handler.py"`},
		{"other path", "handler", files(), `handler: the function path must end in ".py"; give the file that defines handle`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := tc.path
			if path == "" {
				path = "handler.py"
			}
			_, err := source.Pack(tc.code, path, true)
			if want := strings.ReplaceAll(tc.want, "DIR", dir); err == nil || err.Error() != want {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
		})
	}
	_, err := source.Pack(source.FileSystem{FS: tree(nil)}, "handler.py", false)
	if want := "there are no files to pack; add the code of the function"; err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}
