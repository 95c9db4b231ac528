package python

import (
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

const (
	// traceLimit is what the service shows of a trace, in characters, and outputLimit what of that is left to the lines
	// that a failing import printed.
	traceLimit  = 2000
	outputLimit = 1000
)

// printed keeps the last lines that an import printed, in no more than outputLimit characters.
type printed struct{ text []rune }

func (p *printed) add(line string) {
	p.text = append(p.text, []rune(line+"\n")...)
	p.text = p.text[max(0, len(p.text)-outputLimit):]
}

// buildError returns the error for an import that failed. What the import printed goes below the trace: a deployment has
// no log of its own in which it could be shown.
func buildError(message, trace string, output printed) *runner.BuildError {
	if strings.TrimSpace(string(output.text)) == "" {
		return &runner.BuildError{Message: message, Trace: trace}
	}
	const heading = "output:\n"
	if trace != "" && !strings.HasSuffix(trace, "\n") {
		trace += "\n"
	}
	text := []rune(trace)
	text = text[max(0, len(text)+len(heading)+len(output.text)-traceLimit):]
	return &runner.BuildError{Message: message, Trace: string(text) + heading + string(output.text)}
}
