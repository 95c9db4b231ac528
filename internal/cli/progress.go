package cli

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// progress is one line at the foot of a terminal that says what is being done. Where there is no terminal it says
// nothing, so that pipes and log files hold what the function printed and no more.
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

// clear takes the line away, to make room for others.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
