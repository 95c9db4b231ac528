package emulator

import (
	"errors"
	"net"
	"testing"
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
