package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const echo = "def handle(data, secrets):\n    print('got', sorted(data))\n    return {'data': data, 'secrets': secrets}\n"

func TestRun(t *testing.T) {
	t.Parallel()
	input := filepath.Join(writeDir(t, map[string]string{"in.json": `{"from": "file"}`}), "in.json")
	tests := []struct {
		name   string
		files  map[string]string
		args   []string
		stdin  string
		stdout string
		stderr string
	}{
		{
			"data on the command line",
			map[string]string{"handler.py": echo},
			[]string{"--data", `{"a": 1}`},
			"",
			`{"data":{"a":1},"secrets":{}}`, `^got \['a'\]\n$`,
		},
		{
			"data from a file",
			map[string]string{"handler.py": echo},
			[]string{"--data", "@" + input},
			"",
			`{"data":{"from":"file"},"secrets":{}}`, `^got \['from'\]\n$`,
		},
		{
			"data from standard input",
			map[string]string{"handler.py": echo},
			[]string{"--data", "-"},
			`{"piped": true}`,
			`{"data":{"piped":true},"secrets":{}}`, `^got \['piped'\]\n$`,
		},
		{"no data", map[string]string{"handler.py": echo}, nil, "", `{"data":{},"secrets":{}}`, `^got \[\]\n$`},
		{
			"secrets and environment",
			map[string]string{"handler.py": "import os\ndef handle(secrets):\n    return [secrets['api-key'], os.environ['STAGE']]\n"},
			[]string{"--secret", "api-key=s=e", "--env", "STAGE=test"},
			"",
			`["s=e","test"]`, `^$`,
		},
		{
			"another path",
			map[string]string{"src/main.py": "from lib import twice\ndef handle(data):\n    return twice(21)\n", "lib.py": "def twice(n):\n    return 2 * n\n"},
			[]string{"--path", "src/main.py"},
			"",
			`42`, `^$`,
		},
		{"data with a byte order mark", map[string]string{"handler.py": echo}, []string{"--data", "-"}, "\ufeff{}", `{"data":{},"secrets":{}}`, `^got \[\]\n$`},
		{
			"number with 400 digits",
			map[string]string{"handler.py": echo},
			[]string{"--data", `{"n": ` + strings.Repeat("7", 400) + `}`},
			"",
			`{"data":{"n":` + strings.Repeat("7", 400) + `},"secrets":{}}`, `^got \['n'\]\n$`,
		},
		{
			"empty lines",
			map[string]string{"handler.py": "def handle():\n    print('a')\n    print()\n    print('b')\n    print()\n    print()\n"},
			nil, "",
			`null`, `^a\n\nb\n\n\n$`,
		},
		{"returns None", map[string]string{"handler.py": "def handle():\n    pass\n"}, nil, "", `null`, `^$`},
		{
			"both streams in order",
			map[string]string{"handler.py": "import sys\ndef handle():\n    for i in range(3):\n        print('out', i)\n        print('err', i, file=sys.stderr)\n    return ''\n"},
			nil, "",
			`""`, `^out 0\nerr 0\nout 1\nerr 1\nout 2\nerr 2\n$`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"run", writeDir(t, tt.files)}, tt.args...)
			finish(t, program(t, t.TempDir(), args...), tt.stdin).expect(t, exitDone, tt.stdout+"\n", tt.stderr)
		})
	}
}

func TestRunRejectsInvalidInput(t *testing.T) {
	t.Parallel()
	good := map[string]string{"handler.py": echo}
	tests := []struct {
		name   string
		files  map[string]string
		args   []string
		stdin  string
		code   int
		stderr string
	}{
		{"data not JSON", good, []string{"--data", "{name: Ada}"}, "", exitUsage, `^cogfn: --data is not a JSON object: .* at line 1, column 2; use a JSON object`},
		{"data an array", good, []string{"--data", "[1]"}, "", exitUsage, `^cogfn: --data is not a JSON object: it is an array`},
		{"data a number on standard input", good, []string{"--data", "-"}, "7", exitUsage, `^cogfn: standard input is not a JSON object: it is a number`},
		{"data empty on standard input", good, []string{"--data", "-"}, "", exitUsage, `^cogfn: standard input is not a JSON object: unexpected end`},
		{"data file missing", good, []string{"--data", "@nowhere.json"}, "", exitUsage, `^cogfn: cannot read the input of --data: open nowhere.json`},
		{"secret without value", good, []string{"--secret", "no-such-secret"}, "", exitUsage, `^cogfn: --secret no-such-secret has no value`},
		{"secret without key", good, []string{"--secret", "=v"}, "", exitUsage, `^cogfn: --secret has no key`},
		{"secret twice", good, []string{"--secret", "k=1", "--secret", "k=2"}, "", exitUsage, `^cogfn: --secret has the key k twice`},
		{"secret key not allowed", good, []string{"--secret", "API_KEY=hush"}, "", exitUsage, `^cogfn: --secret has the key "API_KEY"; keys must match`},
		{"data file without name", good, []string{"--data", "@"}, "", exitUsage, `^cogfn: --data @ has no file name`},
		{"data in UTF-16", good, []string{"--data", "-"}, "\xff\xfe{\x00}\x00", exitUsage, `^cogfn: standard input is not a JSON object: it is encoded in UTF-16`},
		{"no timeout", good, []string{"--timeout", "0s"}, "", exitUsage, `^cogfn: --timeout is 0s; it must be positive`},
		{"path outside", good, []string{"--path", "../x.py"}, "", exitUsage, `^cogfn: --path .*"../x.py"`},
		{"negative timeout", good, []string{"--timeout", "-1s"}, "", exitUsage, `^cogfn: --timeout is -1s; it must be positive`},
		{"no handler.py", map[string]string{"main.py": echo}, nil, "", exitError, `handler\.py`},
		{"no handle", map[string]string{"handler.py": "def main():\n    pass\n"}, nil, "", exitError, `handler\.py.*handle`},
		{"async handle", map[string]string{"handler.py": "async def handle(data):\n    pass\n"}, nil, "", exitError, `handler\.py:1: .*async`},
		{"argument not allowed", map[string]string{"handler.py": "def handle(data, user):\n    pass\n"}, nil, "", exitError, `handler\.py:1: .*user.*data, client, secrets`},
		{"syntax error found by the scanner", map[string]string{"handler.py": "def handle(data):\n    return (1\n"}, nil, "", exitError, `handler\.py:2`},
		{"syntax error found by Python", map[string]string{"handler.py": "def handle(data):\n    return 1 +\n"}, nil, "", exitError, `handler\.py.*line 2|handler\.py:2`},
		{"import fails", map[string]string{"handler.py": "import no_such_module\ndef handle():\n    pass\n"}, nil, "", exitError, `ModuleNotFoundError.*no_such_module`},
		{
			"requirements are not installed",
			map[string]string{"handler.py": "import no_such_module\ndef handle():\n    pass\n", "requirements.txt": "no-such-module\n"},
			nil, "", exitError, `no_such_module.*requirements\.txt`,
		},
		{"handler raises", map[string]string{"handler.py": "def handle():\n    print('before')\n    return 1 / 0\n"}, nil, "", exitCallFailed, `(?s)^before\ncogfn: \S+ failed: ZeroDivisionError: division by zero\n.*handler\.py.*line 3`},
		{"handler exits", map[string]string{"handler.py": "import os\ndef handle():\n    print('before', flush=True)\n    os._exit(7)\n"}, nil, "", exitCallFailed, `(?s)^before\ncogfn: .*7`},
		{"handler never ends", map[string]string{"handler.py": "import time\ndef handle():\n    print('begun')\n    while True:\n        time.sleep(1)\n"}, []string{"--timeout", "500ms"}, "", exitCallTimeout, `(?s)^begun\ncogfn: \S+ timed out: `},
		{"response not JSON", map[string]string{"handler.py": "def handle():\n    return {1, 2}\n"}, nil, "", exitCallFailed, `^cogfn: .*set`},
		{"uses client", map[string]string{"handler.py": "def handle(client):\n    return client.assets.list()\n"}, nil, "", exitCallFailed, `client`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"run", writeDir(t, tt.files)}, tt.args...)
			got := finish(t, program(t, t.TempDir(), args...), tt.stdin)
			got.expect(t, tt.code, "", tt.stderr)
			if strings.Contains(got.stderr, "hush") {
				t.Error("the output contains the value of a secret")
			}
		})
	}
}

func TestRunRejectsInvalidDirectories(t *testing.T) {
	t.Parallel()
	dir := writeDir(t, map[string]string{"file": "", "empty/.keep": ""})
	if err := os.Remove(filepath.Join(dir, "empty", ".keep")); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		dir    string
		code   int
		stderr string
	}{
		"missing": {"nowhere", exitUsage, `^cogfn: directory nowhere does not exist`},
		"a file":  {"file", exitUsage, `^cogfn: file is not a directory`},
		"empty":   {"empty", exitError, `^cogfn: there is no handler\.py in empty; create it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finish(t, program(t, dir, "run", tt.dir), "").expect(t, tt.code, "", tt.stderr)
		})
	}
}

func TestRunWithoutPython(t *testing.T) {
	t.Parallel()
	dir := writeDir(t, map[string]string{"handler.py": echo})
	cmd := program(t, dir, "run", dir)
	cmd.Env = append(cmd.Env, "PATH="+t.TempDir())
	finish(t, cmd, "").expect(t, exitError, "", `^cogfn: no Python .*--python`)

	cmd = program(t, dir, "run", dir, "--python", filepath.Join(dir, "no-python"))
	finish(t, cmd, "").expect(t, exitError, "", `^cogfn: --python is .*no-python`)
}

// TestRunInPipe checks that another program can read the response from a pipe.
func TestRunInPipe(t *testing.T) {
	t.Parallel()
	dir := writeDir(t, map[string]string{"handler.py": "def handle(data):\n    print('noise')\n    return {'n': data['n'] + 1}\n"})
	first := program(t, dir, "run", dir, "--data", `{"n": 1}`)
	second := program(t, dir, "run", dir, "--data", "-")
	pipe, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	second.Stdin = pipe
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	out, err := second.Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it bare
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
	if string(out) != "{\"n\":3}\n" {
		t.Errorf("output of the second program = %q", out)
	}
}
