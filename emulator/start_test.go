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

func TestStartThatIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const remote = "can be reached from other machines, and the emulator runs uploaded code: use 127.0.0.1"
	for name, tt := range map[string]struct {
		options emulator.Options
		want    string
	}{
		"all interfaces":   {emulator.Options{Addr: ":0"}, remote},
		"unspecified":      {emulator.Options{Addr: "0.0.0.0:0"}, remote},
		"other address":    {emulator.Options{Addr: "192.0.2.1:80"}, remote},
		"other name":       {emulator.Options{Addr: "example.com:80"}, remote},
		"no port":          {emulator.Options{Addr: "127.0.0.1"}, `the address "127.0.0.1" is not of the form host:port, such as 127.0.0.1:8080`},
		"port is too big":  {emulator.Options{Addr: "127.0.0.1:70000"}, "the emulator cannot listen on 127.0.0.1:70000; choose another address"},
		"folder is file":   {emulator.Options{DataDir: file}, "is a file, not a data directory"},
		"project of two":   {emulator.Options{Project: "a/b"}, `the project "a/b" is not valid: use letters, digits, dashes and underscores`},
		"project of words": {emulator.Options{Project: "my project"}, `the project "my project" is not valid`},
		"unknown Python":   {emulator.Options{Python: "no-such-python"}, "no-such-python was not found"},
	} {
		e, err := emulator.Start(tt.options)
		if err == nil {
			t.Errorf("%s: started", name)
			_ = e.Close()
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %q, want %q in it", name, err, tt.want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	addr := strings.TrimPrefix(emulator.RunT(t, emulator.Options{}).URL(), "http://")
	dir := filepath.Join(t.TempDir(), "data")
	_, err := emulator.Start(emulator.Options{Addr: addr, DataDir: dir})
	if want := "the address " + addr + " is in use; choose another port, or port 0 for a free one"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	emulator.RunT(t, emulator.Options{DataDir: dir}) // the refused one let go of its folder
}

func TestFolderOfAProjectIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"code", "uploads", "blobs"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "x"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := emulator.Start(emulator.Options{DataDir: dir})
	want := "the directory " + dir + " is not empty and not a data directory of an emulator; choose another directory"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
	for _, name := range []string{"code", "uploads", "blobs"} {
		if content, err := os.ReadFile(filepath.Join(dir, name, "x")); string(content) != "mine" {
			t.Errorf("%s/x holds %q (%v)", name, content, err)
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
		t.Errorf("while it answers: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Wait(t.Context()); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestRemoteAddress(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{Addr: "0.0.0.0:0", AllowRemote: true})
	if !strings.HasPrefix(e.URL(), "http://127.0.0.1:") {
		t.Errorf("URL %s, want one that can be reached", e.URL())
	}
	if e.TokenURL() != e.URL()+"/oauth2/token" {
		t.Errorf("token URL %s", e.TokenURL())
	}
}

func TestLockedDataDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	emulator.RunT(t, emulator.Options{DataDir: dir})
	_, err := emulator.Start(emulator.Options{DataDir: dir})
	want := "the data directory " + dir + " is in use by another emulator; stop that emulator or choose another directory"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestCloseFailsRunningCallsAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	dir, g := t.TempDir(), newGate()
	options := g.options()
	options.DataDir = dir
	e, err := emulator.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	h := connect(t, e)
	f := h.deploy(gen.FunctionWrite{Name: "gate", ExternalID: new("ext"), Secrets: gen.FunctionSecrets{"k": "v"}})
	schedule := h.scheduled(gen.FunctionScheduleWrite{Name: "s", CronExpression: "0 0 1 1 *", FunctionID: f.ID})
	session := h.session(h.clientCredentials())
	close(g.open)
	done := h.called(f.ID, "")
	g.open = make(chan struct{})
	<-g.began
	left := h.call(f.ID, "")
	<-g.began
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "cogfn-code")); err == nil {
		t.Errorf("unpacked code is left: %v", entries)
	}
	h = run(t, options)
	if again := h.deployed(f.ID); again.Name != "gate" || again.Secrets["k"] != "***" {
		t.Errorf("function %+v after a restart", again)
	}
	stopped := h.ended(f.ID, left.ID)
	if message, _ := failure(t, stopped); stopped.Status != gen.FunctionCallStatusFailed || message != "the emulator was stopped while the call ran" {
		t.Errorf("the call that ran is %s: %s", stopped.Status, message)
	}
	if log := h.logs(left); len(log) != 1 || log[0] != "before" {
		t.Errorf("the call that ran printed %v", log)
	}
	if h.response(done) != `"through"` || len(h.logs(done)) != 2 {
		t.Errorf("the call that had ended returned %s and printed %v", h.response(done), h.logs(done))
	}
	if again, err := h.GetFunctionSchedule(t.Context(), schedule.ID); err != nil || again == nil {
		t.Errorf("the schedule is gone (%v)", err)
	}
	if content := h.download(f.FileID); content == "" {
		t.Error("the file's content is gone")
	}
	close(g.open)
	body := fmt.Sprintf(`{"nonce":%q}`, session.Nonce) // a nonce of before
	if response, text := h.raw(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), body); response.StatusCode != http.StatusCreated {
		t.Errorf("a call after the restart answers %d %s", response.StatusCode, text)
	}
}

func TestTemporaryFolderIsRemoved(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	e, err := emulator.Start(withHandlers("f"))
	if err != nil {
		t.Fatal(err)
	}
	h := connect(t, e)
	h.called(h.deploy(gen.FunctionWrite{Name: "f"}).ID, "")
	entries, err := os.ReadDir(temp)
	if err != nil || len(entries) == 0 {
		t.Errorf("no temporary folder in use (%v)", err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the folder %s has mode %v (%v), want 0700", entry.Name(), info.Mode().Perm(), err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(temp); err != nil || len(entries) != 0 {
		t.Errorf("left after Close: %v (%v)", entries, err)
	}
}

// failingT records what RunT reports.
type failingT struct{ fatal string }

func (*failingT) Helper()                 {}
func (*failingT) Cleanup(func())          {}
func (f *failingT) Errorf(string, ...any) {}
func (f *failingT) Fatalf(format string, args ...any) {
	f.fatal = fmt.Sprintf(format, args...)
}

func TestRunTReportsToTheTest(t *testing.T) {
	t.Parallel()
	var failing failingT
	if e := emulator.RunT(&failing, emulator.Options{Addr: "0.0.0.0:0"}); e != nil {
		t.Error("RunT returned an emulator")
	}
	if !strings.Contains(failing.fatal, "use 127.0.0.1") {
		t.Errorf("RunT reported %q", failing.fatal)
	}
}

func TestDeploymentWithoutPython(t *testing.T) {
	t.Setenv("PATH", "")
	h := run(t, emulator.Options{Handlers: map[string]emulator.Handler{
		"go": func(context.Context, *emulator.Call) (any, error) { return true, nil },
	}})
	h.deploy(gen.FunctionWrite{Name: "go"})
	f := h.deployed(h.create(gen.FunctionWrite{Name: "python"}).ID)
	if f.Status != gen.FunctionStatusFailed || !strings.Contains(*f.Error.Message, "python3 was not found") {
		t.Errorf("the function is %s with the error %v", f.Status, f.Error)
	}
}
