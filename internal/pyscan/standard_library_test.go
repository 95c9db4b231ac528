package pyscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// topLevel describes the top level of a file in a form that both Python's ast module and the scanner can produce.
type topLevel struct {
	Path      string       `json:"path"`
	Doc       string       `json:"doc"`
	Functions []definition `json:"functions"`
	Names     []string     `json:"names"`
}

type definition struct {
	Name   string      `json:"name"`
	Line   int         `json:"line"`
	Async  bool        `json:"async"`
	Params [][2]string `json:"params"`
	Doc    string      `json:"doc"`
}

var kindNames = map[paramKind]string{
	byName: "byName", byPosition: "byPosition", restOfPositional: "restOfPositional", restOfNames: "restOfNames",
}

func (m *module) topLevel(path string) topLevel {
	top := topLevel{Path: path, Doc: docText(m.doc), Functions: []definition{}, Names: []string{}}
	for _, f := range m.functions {
		d := definition{Name: f.name, Line: f.line, Async: f.async, Params: [][2]string{}, Doc: docText(f.doc)}
		for _, p := range f.params {
			d.Params = append(d.Params, [2]string{p.name, kindNames[p.kind]})
		}
		top.Functions = append(top.Functions, d)
	}
	for _, b := range m.bindings {
		if !b.removed {
			top.Names = append(top.Names, b.name)
		}
	}
	slices.Sort(top.Names)
	top.Names = slices.Compact(top.Names)
	return top
}

// TestStandardLibrary compares the scanner with Python's own parser: the scanner must accept each file that Python accepts,
// and both must find the same definitions at the top level.
func TestStandardLibrary(t *testing.T) {
	t.Parallel()
	args := []string{"testdata/toplevel.py"}
	if testing.Short() {
		args = append(args, "test") // more than half of the files
	}
	cmd := exec.CommandContext(t.Context(), "python3", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("this test needs Python 3.10 or later as python3 on PATH: %v", err)
	}
	files := 0
	for want := range eachLine(t, out) {
		files++
		compareWithPython(t, want)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("testdata/toplevel.py: %v\n%s", err, stderr.String())
	}
	if files < 100 {
		t.Errorf("got %d files of the standard library, want at least 100", files)
	}
}

// eachLine decodes the output of Python as a stream, because Python works on the next file meanwhile.
func eachLine(t *testing.T, out io.Reader) iter.Seq[topLevel] {
	t.Helper()
	return func(yield func(topLevel) bool) {
		for decoder := json.NewDecoder(out); ; {
			var next topLevel
			err := decoder.Decode(&next)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Errorf("testdata/toplevel.py wrote invalid JSON: %v", err)
				return
			}
			if !yield(next) {
				return
			}
		}
	}
}

func compareWithPython(t *testing.T, want topLevel) {
	t.Helper()
	src, err := os.ReadFile(want.Path)
	if err != nil {
		t.Fatal(err)
	}
	m, problem := scan(src)
	if problem != nil {
		t.Errorf("%s:%d: rejected: %s", want.Path, problem.Line, problem.Message)
		return
	}
	if got := m.topLevel(want.Path); !reflect.DeepEqual(want, got) {
		t.Errorf("%s: Python (-) and the scanner (+) differ:\n%s", want.Path, cmp.Diff(want, got))
	}
}
