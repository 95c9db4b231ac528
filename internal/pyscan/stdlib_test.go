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

// topLevel is what a file defines, in a shape that Python's ast module and the scanner can both be brought to.
type topLevel struct {
	Path      string    `json:"path"`
	Doc       string    `json:"doc"`
	Functions []defined `json:"functions"`
	Names     []string  `json:"names"`
}

type defined struct {
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
	top := topLevel{Path: path, Doc: joinLines(docLines(m.doc)), Functions: []defined{}, Names: []string{}}
	for _, f := range m.functions {
		d := defined{Name: f.name, Line: f.line, Async: f.async, Params: [][2]string{}, Doc: joinLines(docLines(f.doc))}
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

// TestStandardLibrary holds the scanner against Python itself: no file that Python accepts may be refused, and what
// the top level defines must be the same for both.
func TestStandardLibrary(t *testing.T) {
	t.Parallel()
	args := []string{"testdata/toplevel.py"}
	if testing.Short() {
		args = append(args, "test") // more than half of the whole
	}
	cmd := exec.CommandContext(t.Context(), "python3", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("this test compares the scanner with Python; install python3 3.10 or later and put it on PATH: %v", err)
	}
	files := 0
	for want := range eachLine(t, out) {
		files++
		compareWithPython(t, want)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("python3 could not list its standard library; is it 3.10 or later? %v\n%s", err, stderr.String())
	}
	if files < 100 {
		t.Errorf("only %d standard library files were found; is the Python installation complete?", files)
	}
}

// eachLine decodes what Python writes while it still works on the next file.
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
				t.Errorf("python3 wrote no valid JSON: %v", err)
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
		t.Errorf("%s:%d: refused: %s", want.Path, problem.Line, problem.Message)
		return
	}
	if got := m.topLevel(want.Path); !reflect.DeepEqual(want, got) {
		t.Errorf("%s: Python (-) and the scanner (+) differ:\n%s", want.Path, cmp.Diff(want, got))
	}
}
