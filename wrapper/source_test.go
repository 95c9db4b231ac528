package functions

import (
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

// TestSources checks that each kind of source packs the file at the function path, which is handler.py by default.
func TestSources(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "handler.py"), []byte(goodHandler), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]Source{
		"Folder":      Folder(dir),
		"FolderFS":    FolderFS(os.DirFS(dir)),
		"HandlerText": HandlerText(goodHandler),
	} {
		for _, path := range []*string{nil, new(""), new("handler.py")} {
			code, err := source.Pack(FunctionWrite{Name: "a", FunctionPath: path}, WithoutValidation())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff([]string{"handler.py"}, code.Files); diff != "" {
				t.Errorf("%s: files (-want +got)\n%s", name, diff)
			}
		}
	}
}

func TestSourceError(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "gone")
	tests := map[string]struct {
		source  Source
		path    string
		file    string
		line    int
		keyword string
	}{
		"zero source":       {Source{}, "handler.py", "", 0, "no code"},
		"invalid file id":   {FileID(-1), "handler.py", "", 0, "file id -1"},
		"uploaded file":     {FileID(7), "handler.py", "", 0, "file 7"},
		"missing directory": {Folder(missing), "handler.py", missing, 0, "does not exist"},
		"nil file system":   {FolderFS(nil), "handler.py", "", 0, "nil"},
		"function path":     {HandlerText(goodHandler), "handler", "handler", 0, ".py"},
		"code":              {HandlerText("\nasync def handle(): pass"), "handler.py", "handler.py", 2, "async"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := tc.source.pack(tc.path, false)
			if code != nil || !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %v, %v, want an error that matches ErrInvalid", code, err)
			}
			problem, ok := errors.AsType[*SourceError](err)
			if !ok || problem.File != tc.file || problem.Line != tc.line || !strings.Contains(problem.Message, tc.keyword) {
				t.Errorf("got %#v, want a *SourceError for %q, line %d, with %s", err, tc.file, tc.line, tc.keyword)
			}
			if text := err.Error(); !strings.HasPrefix(text, "functions: ") || strings.Count(text, "functions: ") > 1 {
				t.Errorf("%q does not have the prefix once", text)
			}
		})
	}
	if _, err := Folder(missing).pack("", false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not match fs.ErrNotExist", err)
	}
}

func TestSourceFileID(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source Source
		id     int64
		ok     bool
	}{
		"file":        {FileID(7), 7, true},
		"invalid id":  {FileID(0), 0, false},
		"directory":   {Folder("."), 0, false},
		"zero source": {Source{}, 0, false},
	}
	for name, tc := range tests {
		if id, ok := tc.source.fileID(); id != tc.id || ok != tc.ok {
			t.Errorf("%s: got %d, %t, want %d, %t", name, id, ok, tc.id, tc.ok)
		}
	}
}

func TestPackMatchesCreate(t *testing.T) {
	t.Parallel()
	write := FunctionWrite{Name: "hello", FunctionPath: new("src/handler.py")}
	source := FolderFS(fstest.MapFS{
		"src/handler.py":   {Data: []byte("def handle(data): return data\n")},
		"requirements.txt": {Data: []byte("numpy\n")},
		".env":             {Data: []byte(plantedSecret)},
	})
	code, err := source.Pack(write)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"requirements.txt", "src/handler.py"}, code.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{".env"}, code.Ignored); diff != "" {
		t.Errorf("ignored (-want +got):\n%s", diff)
	}
	check(t, "hash", code.ContentSHA256, "605cc45e47948e0e5db00992005e3e7f5ce0c7ed9469207172ed83e9ad4fd9ce")
	c, f := newFakeClient(t, []responder{
		respond(201, `{"id":7,"name":"hello.zip","uploaded":false,"createdTime":1,"lastUpdatedTime":1,"uploadUrl":"https://files.test/7"}`),
		respond(200, ""), respond(200, `{"items":[{"id":7,"name":"hello.zip","uploaded":true,"createdTime":1,"lastUpdatedTime":1}]}`),
		respond(201, oneFunction),
	})
	if _, err := c.Create(t.Context(), write, source); err != nil {
		t.Fatal(err)
	}
	check(t, "uploaded", f.requests[1].Body == string(code.Bytes), true)
}

func TestPackRejects(t *testing.T) {
	t.Parallel()
	wrong := HandlerText("def handle(x): pass\n")
	for name, pack := range map[string]func() (*Package, error){
		"field": func() (*Package, error) { return wrong.Pack(FunctionWrite{}, WithFileDataSet(1)) },
		"code":  func() (*Package, error) { return wrong.Pack(FunctionWrite{Name: "a"}) },
		"file":  func() (*Package, error) { return FileID(7).Pack(FunctionWrite{Name: "a"}) },
		"masked secrets": func() (*Package, error) {
			return wrong.Pack(FunctionWrite{Name: "a", Secrets: map[string]string{"a": "***"}}, WithoutValidation())
		},
	} {
		if code, err := pack(); code != nil || !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, %v, want an error that matches ErrInvalid", name, code, err)
		}
	}
	if _, err := wrong.Pack(FunctionWrite{Name: "a"}, WithoutValidation()); err != nil {
		t.Error(err)
	}
}
