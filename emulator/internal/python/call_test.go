//go:build unix

package python

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// TestCallOutcomes runs handlers with common errors and unusual behavior.
func TestCallOutcomes(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{MaxWorkers: 4, MaxLogBytes: 4 << 20})
	big := strings.Repeat("x", 256<<10)
	for name, tc := range map[string]struct {
		handler string
		data    string
		timeout time.Duration

		status   runner.Status // "" means Completed
		response string
		message  string   // a part of it
		trace    string   // a part of it
		lines    []string // all of them
		replaced bool     // the worker is replaced after the call
	}{
		"echo":                {handler: "def handle(data): return data", data: `{"a":[1,2.5,null,true,"å"]}`, response: `{"a":[1,2.5,null,true,"å"]}`},
		"no data":             {handler: "def handle(data): return data", response: `{}`},
		"null data":           {handler: "def handle(data): return data", data: "null", response: `{}`},
		"bad data":            {handler: "def handle(data): return data", data: `{"a":`, status: runner.Failed, message: "not valid JSON"},
		"no arguments":        {handler: "def handle(): return 42", response: "42"},
		"keyword arguments":   {handler: "def handle(*, secrets, data={}): return [data, secrets]", response: "[{},{}]"},
		"nothing returned":    {handler: "def handle(data): pass"},
		"callable object":     {handler: "class H:\n  def __call__(self, data): return 'object'\nhandle = H()", response: `"object"`},
		"wrapped function":    {handler: "import functools\ndef logged(f):\n  @functools.wraps(f)\n  def wrapper(*a, **k): return f(*a, **k)\n  return wrapper\n@logged\ndef handle(data): return 1", response: "1"},
		"annotations":         {handler: "from __future__ import annotations\ndef handle(data: NotThere) -> Neither: return 1", response: "1"},
		"division by zero":    {handler: "def handle(data):\n  print('before')\n  return 1/0", status: runner.Failed, message: "ZeroDivisionError: division by zero", trace: "File \"handler.py\", line 3, in handle", lines: []string{"before"}},
		"sys.exit":            {handler: "import sys\ndef handle(data): sys.exit(3)", status: runner.Failed, message: "SystemExit: 3", trace: "SystemExit: 3"},
		"keyboard interrupt":  {handler: "def handle(data): raise KeyboardInterrupt", status: runner.Failed, message: "KeyboardInterrupt"},
		"error without text":  {handler: "class E(Exception):\n  def __str__(self): raise ValueError\ndef handle(data): raise E", status: runner.Failed, message: "E: <str() raised ValueError>"},
		"long error":          {handler: "def handle(data): raise ValueError('x' * 5000000)", status: runner.Failed, message: "ValueError: xxx"},
		"endless recursion":   {handler: "def handle(data): return handle(data)", status: runner.Failed, message: "RecursionError: maximum recursion depth exceeded", trace: "File \"handler.py\""},
		"not a number":        {handler: "def handle(data): return float('nan')", status: runner.Failed, message: "value of type float that is not JSON"},
		"set":                 {handler: "def handle(data): return {'a': {1}}", status: runner.Failed, message: "Object of type set is not JSON serializable"},
		"object":              {handler: "def handle(data): return object()", status: runner.Failed, message: "value of type object"},
		"odd key":             {handler: "def handle(data): return {(1, 2): 3}", status: runner.Failed, message: "not tuple"},
		"circular list":       {handler: "def handle(data):\n  a = []\n  a.append(a)\n  return a", status: runner.Failed, message: "Circular reference"},
		"generator":           {handler: "def handle(data): yield 1", status: runner.Failed, message: "type generator"},
		"a long integer":      {handler: "def handle(data): return data", data: `{"k":` + strings.Repeat("7", 10000) + `}`, response: `{"k":` + strings.Repeat("7", 10000) + `}`},
		"too deep for JSON":   {handler: "def handle(data): return 1", data: strings.Repeat("[", 10001) + strings.Repeat("]", 10001), status: runner.Failed, message: "exceeded max depth"},
		"a response too deep": {handler: "def handle(data):\n  v = []\n  for i in range(12000): v = [v]\n  import sys\n  sys.setrecursionlimit(50000)\n  return v", status: runner.Failed, message: "; return "},
		"UTF-8 response fits": {handler: "def handle(data): return '€' * ((1 << 20) // 3 - 1)", response: `"` + strings.Repeat("€", 1<<20/3-1) + `"`},
		"UTF-8 response not":  {handler: "def handle(data): return '€' * ((1 << 20) // 3)", status: runner.Failed, message: "1048577 bytes, more than the limit of 1048576"},
		"odd characters":      {handler: "def handle(data): return " + `'\\\ud800\\\udc00\ud83d\ude00\u2028\x00\x7f'`, response: `"\\\ud800\\\udc00\ud83d\ude00` + "\u2028" + `\u0000` + "\x7f" + `"`},
		"response too large":  {handler: "def handle(data): return 'x' * (1 << 20)", status: runner.Failed, message: "1048578 bytes, more than the limit of 1048576"},
		"response just fits":  {handler: "def handle(data): return 'x' * ((1 << 20) - 2)", response: `"` + strings.Repeat("x", 1<<20-2) + `"`},
		"lone surrogate":      {handler: "def handle(data):\n  print('a\\ud800b')\n  return data", data: `{"k":"\ud800"}`, response: `{"k":"\ud800"}`, lines: []string{`a\ud800b`}},
		"invalid UTF-8 out":   {handler: "import os\ndef handle(data): os.write(1, b'a\\xff\\xfeb\\n')", lines: []string{"a\uFFFDb"}},
		"invalid UTF-8 in":    {handler: "def handle(data): return len(data['k'])", data: "{\"k\":\"a\xff\"}", response: "2"},
		"os._exit":            {handler: "import os\ndef handle(data):\n  print('last words')\n  os._exit(4)", status: runner.Failed, message: "exited with code 4 before the handler returned", lines: []string{"last words"}, replaced: true},
		"segmentation fault":  {handler: "import ctypes\ndef handle(data):\n  print('last words')\n  ctypes.string_at(0)", status: runner.Failed, message: "SIGSEGV (segmentation fault)", lines: []string{"last words"}, replaced: true},
		"abort":               {handler: "import os\ndef handle(data): os.abort()", status: runner.Failed, message: "SIGABRT", replaced: true},
		"out of memory kill":  {handler: "import os, signal\ndef handle(data): os.kill(os.getpid(), signal.SIGKILL)", status: runner.Failed, message: "SIGKILL (killed) before the handler returned; a lack of memory is the usual cause", replaced: true},
		"timeout":             {handler: "import time\ndef handle(data):\n  print('waiting')\n  time.sleep(60)", timeout: 200 * time.Millisecond, status: runner.TimedOut, message: "longer than its timeout of 200ms", lines: []string{"waiting"}, replaced: true},
		"SIGTERM ignored":     {handler: "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef handle(data):\n  while True: time.sleep(1)", timeout: 200 * time.Millisecond, status: runner.TimedOut, replaced: true},
		"children at timeout": {handler: "import subprocess\ndef handle(data):\n  subprocess.Popen(['sleep', '61'], start_new_session=True)\n  subprocess.Popen(['sleep', '62'], env={})\n  subprocess.run(['sleep', '63'])", timeout: 200 * time.Millisecond, status: runner.TimedOut, replaced: true},
		"daemon child":        {handler: "import subprocess\ndef handle(data):\n  print('a')\n  subprocess.Popen(['sleep', '64'], start_new_session=True)\n  return 1", response: "1", lines: []string{"a"}},
		"all kinds of output": {handler: "import ctypes, os, subprocess, sys\ndef handle(data):\n  print('print')\n  os.write(1, b'write\\n')\n  ctypes.CDLL(None).printf(b'printf\\n')\n  subprocess.run(['echo', 'echo'])\n  print('error', file=sys.stderr)\n  print('last')", lines: []string{"print", "write", "printf", "echo", "error", "last"}},
		"stdout closed":       {handler: "import os\ndef handle(data):\n  print('a')\n  os.close(1)\n  os.close(2)\n  return 1", response: "1", lines: []string{"a"}},
		"sys.stdout closed":   {handler: "import sys\ndef handle(data):\n  sys.stdout.close()\n  return 1", response: "1", replaced: true},
		"sys.stdout replaced": {handler: "import io, sys\ndef handle(data):\n  sys.stdout = io.StringIO()\n  print('kept')\n  return sys.stdout.getvalue()", response: `"kept\n"`},
		"stdout unblocked":    {handler: "import os\ndef handle(data):\n  os.set_blocking(1, False)\n  print('a')\n  return 1", response: "1", lines: []string{"a"}},
		"pipes written":       {handler: "import os\ndef handle(data):\n  for fd in (3, 4, 5, 6):\n    try: os.write(fd, b'garbage!')\n    except OSError: pass\n  return 1", response: "1"},
		"low pipes closed":    {handler: "import os\ndef handle(data):\n  os.closerange(3, 64)\n  return 1", response: "1"},
		"reply pipe written":  {handler: "import os\ndef handle(data):\n  for fd in range(3, 102):\n    try: os.write(fd, b'\\xff' * 64)\n    except OSError: pass\n  return 1", status: runner.Failed, message: "wrote into a pipe of the emulator", replaced: true},
		"all pipes closed":    {handler: "import os\ndef handle(data):\n  os.closerange(3, 200)\n  return 1", status: runner.Failed, message: "exited with code", replaced: true},
		"stdin":               {handler: "import sys\ndef handle(data): return sys.stdin.read()", response: `""`},
		"forked child":        {handler: "import os\ndef handle(data):\n  pid = os.fork()\n  if pid == 0: return 'child'\n  return os.waitpid(pid, 0)[1]", response: "0"},
		"forked child exits":  {handler: "import os, sys\ndef handle(data):\n  pid = os.fork()\n  if pid == 0: sys.exit(5)\n  return os.waitpid(pid, 0)[1] >> 8", response: "5"},
		"process pool":        {handler: "from concurrent.futures import ProcessPoolExecutor\ndef square(n): return n * n\ndef handle(data):\n  with ProcessPoolExecutor(2) as pool: return list(pool.map(square, [1, 2, 3]))", response: "[1,4,9]"},
		"no line end":         {handler: "def handle(data): print('a', end='')", lines: []string{"a"}},
		"empty lines":         {handler: "def handle(data): print('\\n\\na\\n')", lines: []string{"", "", "a", ""}},
		"a long line":         {handler: "def handle(data):\n  print('x' * (3 << 20))\n  print('end')", lines: append(repeated(big, 12), "end")},
		"working directory":   {handler: "import os\ndef handle(data):\n  at = os.getcwd() == os.path.dirname(__file__)\n  os.chdir('/')\n  return at", response: "true"},
		"client named":        {handler: "def handle(client): return repr(client)[:18] == '<__main__.Placehol'", response: "true"},
		"client used":         {handler: "def handle(client): return client.time_series.list()", status: runner.Failed, message: "CogniteClientUnavailable: this emulator does not provide the Cognite client yet, so client.time_series", trace: "File \"handler.py\", line 1, in handle"},
		"client copied":       {handler: "import copy\ndef handle(client): return type(copy.deepcopy([client])[0]) is type(client)", response: "true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := deploy(t, r, tc.handler)
			defer f.Close()
			before := tagsOf(r, f)
			outcome, lines := run(t, f, runner.Call{CallID: 1, Data: []byte(tc.data), Timeout: tc.timeout})
			if tc.status == "" {
				tc.status = runner.Completed
			}
			if outcome.Status != tc.status {
				t.Errorf("the call is %v (%s), want %v", outcome.Status, outcome.Message, tc.status)
			}
			if diff := cmp.Diff(tc.response, string(outcome.Response)); diff != "" {
				t.Errorf("response (-want +got):\n%.500s", diff)
			}
			checkMessage(t, "message", outcome.Message, tc.message, tc.status)
			if !strings.Contains(outcome.Trace, tc.trace) {
				t.Errorf("trace %q does not contain %q", outcome.Trace, tc.trace)
			}
			for _, internal := range []string{"bootstrap", os.TempDir(), "importlib"} {
				if strings.Contains(outcome.Trace, internal) {
					t.Errorf("trace shows %q:\n%s", internal, outcome.Trace)
				}
			}
			if diff := cmp.Diff(tc.lines, lines); diff != "" {
				t.Errorf("lines (-want +got):\n%.2000s", diff)
			}
			after := tagsOf(r, f)
			if same := len(before) == 1 && len(after) == 1 && before[0] == after[0]; same == tc.replaced {
				t.Errorf("workers %v before and %v after the call, want replaced = %v", before, after, tc.replaced)
			}
		})
	}
}

func checkMessage(t *testing.T, what, got, want string, status runner.Status) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s %.300q does not contain %q", what, got, want)
	}
	if (got == "") != (status == runner.Completed) {
		t.Errorf("%s is %.300q for a call that is %v", what, got, status)
	}
	if len(got) > 2000 {
		t.Errorf("%s has %d bytes, want at most 2000", what, len(got))
	}
}

func repeated(piece string, n int) []string {
	var pieces []string
	for range n {
		pieces = append(pieces, piece)
	}
	return pieces
}

// tagsOf returns the tags of the function's idle workers.
func tagsOf(r *Runner, f runner.Function) []string {
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	var tags []string
	for _, w := range r.pool.idle {
		if runner.Function(w.function) == f {
			tags = append(tags, w.tag)
		}
	}
	return tags
}
