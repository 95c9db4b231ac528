package errtext_test

import (
	"errors"
	"io"
	"testing"

	"github.com/cogfn/cogfn/internal/errtext"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"functions: not found":       "not found",
		"deploy: a: functions: b":    "a: functions: b",
		"schedule: functions: twice": "functions: twice",
		"json: invalid":              "json: invalid",
		"":                           "",
	} {
		if got := errtext.Message(errors.New(message)); got != want {
			t.Errorf("Message(%q) = %q, want %q", message, got, want)
		}
	}
}

func TestErrorf(t *testing.T) {
	t.Parallel()
	first := errors.New("functions: first")
	err := errtext.Errorf("deploy: step %d: %v (%v)", 3, first, io.EOF)
	if got, want := err.Error(), "deploy: step 3: first (EOF)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, first) || !errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
		t.Error("Errorf does not wrap exactly the errors among its arguments")
	}
}
