package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

func TestStartRejectsOptions(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const remote = "reached from other machines"
	for name, tt := range map[string]struct {
		options emulator.Options
		want    string
	}{
		"all interfaces":     {emulator.Options{Addr: ":0"}, remote},
		"unspecified":        {emulator.Options{Addr: "0.0.0.0:0"}, remote},
		"other address":      {emulator.Options{Addr: "192.0.2.1:80"}, remote},
		"other name":         {emulator.Options{Addr: "example.com:80"}, remote},
		"no port":            {emulator.Options{Addr: "127.0.0.1"}, "host:port"},
		"port is too big":    {emulator.Options{Addr: "127.0.0.1:70000"}, "127.0.0.1:70000"},
		"DataDir is a file":  {emulator.Options{DataDir: file}, "is a file"},
		"project with slash": {emulator.Options{Project: "a/b"}, `project "a/b"`},
		"project with space": {emulator.Options{Project: "my project"}, `project "my project"`},
		"unknown Python":     {emulator.Options{Python: "no-such-python"}, "no-such-python"},
	} {
		e, err := emulator.Start(tt.options)
		if err == nil {
			t.Errorf("%s: no error", name)
			_ = e.Close()
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %q, want it to contain %q", name, err, tt.want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	addr := strings.TrimPrefix(emulator.RunT(t, emulator.Options{}).URL(), "http://")
	dir := filepath.Join(t.TempDir(), "data")
	_, err := emulator.Start(emulator.Options{Addr: addr, DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), addr+" is in use") {
		t.Errorf("error %v, want that %s is in use", err, addr)
	}
	emulator.RunT(t, emulator.Options{DataDir: dir}) // the failed Start released the directory
}

func TestDataDirWithOtherFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"code", "uploads", "blobs"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "x"), []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := emulator.Start(emulator.Options{DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), dir+" is not empty") {
		t.Errorf("error %v, want that %s is not empty", err, dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("the directory contains %v, error %v, want its 3 entries", entries, err)
	}
	for _, name := range []string{"code", "uploads", "blobs"} {
		if content, err := os.ReadFile(filepath.Join(dir, name, "x")); string(content) != "content" {
			t.Errorf("%s/x contains %q, error %v, want content", name, content, err)
		}
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	e, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with a canceled context: error %v, want context.Canceled", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Wait(t.Context()); err != nil {
		t.Errorf("Wait after Close: error %v", err)
	}
}

func TestAllowRemote(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{Addr: "0.0.0.0:0", AllowRemote: true})
	if !strings.HasPrefix(e.URL(), "http://127.0.0.1:") {
		t.Errorf("URL %s, want a loopback address", e.URL())
	}
	if e.TokenURL() != e.URL()+"/oauth2/token" {
		t.Errorf("token URL %s, want /oauth2/token", e.TokenURL())
	}
}

func TestDataDirInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	emulator.RunT(t, emulator.Options{DataDir: dir})
	_, err := emulator.Start(emulator.Options{DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), dir+" is in use") {
		t.Errorf("error %v, want that %s is in use", err, dir)
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	dir, b := t.TempDir(), newBlocker()
	options := b.options()
	options.DataDir = dir
	e, err := emulator.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, e)
	f := c.deploy(gen.FunctionWrite{Name: "block", ExternalID: new("ext"), Secrets: gen.FunctionSecrets{"k": "v"}})
	schedule := c.createSchedule(gen.FunctionScheduleWrite{Name: "s", CronExpression: "0 0 1 1 *", FunctionID: f.ID})
	session := c.createSession(c.clientCredentials())
	close(b.release)
	ended := c.callAndWait(f.ID, "")
	b.release = make(chan struct{})
	<-b.started
	running := c.call(f.ID, "")
	<-b.started
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "cogfn-code")); err == nil {
		t.Errorf("unpacked code after Close: %v", entries)
	}
	c = run(t, options)
	if got := c.waitForDeployment(f.ID); got.Name != "block" || got.Secrets["k"] != "***" {
		t.Errorf("function after the restart: %+v", got)
	}
	stopped := c.waitForCall(f.ID, running.ID)
	if message, _ := callError(t, stopped); stopped.Status != gen.FunctionCallStatusFailed || !strings.Contains(message, "stopped") {
		t.Errorf("running call: status %s, error %q, want Failed because the emulator was stopped", stopped.Status, message)
	}
	if log := c.logs(running); len(log) != 1 || log[0] != "before" {
		t.Errorf("log of the running call: %v, want [before]", log)
	}
	if c.response(ended) != `"released"` || len(c.logs(ended)) != 2 {
		t.Errorf("ended call: response %s, log %v", c.response(ended), c.logs(ended))
	}
	if _, err := c.GetFunctionSchedule(t.Context(), schedule.ID); err != nil {
		t.Errorf("schedule: %v", err)
	}
	if content := c.download(f.FileID); content == "" {
		t.Error("the file has no content")
	}
	close(b.release)
	request := fmt.Sprintf(`{"nonce":%q}`, session.Nonce) // of a session created before the restart
	if response, body := c.request(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), request); response.StatusCode != http.StatusCreated {
		t.Errorf("call after the restart: status %d %s, want 201", response.StatusCode, body)
	}
}

func TestTemporaryDirectory(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	e, err := emulator.Start(withHandlers("f"))
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, e)
	c.callAndWait(c.deploy(gen.FunctionWrite{Name: "f"}).ID, "")
	entries, err := os.ReadDir(temp)
	if err != nil || len(entries) == 0 {
		t.Errorf("no temporary directory, error %v", err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v, error %v, want 0700", entry.Name(), info.Mode().Perm(), err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(temp); err != nil || len(entries) != 0 {
		t.Errorf("entries after Close: %v, error %v, want none", entries, err)
	}
}

// failingT records the message of Fatalf.
type failingT struct{ fatal string }

func (*failingT) Helper()               {}
func (*failingT) Cleanup(func())        {}
func (*failingT) Failed() bool          { return false }
func (*failingT) Logf(string, ...any)   {}
func (*failingT) Errorf(string, ...any) {}
func (f *failingT) Fatalf(format string, args ...any) {
	f.fatal = fmt.Sprintf(format, args...)
}

func TestRunTFailsTheTest(t *testing.T) {
	t.Parallel()
	var failing failingT
	if e := emulator.RunT(&failing, emulator.Options{Addr: "0.0.0.0:0"}); e != nil {
		t.Error("RunT returned an emulator, want nil")
	}
	if !strings.Contains(failing.fatal, "127.0.0.1") {
		t.Errorf("Fatalf message %q, want the error of Start", failing.fatal)
	}
}

func TestDeploymentWithoutPython(t *testing.T) {
	t.Setenv("PATH", "")
	c := run(t, emulator.Options{Overrides: map[string]emulator.Handler{
		"go": func(context.Context, *emulator.Call) (any, error) { return true, nil },
	}})
	c.deploy(gen.FunctionWrite{Name: "go"})
	f := c.waitForDeployment(c.create(gen.FunctionWrite{Name: "python"}).ID)
	if f.Status != gen.FunctionStatusFailed || !strings.Contains(*f.Error.Message, "python3") {
		t.Errorf("status %s, error %v, want Failed without Python", f.Status, f.Error)
	}
}
