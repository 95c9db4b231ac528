package emulator

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

func TestWaitReturnsListenerError(t *testing.T) {
	t.Parallel()
	e := RunT(t, Options{})
	if err := e.listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Wait(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v, want net.ErrClosed", err)
	}
}

// The log of the HTTP server goes to the logger, not to the standard error of the tests.
func TestServerLogsToLogger(t *testing.T) {
	t.Parallel()
	read, write := io.Pipe()
	e := RunT(t, Options{TLS: true, Logger: slog.New(slog.NewTextHandler(write, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	context.AfterFunc(ctx, func() { _ = read.Close() })
	strange, err := new(tls.Dialer).DialContext(ctx, "tcp", e.listener.Addr().String())
	if err == nil {
		_ = strange.Close() // the test fails below
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("error %v, want a certificate that is not trusted", err)
	}
	if line, err := bufio.NewReader(read).ReadString('\n'); err != nil || !strings.Contains(line, "level=DEBUG") || !strings.Contains(line, "TLS handshake") {
		t.Errorf("log %q, error %v, want the failed handshake", line, err)
	}
}
