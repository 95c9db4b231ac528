// Package cli holds the commands of the program cogfn.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/spf13/cobra"
)

// Streams are where a command reads and writes: responses and what other programs read go to Out, logs, progress and
// errors to Err.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs the program with args and returns its exit code.
func Main(args []string, streams Streams) int {
	ctx, stop := untilSignal()
	defer stop()
	root := newRoot(streams)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if by, ok := errors.AsType[stopped](context.Cause(ctx)); ok {
		fmt.Fprintln(streams.Err, "cogfn: stopped")
		return exitSignal + int(by.signal)
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitSignal + int(syscall.SIGPIPE) // nobody reads any more, so there is nobody to tell either
	}
	report(streams.Err, err)
	return exitCode(err)
}

func newRoot(streams Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "cogfn",
		Short: "Run Cognite Functions on this machine",
		Long: `Run Cognite Functions on this machine: one function from a folder, or the whole service.

Responses go to standard output, logs and errors to standard error.

Exit codes: 0 done, 1 error, 2 wrong usage, 3 the call failed, 4 the call timed out, 5 not authorised, 6 not found,
7 limited or unavailable after retries, 130 interrupted (128 and the number of any other signal).`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	root.AddCommand(newRun(streams), newEmulator(streams), newVersion(streams))
	return root
}

// exactly is cobra.ExactArgs with a sentence that says what to give.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		if len(args) < n {
			return fmt.Errorf("%s is missing; use: %s", what, cmd.UseLine())
		}
		return fmt.Errorf("%q is one argument too many; use: %s", args[n], cmd.UseLine())
	}
}
