package functions

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const goodHandler = "def handle(data):\n    return data\n"

// writeFolder makes a folder of files; a content "-> x" makes a link to x.
func writeFolder(t *testing.T, files map[string]string) string {
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

// asFS makes a file system of the same kind of map.
func asFS(files map[string]string) fs.FS {
	m := fstest.MapFS{}
	for name, content := range files {
		m[name] = &fstest.MapFile{Data: []byte(content)}
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			m[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink}
		}
	}
	return m
}

func unzipped(t *testing.T, data []byte) map[string]string {
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

func TestSourcePack(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"handler.py": goodHandler, "lib/__init__.py": "", "lib/sums.py": "x = 1", ".env": "KEY=1", "lib/__pycache__/a.pyc": "",
		"requirements.txt": "numpy>=1.0  # why\nfunction/x-1.0-py3-none-any.whl\n",
	}
	packed := map[string]string{
		"handler.py": goodHandler, "lib/__init__.py": "", "lib/sums.py": "x = 1", "requirements.txt": files["requirements.txt"],
	}
	listed := "def handle(data):\n    '''Add.\n\n    [requirements]\n    numpy>=1.0\n    # why\n    pandas\n    [/requirements]\n    '''\n"
	tests := map[string]struct {
		source Source
		path   string
		skip   bool
		want   map[string]string
	}{
		"folder":        {Folder(writeFolder(t, files)), "", false, packed},
		"folder, slash": {Folder(writeFolder(t, files) + string(filepath.Separator)), "handler.py", false, packed},
		"file system":   {FolderFS(asFS(files)), "handler.py", false, packed},
		"other path": {
			FolderFS(asFS(map[string]string{"src/main.py": goodHandler, "__init__.py/x": ""})), "src/main.py", false,
			map[string]string{"src/main.py": goodHandler, "__init__.py/x": ""},
		},
		"root __init__.py ignored": {
			FolderFS(asFS(map[string]string{"handler.py": goodHandler, "__init__.py": "", ".cogfnignore": "/__init__.py"})), "", false,
			map[string]string{"handler.py": goodHandler},
		},
		"handler is a link": {
			Folder(writeFolder(t, map[string]string{"handler.py": "-> main.py", "main.py": goodHandler})), "", false,
			map[string]string{"handler.py": goodHandler, "main.py": goodHandler},
		},
		"text":              {HandlerText(goodHandler), "", false, map[string]string{"handler.py": goodHandler}},
		"text elsewhere":    {HandlerText(goodHandler), "venv/main.py", false, map[string]string{"venv/main.py": goodHandler}},
		"text with a list":  {HandlerText(listed), "", false, map[string]string{"handler.py": listed, "requirements.txt": "numpy>=1.0\npandas\n"}},
		"not validated":     {FolderFS(asFS(map[string]string{"x.py": "(", "__init__.py": ""})), "", true, map[string]string{"x.py": "(", "__init__.py": ""}},
		"text, unvalidated": {HandlerText("async def handle(x): pass"), "", true, map[string]string{"handler.py": "async def handle(x): pass"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := tc.source.pack(tc.path, tc.skip)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, unzipped(t, archive.Bytes)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestSourceRefuses lists what can be wrong with a folder. FOLDER in a wanted text stands for the folder as given.
func TestSourceRefuses(t *testing.T) {
	t.Parallel()
	const only = "; use only data, client, secrets and function_call_info"
	tests := map[string]struct {
		files map[string]string
		path  string
		want  string
	}{
		"empty":            {nil, "", "FOLDER: there is no handler.py in this folder; create it, or name the path of the file that defines handle"},
		"only ignored":     {map[string]string{".env": ""}, "", "FOLDER: there is no handler.py in this folder; create it, or name the path of the file that defines handle"},
		"no handler.py":    {map[string]string{"main.py": goodHandler}, "", "FOLDER: there is no handler.py in this folder; create it, or name the path of the file that defines handle"},
		"no file at path":  {map[string]string{"main.py": goodHandler}, "src/main.py", "FOLDER: there is no src/main.py in this folder; create it, or name the path of the file that defines handle"},
		"folder at path":   {map[string]string{"handler.py/x.py": goodHandler}, "", "FOLDER: there is no handler.py in this folder; create it, or name the path of the file that defines handle"},
		"handler ignored":  {map[string]string{"handler.py": goodHandler, "x": "", ".cogfnignore": "*.py"}, "", `FOLDER/handler.py: the ignore rules leave this file out of the zip; add the line "!handler.py" to .cogfnignore, or correct a line there`},
		"handler in venv":  {map[string]string{"venv/a/h.py": goodHandler, "x": ""}, "venv/a/h.py", `FOLDER/venv/a/h.py: the ignore rules leave this file out of the zip; add the line "!venv/a/h.py" to .cogfnignore, or correct a line there`},
		"no handle":        {map[string]string{"handler.py": "def main(): pass"}, "", `FOLDER/handler.py: no top-level function named handle (found: main); add one, such as "def handle(data)"`},
		"async handle":     {map[string]string{"handler.py": "import x\n\nasync def handle(data): pass"}, "", `FOLDER/handler.py:3: handle is an async function; use a plain "def handle"`},
		"argument":         {map[string]string{"src/h.py": "def handle(data, config): pass"}, "src/h.py", `FOLDER/src/h.py:1: handle has an argument "config" that the service does not pass` + only},
		"syntax":           {map[string]string{"handler.py": goodHandler + "print(1\n"}, "", `FOLDER/handler.py:3: "(" is opened here and never closed; add the missing ")"`},
		"root __init__.py": {map[string]string{"handler.py": goodHandler, "__init__.py": ""}, "", "FOLDER/__init__.py: the service takes no __init__.py in the root of the code; remove it"},
		"requirement":      {map[string]string{"handler.py": goodHandler, "requirements.txt": "a\n\nnumpy=>1.0"}, "", "FOLDER/requirements.txt:3: `numpy=>1.0` is not a valid requirement: \"=>\" is no operator; use >="},
		"requirements":     {map[string]string{"handler.py": goodHandler, "requirements.txt": "\xff"}, "", "FOLDER/requirements.txt: the file is not UTF-8; save it as UTF-8"},
		"link out":         {map[string]string{"handler.py": goodHandler, "a/x.py": "-> ../../x.py"}, "", "FOLDER/a/x.py: the link leads out of the folder; replace it with a copy of the file"},
		"broken link":      {map[string]string{"handler.py": "-> gone.py"}, "", "FOLDER/handler.py: the link leads to nothing; remove it or make it lead to a file"},
		"ignore file":      {map[string]string{"handler.py": goodHandler, ".cogfnignore": "["}, "", `FOLDER/.cogfnignore: "[" is not a valid pattern; correct it or remove the line (syntax error in pattern)`},
		"absolute path":    {nil, "/handler.py", `/handler.py: a function path begins in the folder of the code; write it without the leading "/"`},
		"path upwards":     {nil, "../handler.py", "../handler.py: the function path leads out of the folder; move the file inside and correct the path"},
		"path not clean":   {nil, "./handler.py", `./handler.py: a function path has no needless parts; write "handler.py"`},
		"path of Windows":  {nil, `src\handler.py`, `src\handler.py: a function path separates folders by "/"; write "src/handler.py"`},
		"path, no Python":  {nil, "handler", `handler: a function path ends in ".py"; give the file that defines handle`},
		"path, no text":    {nil, "h\xff.py", "h\xff.py: the function path is not valid UTF-8; rename the file"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := writeFolder(t, tc.files)
			check := func(source Source, want string) {
				t.Helper()
				archive, err := source.pack(tc.path, false)
				if archive != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("\n got %v\nwant %s", err, want)
				}
				if _, ok := errors.AsType[*SourceError](err); !ok || !errors.Is(err, ErrInvalid) {
					t.Errorf("error is a %T that matches ErrInvalid: %t", err, errors.Is(err, ErrInvalid))
				}
			}
			check(Folder(folder), strings.ReplaceAll(tc.want, "FOLDER", folder))
			inFS := strings.TrimPrefix(strings.TrimPrefix(tc.want, "FOLDER: "), "FOLDER/")
			check(FolderFS(asFS(tc.files)), inFS)
		})
	}
}

func TestSourceRefusesPlaces(t *testing.T) {
	t.Parallel()
	dir := writeFolder(t, map[string]string{"handler.py": goodHandler})
	file := filepath.Join(dir, "handler.py")
	missing := filepath.Join(dir, "gone")
	tests := map[string]struct {
		source Source
		want   string
	}{
		"zero source":      {Source{}, "no code is given; use Folder, FolderFS, HandlerText or FileID"},
		"folder missing":   {Folder(missing), missing + ": the folder does not exist; check the path"},
		"path is a file":   {Folder(file), file + ": this is a file, not a folder; give the folder that holds the code"},
		"empty path":       {Folder(""), `the path of the folder is empty; use "." for the current folder`},
		"nil":              {FolderFS(nil), "the file system given as code is nil; pass one to FolderFS"},
		"file id":          {FileID(-1), "the file id -1 is not valid; use the id of an uploaded zip"},
		"uploaded":         {FileID(7), "the code is in file 7 already and cannot be packed; use the file"},
		"no text":          {HandlerText(""), `handler.py: no top-level function named handle; add one, such as "def handle(data)"`},
		"bad text":         {HandlerText("\nx = )"), `handler.py:2: ")" closes nothing; remove it or add the bracket that it should close`},
		"list without end": {HandlerText("'''\n[requirements]\n'''\n" + goodHandler), "handler.py:2: [requirements] has no end; add a line [/requirements]"},
		"bad list":         {HandlerText("'''\n[requirements]\na\nb=1\n[/requirements]\n'''\n" + goodHandler), "handler.py:4: `b=1` is not a valid requirement: \"=\" is no operator; use =="},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tc.source.pack("handler.py", false)
			if err == nil || err.Error() != tc.want {
				t.Errorf("\n got %v\nwant %s", err, tc.want)
			}
			if _, ok := errors.AsType[*SourceError](err); !ok {
				t.Errorf("error is a %T, not a *SourceError", err)
			}
		})
	}
}

func TestSourceErrorCause(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]Source{
		"folder":  Folder(filepath.Join(t.TempDir(), "gone")),
		"handler": FolderFS(asFS(map[string]string{"x": ""})),
		"link":    FolderFS(asFS(map[string]string{"x": "-> gone"})),
	} {
		if _, err := source.pack("", false); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v does not match fs.ErrNotExist", name, err)
		}
	}
}

func TestSourceFileID(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source Source
		id     int64
		ok     bool
	}{
		"file":    {FileID(7), 7, true},
		"no file": {FileID(0), 0, false},
		"folder":  {Folder("."), 0, false},
		"zero":    {Source{}, 0, false},
	}
	for name, tc := range tests {
		if id, ok := tc.source.fileID(); id != tc.id || ok != tc.ok {
			t.Errorf("%s: got %d, %t, want %d, %t", name, id, ok, tc.id, tc.ok)
		}
	}
}

// TestFolderAsGiven shows that errors keep the path as it was given, relative and not cleaned.
func TestFolderAsGiven(t *testing.T) {
	dir := writeFolder(t, map[string]string{"x/handler.py": "async def handle(): pass"})
	t.Chdir(dir)
	for _, given := range []string{"x", "./x", "x/", "../" + filepath.Base(dir) + "/x"} {
		_, err := Folder(given).pack("", false)
		if want := filepath.FromSlash(strings.TrimSuffix(given, "/")+"/handler.py") + ":1: "; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s…", err, want)
		}
	}
}
