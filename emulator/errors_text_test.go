package emulator

import (
	"strings"
	"testing"
)

// TestErrorTexts pins the sentences of all errors. Other tests compare types and key words only.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	start := func(options Options) error {
		e, err := Start(options)
		if err == nil {
			_ = e.Close()
		}
		return err
	}
	stopped := func() error {
		e := RunT(t, Options{})
		_ = e.listener.Close() // Wait returns the consequence
		return e.Wait(t.Context())
	}
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"project", start(Options{Project: "a/b"}), `the project "a/b" is not valid: use letters, digits, dashes and underscores`},
		{"stopped", stopped(), "the emulator stopped serving requests; start it again: accept tcp 127.0.0.1: use of closed network connection"},
	} {
		if tt.err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		if got := withoutPort(tt.err.Error()); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// withoutPort removes the port of 127.0.0.1, which differs between runs.
func withoutPort(message string) string {
	before, after, found := strings.Cut(message, "127.0.0.1:")
	if !found {
		return message
	}
	return before + "127.0.0.1" + strings.TrimLeft(after, "0123456789")
}
