package cli

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A client that trusts the certificate of --tls uses HTTP/2, and sees the limits of --cloud.
func TestEmulatorWithTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	envFile, certificate := filepath.Join(dir, "emulator.env"), filepath.Join(dir, "emulator.pem")
	cmd := program(t, dir, "emulator", "--env-file", envFile, "--tls", certificate, "--cloud", "azure")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, ok := strings.CutPrefix(readLine(t, out), "listening on ")
	if !ok || !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Fatalf("URL = %q", url)
	}
	content, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		t.Fatalf("no certificate in %s", content)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/projects/emulator/functions/limits", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer any")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.ProtoMajor != 2 || !strings.Contains(string(body), `"timeoutMinutes":10`) {
		t.Errorf("%s %s, error %v, want the limits of Azure over HTTP/2", response.Proto, body, err)
	}
	if code := interruptAndWait(t, cmd, out); code != exitDone {
		t.Errorf("exit code after an interrupt = %d", code)
	}
}

// The Python example controls an emulator of the program.
func TestPythonExample(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is missing: install Python 3.10 or newer")
	}
	envFile := filepath.Join(t.TempDir(), "emulator.env")
	interrupt := startEmulator(t, "--env-file", envFile)
	settings, err := os.ReadFile(envFile)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-m", "unittest", "-v", "test_emulator.py")
	cmd.Dir = filepath.Join("..", "..", "..", "..", "examples", "testing")
	cmd.Env = append(os.Environ(), strings.Fields(string(settings))...)
	cmd.Env = append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1")
	output, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "Ran 4 tests") {
		t.Errorf("the tests failed: %v\n%s", err, output)
	}
	if code := interrupt(); code != exitDone {
		t.Errorf("exit code after an interrupt = %d", code)
	}
}
