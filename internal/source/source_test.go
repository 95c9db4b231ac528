package source_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/internal/source"
)

// checkError checks that err is an *Error for this file and line whose message contains the keyword.
func checkError(t *testing.T, err error, file string, line int, keyword string) {
	t.Helper()
	problem, ok := errors.AsType[*source.Error](err)
	if !ok || problem.File != file || problem.Line != line || !strings.Contains(problem.Message, keyword) {
		t.Errorf("got %#v, want an *Error for %q, line %d, with %s", err, file, line, keyword)
	}
}

func TestPackFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{"handler.py": goodHandler, "lib/x.py": "", "requirements.txt": "numpy>=1.0\n", ".env": "SECRET=1"}
	packed := map[string]string{"handler.py": goodHandler, "lib/x.py": "", "requirements.txt": "numpy>=1.0\n"}
	listed := goodHandler[:strings.Index(goodHandler, "\n")+1] + "    '''Add.\n\n    [requirements]\n    numpy>=1.0\n    # why\n    pandas\n    [/requirements]\n    '''\n"
	tests := map[string]struct {
		source source.Source
		path   string
		check  bool
		want   map[string]string
	}{
		"directory":            {source.Directory(directory(t, files)), "handler.py", true, packed},
		"directory with slash": {source.Directory(directory(t, files) + string(filepath.Separator)), "handler.py", true, packed},
		"file system":          {source.FileSystem{FS: tree(files)}, "handler.py", true, packed},
		"other path": {
			source.FileSystem{FS: tree(map[string]string{"src/main.py": goodHandler, "__init__.py/x": ""})},
			"src/main.py", true,
			map[string]string{"src/main.py": goodHandler, "__init__.py/x": ""},
		},
		"requirements.txt is a directory": {
			source.FileSystem{FS: tree(map[string]string{"handler.py": goodHandler, "requirements.txt/x": ""})},
			"handler.py", true,
			map[string]string{"handler.py": goodHandler, "requirements.txt/x": ""},
		},
		"ignored __init__.py": {
			source.FileSystem{FS: tree(map[string]string{"handler.py": goodHandler, "__init__.py": "", ".cogfnignore": "/__init__.py"})},
			"handler.py", true,
			map[string]string{"handler.py": goodHandler},
		},
		"handler is a link": {
			source.Directory(directory(t, map[string]string{"handler.py": "-> main.py", "main.py": goodHandler})), "handler.py", true,
			map[string]string{"handler.py": goodHandler, "main.py": goodHandler},
		},
		"text":               {source.Text(goodHandler), "handler.py", true, map[string]string{"handler.py": goodHandler}},
		"text, ignored path": {source.Text(goodHandler), "venv/main.py", true, map[string]string{"venv/main.py": goodHandler}},
		"text with requirements": {
			source.Text(listed), "handler.py", true,
			map[string]string{"handler.py": listed, "requirements.txt": "numpy>=1.0\npandas\n"},
		},
		"unchecked": {
			source.FileSystem{FS: tree(map[string]string{"x.py": "(", "__init__.py": ""})},
			"handler.py", false,
			map[string]string{"x.py": "(", "__init__.py": ""},
		},
		"unchecked text": {
			source.Text("async def handle(x): pass"), "handler.py", false,
			map[string]string{"handler.py": "async def handle(x): pass"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := source.Pack(tc.source, tc.path, tc.check)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, unzip(t, code.Bytes)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestTextLikeFiles checks that a string produces the same zip as a file with this content.
func TestTextLikeFiles(t *testing.T) {
	t.Parallel()
	got, err := source.Pack(source.Text(goodHandler), "b/handler.py", true)
	if err != nil {
		t.Fatal(err)
	}
	want, err := source.Pack(source.FileSystem{FS: tree(map[string]string{"b/handler.py": goodHandler})}, "b/handler.py", true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-files +text)\n%s", diff)
	}
}

func TestPackRejectsCode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files   map[string]string
		path    string
		file    string // relative to the directory
		line    int
		keyword string
	}{
		"empty":               {nil, "handler.py", "", 0, "no handler.py"},
		"only ignored files":  {map[string]string{".env": ""}, "handler.py", "", 0, "no handler.py"},
		"no handler.py":       {map[string]string{"main.py": goodHandler}, "handler.py", "", 0, "no handler.py"},
		"no file at path":     {map[string]string{"main.py": goodHandler}, "src/main.py", "", 0, "no src/main.py"},
		"directory at path":   {map[string]string{"handler.py/x.py": goodHandler}, "handler.py", "", 0, "no handler.py"},
		"ignored handler":     {map[string]string{"handler.py": goodHandler, "x": "", ".cogfnignore": "*.py"}, "handler.py", "handler.py", 0, `"!handler.py"`},
		"handler in venv":     {map[string]string{"venv/a/h.py": goodHandler, "x": ""}, "venv/a/h.py", "venv/a/h.py", 0, `"!venv/a/h.py"`},
		"no handle":           {map[string]string{"handler.py": "def main(): pass"}, "handler.py", "handler.py", 0, "found: main"},
		"async handle":        {map[string]string{"handler.py": "import x\n\nasync def handle(data): pass"}, "handler.py", "handler.py", 3, "async"},
		"unknown argument":    {map[string]string{"src/h.py": "def handle(data, config): pass"}, "src/h.py", "src/h.py", 1, `"config"`},
		"syntax":              {map[string]string{"handler.py": goodHandler + "print(1\n"}, "handler.py", "handler.py", 3, `"("`},
		"root __init__.py":    {map[string]string{"handler.py": goodHandler, "__init__.py": ""}, "handler.py", "__init__.py", 0, "root"},
		"invalid requirement": {map[string]string{"handler.py": goodHandler, "requirements.txt": "a\n\nnumpy=>1.0"}, "handler.py", "requirements.txt", 3, "numpy=>1.0"},
		"encoding":            {map[string]string{"handler.py": goodHandler, "requirements.txt": "\xff"}, "handler.py", "requirements.txt", 0, "UTF-8"},
		"link to outside":     {map[string]string{"handler.py": goodHandler, "a/x.py": "-> ../../x.py"}, "handler.py", "a/x.py", 0, "outside"},
		"broken link":         {map[string]string{"handler.py": "-> gone.py"}, "handler.py", "handler.py", 0, "does not exist"},
		"ignore file":         {map[string]string{"handler.py": goodHandler, ".cogfnignore": "["}, "handler.py", ".cogfnignore", 0, "pattern"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := source.Pack(source.FileSystem{FS: tree(tc.files)}, tc.path, true)
			checkError(t, err, tc.file, tc.line, tc.keyword)
			if code != nil {
				t.Error("the code was packed in spite of the error")
			}
			dir := directory(t, tc.files)
			_, err = source.Pack(source.Directory(dir), tc.path, true)
			checkError(t, err, filepath.Join(dir, tc.file), tc.line, tc.keyword)
		})
	}
}

func TestPackRejectsFunctionPaths(t *testing.T) {
	t.Parallel()
	for path, keyword := range map[string]string{
		"/handler.py":    "relative",
		"../handler.py":  "outside",
		"./handler.py":   `"handler.py"`,
		`src\handler.py`: `"src/handler.py"`,
		"handler":        `".py"`,
		"h\xff.py":       "UTF-8",
	} {
		_, err := source.Pack(source.Directory("any"), path, false)
		checkError(t, err, path, 0, keyword)
	}
}

func TestPackRejectsSources(t *testing.T) {
	t.Parallel()
	dir := directory(t, map[string]string{"handler.py": goodHandler})
	file := filepath.Join(dir, "handler.py")
	missing := filepath.Join(dir, "gone")
	tests := map[string]struct {
		source  source.Source
		file    string
		line    int
		keyword string
	}{
		"missing directory": {source.Directory(missing), missing, 0, "does not exist"},
		"path of a file":    {source.Directory(file), file, 0, "file"},
		"empty path":        {source.Directory(""), "", 0, "empty"},
		"nil file system":   {source.FileSystem{}, "", 0, "nil"},
		"empty text":        {source.Text(""), "handler.py", 0, "handle"},
		"invalid text":      {source.Text("\nx = )"), "handler.py", 2, `")"`},
		"open requirements": {source.Text("'''\n[requirements]\n'''\n" + goodHandler), "handler.py", 2, "[/requirements]"},
		"bad requirements":  {source.Text("'''\n[requirements]\na\nb=1\n[/requirements]\n'''\n" + goodHandler), "handler.py", 4, "b=1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := source.Pack(tc.source, "handler.py", true)
			checkError(t, err, tc.file, tc.line, tc.keyword)
		})
	}
}

func TestErrorCause(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]source.Source{
		"directory": source.Directory(filepath.Join(t.TempDir(), "gone")),
		"handler":   source.FileSystem{FS: tree(map[string]string{"x": ""})},
		"link":      source.FileSystem{FS: tree(map[string]string{"x": "-> gone"})},
	} {
		if _, err := source.Pack(code, "handler.py", true); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v does not match fs.ErrNotExist", name, err)
		}
	}
}

// TestErrorKeepsDirectory checks that errors contain the path as the user wrote it, relative and not cleaned.
func TestErrorKeepsDirectory(t *testing.T) {
	dir := directory(t, map[string]string{"x/handler.py": "async def handle(): pass"})
	t.Chdir(dir)
	for _, given := range []string{"x", "./x", "x/", "../" + filepath.Base(dir) + "/x"} {
		_, err := source.Pack(source.Directory(given), "handler.py", true)
		checkError(t, err, filepath.FromSlash(strings.TrimSuffix(given, "/")+"/handler.py"), 1, "async")
	}
}
