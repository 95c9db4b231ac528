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

// deployPython deploys a function whose handler.py has the given content.
func (c *testClient) deployPython(code string) *gen.Function {
	c.t.Helper()
	return c.deploy(gen.FunctionWrite{Name: "python", FileID: c.upload(zipArchive(c.t, map[string]string{"handler.py": code}))})
}

func TestPythonFunction(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	f := c.deploy(gen.FunctionWrite{
		Name: "python", FunctionPath: new("src/main.py"), Secrets: gen.FunctionSecrets{"key": "hush"}, EnvVars: gen.FunctionEnvVars{"MODE": "fast"},
		FileID: c.upload(zipArchive(t, map[string]string{"src/main.py": `
import os
def handle(data, client, secrets, function_call_info):
    print(os.environ["MODE"], len(secrets["key"]))
    return {"data": data, "info": sorted(function_call_info)}
`})),
	})
	if f.RuntimeVersion == nil || !strings.HasPrefix(*f.RuntimeVersion, "Python 3.") {
		t.Errorf("runtime version %v, want Python 3", f.RuntimeVersion)
	}
	call := c.callAndWait(f.ID, `{"a":[1,null]}`)
	if response := strings.ReplaceAll(c.response(call), " ", ""); response != `{"data":{"a":[1,null]},"info":["call_id","function_id"]}` {
		t.Errorf("response %s", response)
	}
	if diff := cmp.Diff([]string{"fast 4"}, c.logs(call)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestPythonLogOrder(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	f := c.deployPython(`
import sys
def handle(data):
    for i in range(1000):
        print(data["name"], i, file=sys.stderr if i % 3 == 0 else sys.stdout)
    return data["name"] * 100_000
`)
	for _, call := range []*gen.FunctionCall{c.call(f.ID, `{"name":"a"}`), c.call(f.ID, `{"name":"b"}`)} { // concurrent
		response := c.response(c.waitForCall(f.ID, call.ID))
		if len(response) != 100_002 {
			t.Fatalf("response has %d bytes, want 100,002", len(response))
		}
		name := response[1:2]
		if response != `"`+strings.Repeat(name, 100_000)+`"` {
			t.Error("response contains the output of another call")
		}
		want := make([]string, 1000)
		for i := range want {
			want[i] = fmt.Sprint(name, " ", i)
		}
		if diff := cmp.Diff(want, c.logs(call)); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	}
}

func TestFailedPythonCalls(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Limits: emulator.Limits{CallTimeout: 1500 * time.Millisecond}})
	f := c.deployPython(`
import os, signal
def handle(data):
    print("start")
    action = data["action"]
    if action == "raise":
        return 1 / 0
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "hang":
        while True: pass
    if action == "large":
        return "x" * 2_000_000
    return "fine"
`)
	for action, want := range map[string]struct {
		status         gen.FunctionCallStatus
		message, trace string
	}{
		"raise": {gen.FunctionCallStatusFailed, "ZeroDivisionError", "line 7"},
		"kill":  {gen.FunctionCallStatusFailed, "kill", ""},
		"hang":  {gen.FunctionCallStatusTimeout, "", ""},
		"large": {gen.FunctionCallStatusFailed, "2000002", ""},
	} {
		call := c.callAndWait(f.ID, fmt.Sprintf(`{"action":%q}`, action))
		if call.Status != want.status {
			t.Errorf("%s: status %s, want %s", action, call.Status, want.status)
		}
		if message, trace := callError(t, call); !strings.Contains(message, want.message) || !strings.Contains(trace, want.trace) {
			t.Errorf("%s: message %q, trace %q", action, message, trace)
		}
		if diff := cmp.Diff([]string{"start"}, c.logs(call)); diff != "" {
			t.Errorf("%s: log (-want +got):\n%s", action, diff)
		}
		if response := c.response(call); response != "" {
			t.Errorf("%s: response %q, want none", action, response)
		}
	}
	if response := c.response(c.callAndWait(f.ID, `{"action":""}`)); response != `"fine"` {
		t.Errorf("response of a call after failed calls: %s, want \"fine\"", response)
	}
}

func TestFailedPythonDeployments(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	for name, tt := range map[string]struct {
		content        []byte
		message, trace string
	}{
		"import error":   {zipArchive(t, map[string]string{"handler.py": "import no_such_module\ndef handle(): pass"}), "no_such_module", ""},
		"syntax error":   {zipArchive(t, map[string]string{"handler.py": "x = 1\ndef handle(:\n"}), "handler.py", ""},
		"no handler":     {zipArchive(t, map[string]string{"other.py": ""}), `No Python module found at location "handler.py" in zip-file`, ""},
		"bad argument":   {zipArchive(t, map[string]string{"handler.py": "def handle(what): pass"}), "what", ""},
		"no zip":         {[]byte("plain text"), "zip", ""},
		"path traversal": {zipArchive(t, map[string]string{"../../evil.py": ""}), "evil.py", ""},
	} {
		f := c.waitForDeployment(c.create(gen.FunctionWrite{Name: name, FileID: c.upload(tt.content)}).ID)
		if f.Status != gen.FunctionStatusFailed || f.Error == nil {
			t.Errorf("%s: status %s, want Failed with an error", name, f.Status)
			continue
		}
		if !strings.Contains(*f.Error.Message, tt.message) {
			t.Errorf("%s: message %q, want it to contain %q", name, *f.Error.Message, tt.message)
		}
		if name == "syntax error" && !strings.Contains(*f.Error.Message+*f.Error.Trace, "2") {
			t.Errorf("the syntax error does not contain the line number: %q, %q", *f.Error.Message, *f.Error.Trace)
		}
		c.wantError("POST", fmt.Sprintf("/functions/%d/call", f.ID), `{"nonce":"n"}`, errorResponse{Status: 400, Message: "status Failed"})
	}
}

func TestFunctionKeepsItsCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := run(t, emulator.Options{DataDir: dir})
	file := c.initUpload(false, gen.FileWrite{Name: "code.zip", ExternalID: new("code")})
	version := func(n int) []byte {
		return zipArchive(t, map[string]string{"handler.py": fmt.Sprintf("def handle(): return %d", n)})
	}
	c.put(file.UploadURL, version(1))
	first := c.deploy(gen.FunctionWrite{Name: "first", FileID: file.ID})
	c.put(c.initUpload(true, gen.FileWrite{Name: "code.zip", ExternalID: new("code")}).UploadURL, version(2))
	second := c.deploy(gen.FunctionWrite{Name: "second", FileID: file.ID})
	c.request("POST", "/files/delete", `{"items":[{"externalId":"code"}]}`)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = run(t, emulator.Options{DataDir: dir})
	if a, b := c.response(c.callAndWait(first.ID, "")), c.response(c.callAndWait(second.ID, "")); a != "1" || b != "2" {
		t.Errorf("responses %s and %s, want 1 and 2", a, b)
	}
}

func TestRestartWithoutPython(t *testing.T) {
	dir := t.TempDir()
	c := run(t, emulator.Options{DataDir: dir})
	f := c.deployPython("def handle(): return 1")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "")
	c = run(t, emulator.Options{DataDir: dir})
	for range 2 { // each call looks for Python again
		call := c.callAndWait(f.ID, "")
		if message, _ := callError(t, call); call.Status != gen.FunctionCallStatusFailed || !strings.Contains(message, "python3 was not found") {
			t.Errorf("status %s, error %q, want Failed without Python", call.Status, message)
		}
	}
	c.Override("python", noop)
	if response := c.response(c.callAndWait(f.ID, "")); response != "null" {
		t.Errorf("response of the Go function: %s, want null", response)
	}
}

func TestDeletePythonFunction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := run(t, emulator.Options{DataDir: dir})
	f := c.deployPython("def handle():\n    while True: pass")
	call := c.call(f.ID, "")
	c.request("POST", "/functions/delete", fmt.Sprintf(`{"items":[{"id":%d}]}`, f.ID))
	waitFor(t, "the removal of the code", func() (int, bool) {
		entries, err := os.ReadDir(filepath.Join(dir, "cogfn-code"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries), len(entries) == 0
	})
	c.wantError("GET", fmt.Sprintf("/functions/%d/calls/%d", f.ID, call.ID), "", errorResponse{
		Status: 400, Message: "function not found", Missing: []map[string]any{{"id": float64(f.ID)}},
	})
}

// The workers have another working directory than the emulator.
func TestRelativeDataDir(t *testing.T) {
	t.Chdir(t.TempDir())
	c := run(t, emulator.Options{DataDir: "data"})
	if response := c.response(c.callAndWait(c.deployPython("def handle(): return 1").ID, "")); response != "1" {
		t.Errorf("response %s, want 1", response)
	}
}

func TestMaxWorkers(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{MaxWorkers: 1})
	f := c.deployPython("import os\ndef handle(): return os.getpid()")
	first, second := c.call(f.ID, ""), c.call(f.ID, "")
	if a, b := c.response(c.waitForCall(f.ID, first.ID)), c.response(c.waitForCall(f.ID, second.ID)); a != b || a == "" {
		t.Errorf("the calls ran in the processes %s and %s, want one process", a, b)
	}
}
