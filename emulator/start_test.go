package emulator_test

import (
	"context"
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
	for name, tt := range map[string]struct {
		options emulator.Options
		want    string
	}{
		"all interfaces":  {emulator.Options{Addr: ":0"}, "AllowRemote"},
		"unspecified":     {emulator.Options{Addr: "0.0.0.0:0"}, "AllowRemote"},
		"other address":   {emulator.Options{Addr: "192.0.2.1:80"}, "AllowRemote"},
		"other name":      {emulator.Options{Addr: "example.com:80"}, "AllowRemote"},
		"no port":         {emulator.Options{Addr: "127.0.0.1"}, "host:port"},
		"folder is file":  {emulator.Options{DataDir: file}, "data folder"},
		"port is too big": {emulator.Options{Addr: "127.0.0.1:70000"}, "listen"},
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
	want := "the data folder " + dir + " is in use by another emulator: stop that one or choose another folder"
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
	if entries, err := os.ReadDir(filepath.Join(dir, "code")); err == nil {
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
	if again, err := h.GetFunctionScheduleWithResponse(t.Context(), schedule.ID); err != nil || again.JSON200 == nil {
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
	if !strings.Contains(failing.fatal, "AllowRemote") {
		t.Errorf("RunT reported %q", failing.fatal)
	}
}

func TestDeploymentWithoutPython(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{Python: "no-such-python", Handlers: map[string]emulator.Handler{
		"go": func(context.Context, *emulator.Call) (any, error) { return true, nil },
	}})
	h.deploy(gen.FunctionWrite{Name: "go"})
	f := h.deployed(h.create(gen.FunctionWrite{Name: "python"}).ID)
	if f.Status != gen.FunctionStatusFailed || !strings.Contains(*f.Error.Message, "no-such-python was not found") {
		t.Errorf("the function is %s with the error %v", f.Status, f.Error)
	}
}
