package emulator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// python deploys one file of Python.
func (h *harness) python(code string) *gen.Function {
	h.t.Helper()
	return h.deploy(gen.FunctionWrite{Name: "python", FileID: h.upload(zipOf(h.t, map[string]string{"handler.py": code}))})
}

func TestPythonFunction(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{})
	f := h.deploy(gen.FunctionWrite{
		Name: "python", FunctionPath: new("src/main.py"), Secrets: gen.FunctionSecrets{"key": "hush"}, EnvVars: gen.FunctionEnvVars{"MODE": "fast"},
		FileID: h.upload(zipOf(t, map[string]string{"src/main.py": `
import os
def handle(data, client, secrets, function_call_info):
    print(os.environ["MODE"], len(secrets["key"]))
    return {"data": data, "info": sorted(function_call_info)}
`})),
	})
	if f.RuntimeVersion == nil || !strings.HasPrefix(*f.RuntimeVersion, "Python 3.") {
		t.Errorf("runtime version %v", f.RuntimeVersion)
	}
	call := h.called(f.ID, `{"a":[1,null]}`)
	if response := strings.ReplaceAll(h.response(call), " ", ""); response != `{"data":{"a":[1,null]},"info":["call_id","function_id"]}` {
		t.Errorf("response %s", response)
	}
	if diff := cmp.Diff([]string{"fast 4"}, h.logs(call)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestPythonLogIsCompleteAndInOrder(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{})
	f := h.python(`
import sys
def handle(data):
    for i in range(1000):
        print(data["name"], i, file=sys.stderr if i % 3 == 0 else sys.stdout)
    return data["name"] * 100_000
`)
	for _, call := range []*gen.FunctionCall{h.call(f.ID, `{"name":"a"}`), h.call(f.ID, `{"name":"b"}`)} { // both at once
		response := h.response(h.ended(f.ID, call.ID))
		if len(response) != 100_002 {
			t.Fatalf("the response has %d bytes", len(response))
		}
		name := response[1:2]
		if response != `"`+strings.Repeat(name, 100_000)+`"` {
			t.Error("the responses of two calls are mixed")
		}
		want := make([]string, 1000)
		for i := range want {
			want[i] = fmt.Sprint(name, " ", i)
		}
		if diff := cmp.Diff(want, h.logs(call)); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	}
}

func TestPythonCallsThatEndBadly(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{Limits: emulator.Limits{CallTimeout: 1500 * time.Millisecond}})
	f := h.python(`
import os, signal
def handle(data):
    print("start")
    what = data["what"]
    if what == "raise":
        return 1 / 0
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "hang":
        while True: pass
    if what == "large":
        return "x" * 2_000_000
    return "fine"
`)
	for what, want := range map[string]struct {
		status         gen.FunctionCallStatus
		message, trace string
	}{
		"raise": {gen.FunctionCallStatusFailed, "ZeroDivisionError: division by zero", "line 7"},
		"kill":  {gen.FunctionCallStatusFailed, "kill", ""},
		"hang":  {gen.FunctionCallStatusTimeout, "", ""},
		"large": {gen.FunctionCallStatusFailed, "2000002", ""},
	} {
		call := h.called(f.ID, fmt.Sprintf(`{"what":%q}`, what))
		if call.Status != want.status {
			t.Errorf("%s: status %s, want %s", what, call.Status, want.status)
		}
		if message, trace := failure(t, call); !strings.Contains(message, want.message) || !strings.Contains(trace, want.trace) {
			t.Errorf("%s: message %q, trace %q", what, message, trace)
		}
		if diff := cmp.Diff([]string{"start"}, h.logs(call)); diff != "" {
			t.Errorf("%s: log (-want +got):\n%s", what, diff)
		}
		if response := h.response(call); response != "" {
			t.Errorf("%s: response %q", what, response)
		}
	}
	if response := h.response(h.called(f.ID, `{"what":""}`)); response != `"fine"` {
		t.Errorf("a call after bad ones returns %s", response)
	}
}

func TestPythonDeploymentsThatFail(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{})
	for name, tt := range map[string]struct {
		content        []byte
		message, trace string
	}{
		"import error": {zipOf(t, map[string]string{"handler.py": "import no_such_module\ndef handle(): pass"}), "no_such_module", ""},
		"syntax error": {zipOf(t, map[string]string{"handler.py": "x = 1\ndef handle(:\n"}), "handler.py", ""},
		"no handler":   {zipOf(t, map[string]string{"other.py": ""}), `No Python module found at location "handler.py" in zip-file`, ""},
		"bad argument": {zipOf(t, map[string]string{"handler.py": "def handle(what): pass"}), "what", ""},
		"no zip":       {[]byte("plain text"), "zip", ""},
		"hostile zip":  {zipOf(t, map[string]string{"../../evil.py": ""}), "evil.py", ""},
	} {
		f := h.deployed(h.create(gen.FunctionWrite{Name: name, FileID: h.upload(tt.content)}).ID)
		if f.Status != gen.FunctionStatusFailed || f.Error == nil {
			t.Errorf("%s: the function is %s", name, f.Status)
			continue
		}
		if !strings.Contains(*f.Error.Message, tt.message) {
			t.Errorf("%s: message %q, want %q in it", name, *f.Error.Message, tt.message)
		}
		if name == "syntax error" && !strings.Contains(*f.Error.Message+*f.Error.Trace, "2") {
			t.Errorf("the syntax error does not name its line: %q, %q", *f.Error.Message, *f.Error.Trace)
		}
		h.refused("POST", fmt.Sprintf("/functions/%d/call", f.ID), `{"nonce":"n"}`, refusal{Status: 400, Message: "has the status Failed"})
	}
}

func TestPythonCodeOfAnOldUploadStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := run(t, emulator.Options{DataDir: dir})
	file := h.initialized(false, gen.FileWrite{Name: "code.zip", ExternalID: new("code")})
	version := func(n int) []byte {
		return zipOf(t, map[string]string{"handler.py": fmt.Sprintf("def handle(): return %d", n)})
	}
	h.put(file.UploadURL, version(1))
	one := h.deploy(gen.FunctionWrite{Name: "one", FileID: file.ID})
	h.put(h.initialized(true, gen.FileWrite{Name: "code.zip", ExternalID: new("code")}).UploadURL, version(2))
	two := h.deploy(gen.FunctionWrite{Name: "two", FileID: file.ID})
	h.raw("POST", "/files/delete", `{"items":[{"externalId":"code"}]}`)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = run(t, emulator.Options{DataDir: dir})
	if a, b := h.response(h.called(one.ID, "")), h.response(h.called(two.ID, "")); a != "1" || b != "2" {
		t.Errorf("the versions answer %s and %s", a, b)
	}
}

func TestPythonIsGoneAfterARestart(t *testing.T) {
	dir := t.TempDir()
	h := run(t, emulator.Options{DataDir: dir})
	f := h.python("def handle(): return 1")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "")
	h = run(t, emulator.Options{DataDir: dir})
	for range 2 { // each call tries again
		call := h.called(f.ID, "")
		if message, _ := failure(t, call); call.Status != gen.FunctionCallStatusFailed || !strings.Contains(message, "python3 was not found") {
			t.Errorf("the call is %s: %s", call.Status, message)
		}
	}
	h.Handle("python", nothing)
	if response := h.response(h.called(f.ID, "")); response != "null" {
		t.Errorf("with a Go function instead, the call returns %s", response)
	}
}

func TestDeletedPythonFunctionIsFreed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := run(t, emulator.Options{DataDir: dir})
	f := h.python("def handle():\n    while True: pass")
	call := h.call(f.ID, "")
	h.raw("POST", "/functions/delete", fmt.Sprintf(`{"items":[{"id":%d}]}`, f.ID))
	await(t, "the code to be removed", func() (int, bool) {
		entries, err := os.ReadDir(filepath.Join(dir, "cogfn-code"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries), len(entries) == 0
	})
	h.refused("GET", fmt.Sprintf("/functions/%d/calls/%d", f.ID, call.ID), "", refusal{
		Status: 400, Message: "function not found", Missing: []map[string]any{{"id": float64(f.ID)}},
	})
}

// A data folder may be named relative to where the emulator runs; the workers run elsewhere.
func TestPythonWithRelativeDataDir(t *testing.T) {
	t.Chdir(t.TempDir())
	h := run(t, emulator.Options{DataDir: "data"})
	if response := h.response(h.called(h.python("def handle(): return 1").ID, "")); response != "1" {
		t.Errorf("response %s", response)
	}
}

// With one process for all, a second call waits until the first has ended.
func TestMaxWorkers(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{MaxWorkers: 1})
	f := h.python("import os\ndef handle(): return os.getpid()")
	first, second := h.call(f.ID, ""), h.call(f.ID, "")
	if a, b := h.response(h.ended(f.ID, first.ID)), h.response(h.ended(f.ID, second.ID)); a != b || a == "" {
		t.Errorf("the calls ran in the processes %s and %s, want one", a, b)
	}
}
