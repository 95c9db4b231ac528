// Package cli implements the commands of the program cogfn.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"syscall"

	"github.com/spf13/cobra"
)

// Streams are the standard streams of the program. Responses go to Out. Logs, progress and errors go to Err.
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
		return exitSignal + int(syscall.SIGPIPE) // the reader has closed the pipe, so an error message is of no use
	}
	report(streams.Err, err)
	return exitCode(err)
}

func newRoot(streams Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "cogfn",
		Short: "Run Cognite Functions on this machine",
		Long: `Run Cognite Functions on this machine: one function from a directory, or an emulator of the service.

Responses go to standard output. Logs and errors go to standard error.

Exit codes:
  0    done
  1    error
  2    wrong usage
  3    the call failed
  4    the call timed out
  5    not authorised
  6    not found
  7    rate limited or unavailable after retries
  130  interrupted (128 plus the number of the signal)`,
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

// newLogger returns the logger of an emulator. It writes warnings and errors only.
func newLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
