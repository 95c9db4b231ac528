package cli

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// progress shows the current step on the last line of a terminal. It writes nothing to pipes and files.
type progress struct {
	w        io.Writer
	terminal bool
	shown    bool
}

func newProgress(w io.Writer) *progress {
	file, ok := w.(*os.File)
	return &progress{w: w, terminal: ok && term.IsTerminal(int(file.Fd()))}
}

// show replaces the line.
func (p *progress) show(format string, args ...any) {
	if p.terminal {
		p.clear()
		fmt.Fprintf(p.w, format, args...)
		p.shown = true
	}
}

// clear removes the line. Callers clear it before they write other output.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
