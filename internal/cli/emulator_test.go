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

// readLine reads one line, byte by byte, so that the rest stays for the next reader.
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

// startEmulator starts cogfn emulator and waits until it listens; what it returns interrupts it and gives its exit code.
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
		t.Fatalf("the first line is %q", line)
	}
	return func() int { return interrupted(t, cmd, out) }
}

func interrupted(t *testing.T, cmd *exec.Cmd, out io.Reader) int {
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

// clientFromFile makes a client of the settings in an env file.
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
			t.Fatalf("the env file holds the line %q", lines.Text())
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

func TestEmulatorKeepsItsData(t *testing.T) {
	t.Parallel()
	data, envFile := t.TempDir(), filepath.Join(t.TempDir(), "emulator.env")
	interrupt := startEmulator(t, "--data", data, "--env-file", envFile)
	if info, err := os.Stat(envFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the env file must be readable by its owner alone: %v %v", info, err)
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
		t.Errorf("exit code %d after an interrupt", code)
	}

	interrupt = startEmulator(t, "--data", data, "--env-file", envFile)
	client = clientFromFile(t, envFile)
	call, err := client.Call(t.Context(), functions.ExternalID("double"), map[string]int{"n": 21})
	if err != nil {
		t.Fatal(err)
	}
	if response, err := call.Response(t.Context()); err != nil || string(response) != "42" {
		t.Errorf("the response is %s, %v", response, err)
	}
	interrupt()
}

func TestEmulatorRefuses(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	locked := t.TempDir()
	interrupt := startEmulator(t, "--data", locked)
	t.Cleanup(func() { interrupt() })
	file := filepath.Join(folder(t, map[string]string{"file": ""}), "file")

	for name, tt := range map[string]struct {
		args   []string
		stderr string
	}{
		"port taken":            {[]string{"--addr", listener.Addr().String()}, `^cogfn: .*` + listener.Addr().String() + `.*`},
		"data folder locked":    {[]string{"--data", locked}, `^cogfn: .*` + locked + `.*another emulator`},
		"data is a file":        {[]string{"--data", file}, `^cogfn: .*` + file},
		"address of a network":  {[]string{"--addr", "0.0.0.0:0"}, `^cogfn: .*can be reached from other machines.*use 127\.0\.0\.1`},
		"address without port":  {[]string{"--addr", "127.0.0.1"}, `^cogfn: .*127\.0\.0\.1`},
		"env file in no folder": {[]string{"--env-file", filepath.Join(locked, "no", "such.env")}, `^cogfn: the settings cannot be written to `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"emulator"}, tt.args...)
			finish(t, program(t, t.TempDir(), args...), "").expect(t, exitError, "", tt.stderr)
		})
	}
}
