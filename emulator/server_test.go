package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/gen"
	api "github.com/cogfn/cogfn/gen/server"
)

// serverOf returns the HTTP side of an emulator; routes may be added before its first request.
func serverOf(t *testing.T, e *Emulator) *server {
	t.Helper()
	s, ok := e.http.Handler.(*server)
	if !ok {
		t.Fatalf("the handler is a %T", e.http.Handler)
	}
	return s
}

// ask sends a request to the server without a network.
func ask(t *testing.T, e *Emulator, method, path string) (*httptest.ResponseRecorder, gen.Error) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, http.NoBody)
	request.Header.Set("Authorization", "Bearer any")
	recorder := httptest.NewRecorder()
	e.http.Handler.ServeHTTP(recorder, request)
	var envelope gen.ErrorEnvelope
	if err := json.Unmarshal(recorder.Body.Bytes(), &envelope); err != nil {
		t.Fatalf("%s %s answers %d %s", method, path, recorder.Code, recorder.Body)
	}
	return recorder, envelope.Error
}

func TestPanicDoesNotEndTheEmulator(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := RunT(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	serverOf(t, e).router.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("oh no") })
	recorder, problem := ask(t, e, http.MethodGet, "/panic")
	id := recorder.Header().Get("X-Request-Id")
	if recorder.Code != http.StatusInternalServerError || !strings.Contains(problem.Message, id) {
		t.Errorf("a panic answers %d %+v", recorder.Code, problem)
	}
	if !strings.Contains(log.String(), "oh no") || !strings.Contains(log.String(), id) {
		t.Errorf("the log %q does not tell of the panic", log.String())
	}
	if recorder, _ := ask(t, e, http.MethodGet, "/elsewhere"); recorder.Code != http.StatusNotFound {
		t.Errorf("after the panic: %d", recorder.Code)
	}
}

func TestAnswerThatBreaksTheDescription(t *testing.T) {
	t.Parallel()
	e := RunT(t, Options{})
	serverOf(t, e).router.HandleFunc("GET "+basePath+"/functions/status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"state":"activated"}`))
	})
	recorder, problem := ask(t, e, http.MethodGet, "/api/v1/projects/emulator/functions/status")
	if recorder.Code != http.StatusInternalServerError || !strings.Contains(problem.Message, "does not follow the description") {
		t.Errorf("a wrong answer leads to %d %+v", recorder.Code, problem)
	}
}

// Every operation of the description leads to its own handler.
func TestEveryOperationIsServed(t *testing.T) {
	t.Parallel()
	e := RunT(t, Options{})
	s := serverOf(t, e)
	for _, operation := range s.contract.Operations() {
		method, path, _ := strings.Cut(operation, " ")
		path = strings.NewReplacer("{functionId}", "1", "{callId}", "2", "{scheduleId}", "3", "{id}", "4").Replace(path)
		request := httptest.NewRequestWithContext(t.Context(), method, "/api/v1/projects/p"+path, http.NoBody)
		match, ok := s.router.Match(request)
		if want := strings.Replace(operation, " ", " "+basePath, 1); !ok || match.Pattern != want {
			t.Errorf("%s leads to %q, want %q", operation, match.Pattern, want)
		}
	}
}

// The log names the pattern of a path, because the path of a file's content holds the right to use it.
func TestSignaturesStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := RunT(t, Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err := os.RemoveAll(filepath.Join(e.store.Dir(), "cogfn-uploads")); err != nil {
		t.Fatal(err)
	}
	ctx := service.WithBaseURL(t.Context(), "")
	answer, err := e.service.InitFileUpload(ctx, api.InitFileUploadRequestObject{Body: &gen.FileWrite{Name: "f"}})
	if err != nil {
		t.Fatal(err)
	}
	file, ok := answer.(api.InitFileUpload201JSONResponse)
	if !ok {
		t.Fatalf("the answer is a %T", answer)
	}
	signed := file.UploadURL[strings.LastIndex(file.UploadURL, "/")+1:]
	for method, want := range map[string]int{
		http.MethodPut:    http.StatusInternalServerError, // the emulator's fault, not the caller's
		http.MethodGet:    http.StatusForbidden,
		http.MethodDelete: http.StatusNotFound,
	} {
		if recorder, problem := ask(t, e, method, file.UploadURL); recorder.Code != want {
			t.Errorf("%s answers %d %+v, want %d", method, recorder.Code, problem, want)
		}
	}
	for _, want := range []string{"an operation failed", "create a file for an upload", "PUT " + service.ContentPath} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not tell of %q:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), signed) {
		t.Errorf("the log holds a signature:\n%s", log.String())
	}
}

func TestWaitTellsOfAFailedListener(t *testing.T) {
	t.Parallel()
	e := RunT(t, Options{})
	if err := e.listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Wait(t.Context()); !errors.Is(err, net.ErrClosed) || !strings.HasPrefix(err.Error(), "the emulator stopped answering; start it again") {
		t.Errorf("error %v", err)
	}
}

func TestAddressThatNeedsRights(t *testing.T) {
	t.Parallel()
	err := explainListen("127.0.0.1:80", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)})
	if want := "the address 127.0.0.1:80 needs more rights than this process has; choose a port above 1023, or port 0 for a free one"; err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
