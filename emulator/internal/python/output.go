package python

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// lineLimit is the size in bytes at which a line is cut into pieces.
const lineLimit = 256 << 10

// output cuts what one worker prints into lines and hands them to whoever they belong to: the call that runs, or, between
// calls, the emulator's own log. The worker writes a mark where the lines of a call end.
type output struct {
	stray     func(runner.Line) // takes the lines between calls
	budget    int               // bytes that one call may print
	lineLimit int

	mu        sync.Mutex
	pending   []byte            // the start of a line whose end has not arrived
	sink      func(runner.Line) // takes the lines now
	mark      []byte            // ends the call's lines; empty between calls
	marked    chan struct{}     // closed at the mark
	left      int               // what is left of the budget
	truncated bool
}

func newOutput(budget int, stray func(runner.Line)) *output {
	return &output{stray: stray, sink: stray, budget: budget, left: budget, lineLimit: lineLimit}
}

// begin gives the lines from now on to sink, until the mark. The channel is closed once all of them were handed over.
func (o *output) begin(mark string, sink func(runner.Line)) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
	o.mark, o.marked = []byte(mark), make(chan struct{})
	o.restart(sink)
	return o.marked
}

// restart points the lines to another taker, with a fresh budget.
func (o *output) restart(sink func(runner.Line)) {
	o.sink, o.left, o.truncated = sink, o.budget, false
}

// Write takes what the worker printed, in pieces of any size. It never fails.
func (o *output) Write(printed []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rest := append(o.pending, printed...)
	for {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if !found {
			break
		}
		o.line(line)
		rest = after
	}
	// A long line is cut early, except for its last bytes: they may begin the mark, or belong to a character at the cut.
	for len(rest) > o.lineLimit+max(len(o.mark), utf8.UTFMax) {
		rest = o.piece(rest)
	}
	o.pending = append(o.pending[:0], rest...)
	return len(printed), nil
}

// end hands over a last line that has no line end.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
}

func (o *output) flush() {
	if len(o.pending) > 0 {
		o.line(o.pending)
		o.pending = o.pending[:0]
	}
}

// line takes one whole line, which may have the mark at its end.
func (o *output) line(line []byte) {
	text, marked := line, false
	if len(o.mark) > 0 {
		text, marked = bytes.CutSuffix(line, o.mark)
	}
	if len(text) > 0 || !marked { // the mark alone is no line, any other empty line is one
		for len(text) > o.lineLimit {
			text = o.piece(text)
		}
		o.deliver(text)
	}
	if marked {
		close(o.marked)
		o.mark = nil
		o.restart(o.stray)
	}
}

// piece delivers the first piece of a line that is too long, and returns the rest.
func (o *output) piece(line []byte) []byte {
	n := runeStart(line, o.lineLimit)
	o.deliver(line[:n])
	return line[n:]
}

// deliver hands over one line, or what the budget allows of it.
func (o *output) deliver(line []byte) {
	if o.truncated {
		return
	}
	if cost := len(line) + 1; cost <= o.left {
		o.left -= cost
		o.send(string(line))
		return
	}
	o.truncated = true
	if n := runeStart(line, o.left-1); n > 0 {
		o.send(string(line[:n]))
	}
	o.send(fmt.Sprintf("[truncated: the log of a call is cut at %s]", sizeText(o.budget)))
}

// sizeText names a number of bytes in the largest unit of which it is a multiple.
func sizeText(size int) string {
	switch {
	case size%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", size>>20)
	case size%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", size>>10)
	}
	return fmt.Sprintf("%d bytes", size)
}

func (o *output) send(text string) {
	o.sink(runner.Line{Time: time.Now(), Message: strings.ToValidUTF8(text, "\uFFFD")})
}

// runeStart returns the last place up to n at which text can be cut without breaking a character.
func runeStart(text []byte, n int) int {
	if n >= len(text) {
		return len(text)
	}
	for at := n - 1; at > 0 && at > n-utf8.UTFMax; at-- {
		if _, size := utf8.DecodeRune(text[at:]); at+size > n {
			return at
		}
	}
	return max(n, 0)
}
