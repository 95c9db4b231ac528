//go:build unix

package python

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

func TestDeployRejects(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{MaxWorkers: 4})
	const allowed = "passes only data, client, secrets, function_call_info"
	for name, tc := range map[string]struct {
		files   []string // alternates names and contents
		path    string
		message string
		trace   string
	}{
		"no file":              {files: []string{"other.py", ""}, message: `No Python module found at location "handler.py" in zip-file`},
		"no such path":         {files: []string{"handler.py", ""}, path: "src/main.py", message: `No Python module found at location "src/main.py" in zip-file`},
		"a directory":          {files: []string{"handler.py/x", ""}, message: "No Python module found"},
		"a path outside":       {files: []string{"handler.py", ""}, path: "../handler.py", message: `No Python module found at location "../handler.py"`},
		"an absolute path":     {files: []string{"handler.py", ""}, path: "/etc/passwd", message: "No Python module found"},
		"not Python":           {files: []string{"handler.txt", ""}, path: "handler.txt", message: "No Python module found"},
		"no handle":            {files: []string{"handler.py", "from os.path import join\ndef main(data): pass\ndef run(): pass"}, message: `handler.py has no function named "handle" (found: main, run)`},
		"an empty file":        {files: []string{"handler.py", ""}, message: "no function at all"},
		"not callable":         {files: []string{"handler.py", "handle = 3"}, message: `"handle" in handler.py is of type int`},
		"async":                {files: []string{"handler.py", "async def handle(data): pass"}, message: "async"},
		"async generator":      {files: []string{"handler.py", "async def handle(data): yield 1"}, message: "async"},
		"async object":         {files: []string{"handler.py", "class H:\n  async def __call__(self, data): pass\nhandle = H()"}, message: "async"},
		"another argument":     {files: []string{"handler.py", "def handle(data, token): pass"}, message: `the argument "token"; the service ` + allowed},
		"an optional argument": {files: []string{"handler.py", "def handle(data, token=None): pass"}, message: `the argument "token=None"`},
		"any arguments":        {files: []string{"handler.py", "def handle(*args): pass"}, message: `the argument "*args"`},
		"any names":            {files: []string{"handler.py", "def handle(data, **kwargs): pass"}, message: `the argument "**kwargs"`},
		"by position only":     {files: []string{"handler.py", "def handle(data, /): pass"}, message: `the argument "data"`},
		"no known arguments":   {files: []string{"handler.py", "handle = dict.fromkeys"}, message: `"handle" in handler.py`},
		"syntax error":         {files: []string{"sub/handler.py", "def handle(data):\n    return (1 +* 2)\n"}, path: "sub/handler.py", message: "SyntaxError: invalid syntax (sub/handler.py, line 2)", trace: "File \"sub/handler.py\", line 2\n    return (1 +* 2)\n"},
		"syntax error inside":  {files: []string{"handler.py", "import lib.deep", "lib/deep.py", "x = = 1"}, message: "(lib/deep.py, line 1)", trace: "File \"handler.py\", line 1"},
		"not UTF-8":            {files: []string{"handler.py", "x = '\xff'"}, message: "SyntaxError"},
		"import error":         {files: []string{"handler.py", "from lib import nothing", "lib.py", ""}, message: "ImportError: cannot import name 'nothing' from 'lib' (lib.py)", trace: "File \"handler.py\", line 1, in <module>"},
		"missing module":       {files: []string{"handler.py", "import a_module_that_is_missing"}, message: "ModuleNotFoundError: No module named 'a_module_that_is_missing'", trace: "in <module>"},
		"relative import":      {files: []string{"handler.py", "from . import lib", "lib.py", ""}, message: "ImportError: attempted relative import with no known parent package"},
		"error deep inside":    {files: []string{"handler.py", "import lib", "lib.py", "def f():\n  return {}['k']\nf()"}, message: "KeyError: 'k'", trace: "File \"lib.py\", line 2, in f"},
		"exit":                 {files: []string{"handler.py", "import sys; sys.exit('bye')"}, message: "SystemExit: bye"},
		"sudden exit":          {files: []string{"handler.py", "import os; os._exit(9)"}, message: "the Python process of the function exited with code 9 while it imported the handler"},
		"crash":                {files: []string{"handler.py", "import os; os.abort()"}, message: "SIGABRT"},
		"printing import":      {files: []string{"handler.py", "print('one')\nprint('two')\nimport lib", "lib.py", "x = 1 / 0"}, message: "ZeroDivisionError", trace: "ZeroDivisionError: division by zero\noutput:\none\ntwo\n"},
		"printing exit":        {files: []string{"handler.py", "import os\nprint('\\nlast words', end='', flush=True)\nos._exit(9)"}, message: "code 9", trace: "output:\n\nlast words\n"},
		"printing no handle":   {files: []string{"handler.py", "print('one')"}, message: "no function at all", trace: "output:\none\n"},
		"printing much":        {files: []string{"handler.py", "for i in range(10000): print('é', i)\nraise ValueError('é' * 3000)"}, message: "ValueError", trace: "éé\noutput:\n"},
		"long trace":           {files: []string{"handler.py", "def f(n):\n  if n: f(n - 1)\n  else: raise ValueError('é' * 3000)\ndef g(n):\n  if n: f(n - 1)\n  else: f(n)\nf(50)"}, message: "ValueError: éé", trace: "éé"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := r.Deploy(t.Context(), runner.Spec{FunctionID: 1, Dir: code(t, tc.files...), FunctionPath: tc.path})
			if err == nil {
				f.Close()
				t.Fatal("the function was deployed")
			}
			build, ok := errors.AsType[*runner.BuildError](err)
			if !ok {
				t.Fatalf("got %v (%T), want a build error", err, err)
			}
			if !strings.Contains(build.Message, tc.message) {
				t.Errorf("message %q does not contain %q", build.Message, tc.message)
			}
			if !strings.Contains(build.Trace, tc.trace) {
				t.Errorf("trace does not contain %q:\n%s", tc.trace, build.Trace)
			}
			for _, internal := range []string{"bootstrap", os.TempDir(), "importlib"} {
				if strings.Contains(build.Message+build.Trace, internal) {
					t.Errorf("the error shows %q: %s\n%s", internal, build.Message, build.Trace)
				}
			}
			if n := len([]rune(build.Trace)); n > 2000 {
				t.Errorf("the trace has %d characters, want at most 2000", n)
			}
		})
	}
}

func TestDeployAccepts(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{MaxWorkers: 4})
	for name, spec := range map[string]runner.Spec{
		"a path in directories":      {Dir: code(t, "src/app/main.py", "import lib\ndef handle(data): return lib.x", "lib.py", "x = 1"), FunctionPath: "src/app/main.py"},
		"a path with dots":           {Dir: code(t, "main.py", "def handle(data): return 1"), FunctionPath: "./main.py"},
		"own modules first":          {Dir: code(t, "handler.py", "import colorsys\ndef handle(data): return colorsys.x", "colorsys.py", "x = 1")},
		"a package":                  {Dir: code(t, "handler.py", "from pkg.a import x\ndef handle(data): return x", "pkg/__init__.py", "", "pkg/a.py", "from .b import x", "pkg/b.py", "x = 1")},
		"itself as a module":         {Dir: code(t, "handler.py", "import sys\ndef handle(data):\n  import handler\n  return int(handler.handle is handle and __name__ == 'handler')")},
		"data classes":               {Dir: code(t, "handler.py", "from dataclasses import dataclass\n@dataclass\nclass P:\n  x: int\ndef handle(data): return P(1).x")},
		"names of the library":       {Dir: code(t, "handler.py", "import json, traceback\ndef handle(data): return json.x * traceback.x", "json.py", "x = 1", "traceback/__init__.py", "x = 1")},
		"a directory named json":     {Dir: code(t, "handler.py", "import json\ndef handle(data): return len(json.loads('[1]'))", "json/data.txt", "")},
		"another PYTHONPATH":         {Dir: code(t, "handler.py", "import lib\ndef handle(data): return lib.x"), Env: map[string]string{"PYTHONPATH": code(t, "lib.py", "x = 1")}},
		"a directory behind a link":  {Dir: linkTo(t, code(t, "handler.py", "def handle(data): return 1"))},
		"a directory with odd names": {Dir: filepath.Join(code(t, "it's ü/handler.py", "def handle(data): return 1"), "it's ü")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := deploySpec(t, r, spec)
			defer f.Close()
			if got := mustReturn[int](t, f, data("{}")); got != 1 {
				t.Errorf("the handler returned %d, want 1", got)
			}
			if left, err := filepath.Glob(filepath.Join(spec.Dir, "__pycache__")); err != nil || left != nil {
				t.Errorf("the code's directory was written to: %v %v", left, err)
			}
		})
	}
}

func linkTo(t *testing.T, dir string) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	return link
}

func TestDeployCanceled(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	started := filepath.Join(t.TempDir(), "started")
	dir := code(t, "handler.py", `
import os, subprocess, time
subprocess.Popen(["sleep", "65"], start_new_session=True)
open(os.environ["STARTED"], "w").close()
time.sleep(60)
def handle(data): pass
`)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for deadline := time.Now().Add(waitLimit); time.Now().Before(deadline); <-time.After(time.Millisecond) {
			if _, err := os.Stat(started); err == nil {
				return
			}
		}
	}()
	_, err := r.Deploy(ctx, runner.Spec{Dir: dir, Env: map[string]string{"STARTED": started}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	if left := processesWith(t, r.tag); len(left) > 0 {
		t.Errorf("processes %v exist", left)
	}
}

func TestDeployWithoutCode(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	_, err := r.Deploy(t.Context(), runner.Spec{Dir: filepath.Join(t.TempDir(), "missing")})
	if _, ok := errors.AsType[*runner.BuildError](err); err == nil || ok {
		t.Fatalf("got %v, want an error other than BuildError", err)
	}
}

func TestOutputOutsideOfCallsIsLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := newRunner(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	f := deploySpec(t, r, runner.Spec{
		FunctionID: 7,
		Secrets:    map[string]string{"key": "hush"},
		Dir:        code(t, "handler.py", "print('importing', end='')\ndef handle(data): print('calling')"),
	})
	_, lines := run(t, f, data("{}"))
	f.Close()
	if len(lines) != 1 || lines[0] != "calling" {
		t.Errorf("lines of the call are %q", lines)
	}
	if text := log.String(); !strings.Contains(text, "function_id=7 line=importing") || strings.Contains(text, "calling") {
		t.Errorf("the emulator's log is %q", text)
	}
	if strings.Contains(log.String(), "hush") {
		t.Error("a secret is in the emulator's log")
	}
}

func TestNewWithoutPython(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := filepath.Join(dir, "old")
	for name, script := range map[string]string{
		"old":    `echo '{"executable": "/x", "version": [2, 7, 18]}'`,
		"broken": "exit 1",
		"odd":    "echo hello",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		old:                           old + " is Python 2.7.18",
		filepath.Join(dir, "broken"):  "does not run",
		filepath.Join(dir, "odd"):     "is not a Python interpreter",
		filepath.Join(dir, "missing"): "was not found",
	} {
		_, err := New(Options{Interpreter: name})
		if !errors.Is(err, errNoPython) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "install Python 3.8 or later") {
			t.Errorf("%s: got %v, want errNoPython with %q and the action", name, err, want)
		}
	}
}

// TestShimAndUserBase runs Python through a shim that prints a line and changes the directory of "pip install --user".
func TestShimAndUserBase(t *testing.T) {
	t.Parallel()
	executable := newRunner(t, Options{}).interpreter.path
	base, shim := t.TempDir(), filepath.Join(t.TempDir(), "python3")
	script := fmt.Sprintf("#!/bin/sh\necho Welcome\nPYTHONUSERBASE='%s' exec '%s' \"$@\"\n", base, executable)
	if err := os.WriteFile(shim, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	r := newRunner(t, Options{Interpreter: shim})
	own := t.TempDir()
	for _, tc := range []struct {
		env  map[string]string
		want string
	}{{nil, base}, {map[string]string{"PYTHONUSERBASE": own}, own}} {
		f := deploySpec(t, r, runner.Spec{Env: tc.env, Dir: code(t, "handler.py", "import site\ndef handle(): return site.getuserbase()")})
		if got := mustReturn[string](t, f, data("{}")); got != tc.want {
			t.Errorf("the user base is %s with the variables %v, want %s", got, tc.env, tc.want)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	printed, err := exec.CommandContext(t.Context(), r.interpreter.path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Version(), strings.TrimSpace(string(printed)); got != want {
		t.Errorf("version is %q, want %q", got, want)
	}
}
