package python

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// lineLimit is the maximum size of a line in bytes. Longer lines are split.
const lineLimit = 256 << 10

// output splits the output of one worker into lines. Lines of a call go to the call's sink, lines between calls to the
// emulator's log. The worker writes a mark at the end of each call's output.
type output struct {
	betweenCalls func(string) // the sink between calls
	budget       int          // the maximum log size of one call in bytes
	lineLimit    int

	mu        sync.Mutex
	pending   []byte        // an incomplete line
	sink      func(string)  // the current sink
	mark      []byte        // the end of the current call's output; empty between calls
	marked    chan struct{} // closed when the mark is read
	left      int           // the rest of the budget
	truncated bool
}

func newOutput(budget int, betweenCalls func(string)) *output {
	return &output{betweenCalls: betweenCalls, sink: betweenCalls, budget: budget, left: budget, lineLimit: lineLimit}
}

// begin sends all lines up to the mark to sink. The returned channel is closed after the last of them.
func (o *output) begin(mark string, sink func(string)) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
	o.mark, o.marked = []byte(mark), make(chan struct{})
	o.setSink(sink)
	return o.marked
}

// setSink changes the sink and resets the budget.
func (o *output) setSink(sink func(string)) {
	o.sink, o.left, o.truncated = sink, o.budget, false
}

// Write processes output of the worker in pieces of any size. It never fails.
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
	// Split a long line early, but keep its last bytes: they may be the start of the mark or of a character.
	for len(rest) > o.lineLimit+max(len(o.mark), utf8.UTFMax) {
		rest = o.piece(rest)
	}
	o.pending = append(o.pending[:0], rest...)
	return len(printed), nil
}

// end sends a last line that has no newline.
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

// line processes one complete line, which may end with the mark.
func (o *output) line(line []byte) {
	text, marked := line, false
	if len(o.mark) > 0 {
		text, marked = bytes.CutSuffix(line, o.mark)
	}
	if len(text) > 0 || !marked { // a line with only the mark is not part of the output
		for len(text) > o.lineLimit {
			text = o.piece(text)
		}
		o.deliver(text)
	}
	if marked {
		close(o.marked)
		o.mark = nil
		o.setSink(o.betweenCalls)
	}
}

// piece delivers the first piece of a long line and returns the rest.
func (o *output) piece(line []byte) []byte {
	n := runeStart(line, o.lineLimit)
	o.deliver(line[:n])
	return line[n:]
}

// deliver sends one line, truncated to the budget.
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
	o.send(fmt.Sprintf("[truncated: the log of a call is cut at %s]", formatSize(o.budget)))
}

// formatSize formats a number of bytes in the largest unit that divides it.
func formatSize(size int) string {
	switch {
	case size%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", size>>20)
	case size%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", size>>10)
	}
	return fmt.Sprintf("%d bytes", size)
}

func (o *output) send(text string) {
	o.sink(strings.ToValidUTF8(text, "\uFFFD"))
}

// runeStart returns the largest index up to n at which text can be split without splitting a character.
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
