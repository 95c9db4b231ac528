package python

import (
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

const (
	// traceLimit is the maximum length of a trace in the service, in characters. outputLimit is the part of it that is
	// available to the output of a failed import.
	traceLimit  = 2000
	outputLimit = 1000
)

// lastOutput contains the end of an import's output, at most outputLimit characters.
type lastOutput struct{ text []rune }

func (o *lastOutput) add(line string) {
	o.text = append(o.text, []rune(line+"\n")...)
	o.text = o.text[max(0, len(o.text)-outputLimit):]
}

// buildError returns the error of a failed import. The output of the import follows the trace, because a deployment has no
// log of its own.
func buildError(message, trace string, output lastOutput) *runner.BuildError {
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
