package cli

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	functions "github.com/cogfn/cogfn/wrapper"
)

// readLine reads one line without reading ahead.
func readLine(t *testing.T, r io.Reader) string {
	t.Helper()
	var line []byte
	for one := make([]byte, 1); ; {
		if _, err := r.Read(one); err != nil {
			t.Fatalf("after %q: %v", line, err)
		}
		if one[0] == '\n' {
			return string(line)
		}
		line = append(line, one[0])
	}
}

// startEmulator starts cogfn emulator and waits until it listens. The function it returns interrupts the emulator and
// returns its exit code.
func startEmulator(t *testing.T, args ...string) (interrupt func() int) {
	t.Helper()
	cmd := program(t, t.TempDir(), append([]string{"emulator"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line := readLine(t, out); !strings.HasPrefix(line, "listening on http://127.0.0.1:") {
		t.Fatalf("first line = %q", line)
	}
	return func() int { return interruptAndWait(t, cmd, out) }
}

func interruptAndWait(t *testing.T, cmd *exec.Cmd, out io.Reader) int {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(out); len(rest) > 0 {
		t.Errorf("more than one line on standard output: %q", rest)
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// clientFromFile returns a client with the settings of an env file.
func clientFromFile(t *testing.T, envFile string) *functions.Client {
	t.Helper()
	content, err := os.Open(envFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	env := map[string]string{}
	for lines := bufio.NewScanner(content); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if !ok || !strings.HasPrefix(key, "CDF_") && !strings.HasPrefix(key, "IDP_") {
			t.Fatalf("unexpected line in the env file: %q", lines.Text())
		}
		env[key] = value
	}
	client, err := functions.NewClient(functions.Config{
		BaseURL: env["CDF_URL"], Project: env["CDF_PROJECT"],
		TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID: env["IDP_CLIENT_ID"], ClientSecret: functions.Secret(env["IDP_CLIENT_SECRET"]), TokenURL: env["IDP_TOKEN_URL"],
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestEmulatorPersistsData(t *testing.T) {
	t.Parallel()
	data, envFile := t.TempDir(), filepath.Join(t.TempDir(), "emulator.env")
	interrupt := startEmulator(t, "--data", data, "--env-file", envFile)
	if info, err := os.Stat(envFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the env file must be readable by its owner only: %v, %v", info, err)
	}
	client := clientFromFile(t, envFile)
	source := functions.HandlerText("def handle(data):\n    return data['n'] * 2\n")
	fn, err := client.Create(t.Context(), functions.FunctionWrite{Name: "double", ExternalID: new("double")}, source)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fn.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := interrupt(); code != exitDone {
		t.Errorf("exit code after an interrupt = %d", code)
	}

	interrupt = startEmulator(t, "--data", data, "--env-file", envFile)
	client = clientFromFile(t, envFile)
	call, err := client.Call(t.Context(), functions.ExternalID("double"), map[string]int{"n": 21})
	if err != nil {
		t.Fatal(err)
	}
	if response, err := call.Response(t.Context()); err != nil || string(response) != "42" {
		t.Errorf("response = %s, %v; want 42", response, err)
	}
	interrupt()
}

func TestEmulatorRejects(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	locked := t.TempDir()
	interrupt := startEmulator(t, "--data", locked)
	t.Cleanup(func() { interrupt() })
	file := filepath.Join(writeDir(t, map[string]string{"file": ""}), "file")

	for name, tt := range map[string]struct {
		args   []string
		stderr string
	}{
		"port taken":                    {[]string{"--addr", listener.Addr().String()}, `^cogfn: .*` + listener.Addr().String() + `.*`},
		"data is locked":                {[]string{"--data", locked}, `^cogfn: .*` + locked + `.*in use`},
		"data is a file":                {[]string{"--data", file}, `^cogfn: --data is .*` + file},
		"not a loopback address":        {[]string{"--addr", "0.0.0.0:0"}, `^cogfn: .*0\.0\.0\.0.*127\.0\.0\.1`},
		"address without port":          {[]string{"--addr", "127.0.0.1"}, `^cogfn: .*127\.0\.0\.1`},
		"certificate cannot be created": {[]string{"--tls", filepath.Join(locked, "no", "such.pem")}, `^cogfn: cannot write the certificate to `},
		"unknown cloud":                 {[]string{"--cloud", "oracle"}, `^cogfn: .*oracle.*gcp, azure or aws`},
		"env file cannot be created":    {[]string{"--env-file", filepath.Join(locked, "no", "such.env")}, `^cogfn: cannot write the settings to `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"emulator"}, tt.args...)
			finish(t, program(t, t.TempDir(), args...), "").expect(t, exitError, "", tt.stderr)
		})
	}
}
