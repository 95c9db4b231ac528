package cli

import (
	"bytes"
	"testing"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &progress{w: &out, terminal: true}
	p.show("deploying %s…", "hello")
	p.show("running…")
	p.clear()
	p.clear()
	if want := "deploying hello…\r\x1b[Krunning…\r\x1b[K"; out.String() != want {
		t.Errorf("output on a terminal = %q; want %q", out.String(), want)
	}

	out.Reset()
	p = newProgress(&out)
	p.show("deploying…")
	p.clear()
	if out.Len() > 0 {
		t.Errorf("output to a pipe = %q; want none", out.String())
	}
}
